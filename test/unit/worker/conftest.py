# SPDX-License-Identifier: GPL-3.0-or-later
"""Real worker processes for the tests: our own server, with stand-ins for TensorFlow and the jobs."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from geogan.test.harness.processes import Process
from geogan.worker.archive import PACKAGE_ROOT, build_archive
from geogan.worker.client import Worker
from geogan.worker.environment import split_command

HERE = Path(__file__).parent
SERVER_MODULES = ("__init__", "channel", "cpu", "protocol", "server")


@pytest.fixture
def worker_of_killed_client(tmp_path):
    """Run a job from another process, kill that with signal 9 and return the worker that it leaves."""

    def run_and_kill(job: str, archive: bytes, command: list[str]) -> Process:
        (tmp_path / "archive.zip").write_bytes(archive)
        script = [sys.executable, str(HERE / "doomed_client.py"), str(HERE.parent.parent), job]
        words = [*script, str(tmp_path / "archive.zip"), *command]
        with subprocess.Popen(words, stdout=subprocess.PIPE) as client:
            worker = Process(int(client.stdout.readline()))
            assert worker.is_running
            client.kill()
        return worker

    return run_and_kill


@pytest.fixture(scope="session")
def python() -> list[str]:
    """The command that starts a Python with TensorFlow."""
    chosen = os.environ.get("GEOGAN_WORKER", "")
    return split_command(chosen) if chosen else [sys.executable]


@pytest.fixture(scope="session")
def archive(tmp_path_factory) -> bytes:
    """The code of a worker that takes a fraction of a second to start and has the jobs of `stand_in_jobs`."""
    root = tmp_path_factory.mktemp("stand-in")
    for folder in ("models", "realism", "worker"):
        (root / folder).mkdir()
        (root / folder / "__init__.py").touch()
    shutil.copy(PACKAGE_ROOT / "errors.py", root)
    for module in SERVER_MODULES:
        shutil.copy(PACKAGE_ROOT / "worker" / f"{module}.py", root / "worker")
    shutil.copy(HERE / "stand_in_runtime.py", root / "worker" / "runtime.py")
    shutil.copy(HERE / "stand_in_jobs.py", root / "models" / "jobs.py")
    (root / "__init__.py").touch()
    return build_archive(root)


@pytest.fixture
def start(archive):
    """Start workers that are gone when the test is over."""
    workers = []

    def start_worker(command, **options) -> Worker:
        worker = Worker.start(command, **{"archive": archive, **options})
        workers.append(worker)
        return worker

    yield start_worker
    for worker in workers:
        worker.kill()


@pytest.fixture
def worker(start, python) -> Worker:
    return start(python)


@pytest.fixture
def result_of():
    """Run a job to its end and return its result; messages of type "idle" are left out of `others`."""

    def run(worker, kind, fields=None, arrays=None, others=None):
        messages = [m for m in worker.run(kind, fields, arrays) if m.type != "idle"]
        if others is not None:
            others.extend(messages[:-1])
        return messages[-1]

    return run
