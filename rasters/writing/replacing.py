# SPDX-License-Identifier: GPL-3.0-or-later
"""Making a new file, and putting it in the place of an older one once it is whole."""

from __future__ import annotations

import time
from pathlib import Path
from typing import BinaryIO

from ...errors import GeoGanError

_TRIES = 6
_WAIT_S = 0.1


def new_file(path: Path) -> BinaryIO:
    """Open a file for writing; what a link of that name leads to stays as it is. Raises OSError."""
    path.unlink(missing_ok=True)
    return path.open("xb")


def put_in_place(file: Path, target: Path) -> None:
    """Give a whole file the name `target`, whatever had it before.

    On Windows that is refused while another program has one of them open. Virus scanners, indexers and cloud
    folders do for a moment, whenever a file is new: so it is tried for half a second.

    Raises:
        OSError: it cannot be done.
    """
    for _ in range(_TRIES - 1):
        try:
            file.replace(target)
            return
        except PermissionError:  # noqa: PERF203 - there are few rounds
            time.sleep(_WAIT_S)
    file.replace(target)


def check_replaceable(path: Path) -> None:
    """Raise GeoGanError where no other file could take its place: on Windows, while QGIS shows it."""
    try:
        put_in_place(path, path)
    except OSError as error:
        raise cannot_replace(path, error) from error


def cannot_replace(path: Path, error: OSError) -> GeoGanError:
    """Return the sentence for a file that another cannot take the place of."""
    return GeoGanError(
        "The output {path} cannot be replaced: {reason}. Remove its layers from the project, "
        "or choose another name.",
        path=path,
        reason=error.strerror or error,
    )
