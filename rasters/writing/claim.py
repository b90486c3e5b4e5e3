# SPDX-License-Identifier: GPL-3.0-or-later
"""The claim to write a file, which one run at a time can have, in whatever process or thread it is.

It is a lock on a file of its own (see `file_lock`).
"""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

from ...errors import GeoGanError
from ...file_lock import Taken, lock
from .disk_space import cannot_write


class Claim:
    """The claim to write PATH, held as a lock on PATH.lock from the first moment until `release`.

    Raises:
        GeoGanError: another run writes PATH now, or the folder cannot be written.
    """

    def __init__(self, path: Path) -> None:
        self._path = Path(f"{path}.lock")
        self._file: BinaryIO | None = None
        while self._file is None:
            self._file = self._locked(path)

    def _locked(self, path: Path) -> BinaryIO | None:
        """Return the locked file; None where its last holder removed it in the meantime."""
        try:
            flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND
            # Never what a link of that name leads to, nor a pipe, which would wait for a reader.
            flags |= getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
            file = os.fdopen(os.open(self._path, flags, 0o666), "ab")
        except OSError as error:
            raise cannot_write(path.parent, error) from error
        try:
            is_held = lock(file)
        except Taken as error:
            file.close()
            raise GeoGanError(
                "Another run is writing {path} now. Wait for it, or choose another name for the output.",
                path=path,
            ) from error
        # Where the disk knows no locks, two runs are kept apart by whoever starts them.
        if not is_held or self._is_there(file):
            return file
        file.close()
        return None

    def _is_there(self, file: BinaryIO) -> bool:
        if os.name == "nt":  # where no open file can be removed
            return True
        try:
            return os.path.samestat(os.fstat(file.fileno()), self._path.stat())
        except FileNotFoundError:
            return False

    def release(self) -> None:
        """Let others write the file. Does nothing a second time."""
        if self._file is None:
            return
        file, self._file = self._file, None
        if os.name == "nt":  # where no open file can be removed
            file.close()
        with suppress(OSError):  # another run has it already
            self._path.unlink()
        file.close()
