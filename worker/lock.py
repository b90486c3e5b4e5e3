# SPDX-License-Identifier: GPL-3.0-or-later
"""The lock that one set-up at a time holds.

Its file stays: whoever removed it could remove the one that another has just locked.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ..errors import GeoGanError
from ..file_lock import Taken, lock


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold the lock on the file at `path`. Raises GeoGanError where another set-up has it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("ab") as file:
        try:
            lock(file)  # where the disk knows none, set-ups are kept apart by whoever starts them
        except Taken as error:
            raise GeoGanError(
                '"Set up GeoGAN" is running already, here or in another QGIS. Wait until it has ended, then '
                "try again."
            ) from error
        yield
