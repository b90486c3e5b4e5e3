# SPDX-License-Identifier: GPL-3.0-or-later
"""A lock on an open file: one at a time has it, in whatever process or thread it is.

The system takes it back when the file is closed or the process ends, however that ends.
"""

from __future__ import annotations

import os
from typing import BinaryIO

if os.name == "nt":
    import msvcrt

    def _lock(file: BinaryIO) -> None:
        msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
else:
    import fcntl

    def _lock(file: BinaryIO) -> None:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)


class Taken(Exception):  # noqa: N818 - says what happened
    """Another has the lock."""


def lock(file: BinaryIO) -> bool:
    """Lock a file that is open for writing; return False where its disk knows no locks. Raises Taken."""
    try:
        _lock(file)
    except (BlockingIOError, PermissionError) as error:
        raise Taken from error
    except OSError:
        return False
    return True
