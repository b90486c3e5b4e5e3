# SPDX-License-Identifier: GPL-3.0-or-later
"""The lock that one set-up at a time holds, in whatever process or thread it is.

The system takes it back when the process ends, however that ends. Its file stays: whoever removed it could
remove the one that another has just locked.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from ..errors import GeoGanError

if os.name == "nt":
    import msvcrt

    def _lock(file: BinaryIO) -> None:
        msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
else:
    import fcntl

    def _lock(file: BinaryIO) -> None:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)


# What a lock that another has fails with. Any other failure means that the disk knows no locks.
_TAKEN = (BlockingIOError, PermissionError)


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold the lock on the file at `path`. Raises GeoGanError where another set-up has it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("ab") as file:
        try:
            _lock(file)
        except _TAKEN as error:
            raise GeoGanError(
                '"Set up GeoGAN" is running already, here or in another QGIS. Wait until it has ended, then '
                "try again."
            ) from error
        except OSError:
            pass  # two set-ups are then kept apart by whoever starts them
        yield
