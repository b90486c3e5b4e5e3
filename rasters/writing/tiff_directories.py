# SPDX-License-Identifier: GPL-3.0-or-later
"""What a TIFF says of itself and of where its tiles are, kept in memory to undo a write that failed.

After one, GDAL's list of tiles has entries of tiles that are not in the file, some of them at one place, and
closing the file writes that list. Who went on from there would write tiles over each other.
"""

from __future__ import annotations

import errno
import os
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

# Of each type of the standard, and of BigTIFF's; what has another, GDAL does not write.
_VALUE_BYTES = {
    **dict.fromkeys((1, 2, 6, 7), 1),
    **dict.fromkeys((3, 8), 2),
    **dict.fromkeys((4, 9, 11, 13), 4),
    **dict.fromkeys((5, 10, 12, 16, 17, 18), 8),
}
_BIG = 43  # the version of a BigTIFF


class TiffDirectories:
    """The header and all directories of a TIFF as they are now, and how long the file is.

    Raises:
        OSError: it cannot be read, or is damaged.
    """

    def __init__(self, file: BinaryIO) -> None:
        """Read a file that was flushed."""
        self._parts = [(start, _read(file, start, size)) for start, size in _parts(file)]
        self._size = file.seek(0, os.SEEK_END)

    def restore(self, path: Path) -> None:
        """Let the file know of the tiles that it knew of then, and of no others. Raises OSError."""
        with path.open("rb+") as file:
            if file.seek(0, os.SEEK_END) < self._size:
                raise _cut_short()
            for start, content in self._parts:
                file.seek(start)
                file.write(content)
            file.truncate(self._size)
            file.flush()
            os.fsync(file.fileno())


def _parts(file: BinaryIO) -> Iterator[tuple[int, int]]:
    """Yield place and size of the header, of each directory and of each of its longer values, in bytes."""
    order = "<" if _read(file, 0, 2) == b"II" else ">"
    (version,) = struct.unpack(order + "H", _read(file, 2, 2))
    header, count, number = (16, "Q", "Q") if version == _BIG else (8, "H", "I")
    entry = struct.Struct(f"{order}HH{number}{number}")
    count, number = struct.Struct(order + count), struct.Struct(order + number)
    yield 0, header
    (start,) = number.unpack(_read(file, header - number.size, number.size))
    while start:
        (entries,) = count.unpack(_read(file, start, count.size))
        directory = _read(file, start + count.size, entries * entry.size)
        yield start, count.size + len(directory) + number.size
        for _tag, kind, values, place in entry.iter_unpack(directory):
            size = values * _VALUE_BYTES.get(kind, 0)
            if size > number.size:
                yield place, size
        (start,) = number.unpack(_read(file, start + count.size + len(directory), number.size))


def _read(file: BinaryIO, start: int, size: int) -> bytes:
    file.seek(start)
    content = file.read(size)
    if len(content) < size:
        raise _cut_short()
    return content


def _cut_short() -> OSError:
    return OSError(errno.EIO, "The TIFF is cut short")
