# SPDX-License-Identifier: GPL-3.0-or-later
"""Stands in for a QGIS that is killed: starts a worker, prints its process id and runs a job without end.

Started as `python doomed_client.py TEST_FOLDER JOB ARCHIVE COMMAND...`.
"""

from __future__ import annotations

import sys
from pathlib import Path


def main(test_folder: str, job: str, archive: str, *command: str) -> None:
    sys.path.insert(0, test_folder)
    import conftest  # noqa: F401 - binds the package
    from geogan.worker.client import Worker

    worker = Worker.start(command, archive=Path(archive).read_bytes())
    for message in worker.run(job):
        if message.type == "progress":
            print(worker.hello.pid, flush=True)


main(*sys.argv[1:])
