# SPDX-License-Identifier: GPL-3.0-or-later
"""Small files that are written whole or not at all."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from ..errors import GeoGanError
from ..rasters.writing.claim import Claim
from ..rasters.writing.disk_space import target_of
from ..rasters.writing.replacing import new_file, put_in_place


def write_whole(path: Path, content: bytes) -> None:
    """Write a file so that under its name there is either the old one or the whole new one.

    Raises:
        GeoGanError: the place cannot be written.
    """
    path = target_of(path)
    partial = _partial(path)
    try:
        with new_file(partial) as file:
            file.write(content)
        put_in_place(partial, path)
    except OSError as error:
        with suppress(OSError):
            partial.unlink(missing_ok=True)
        raise _refused(path, error) from error


def check_writable(path: Path) -> None:
    """Raise GeoGanError if `write_whole` could not write there: better before an hour of work than after."""
    path = target_of(path)
    partial = _partial(path)
    try:
        if path.exists() and not path.is_file():
            raise GeoGanError(
                "{path} is a folder, or no ordinary file. Choose the name of a file.", path=path
            )
        new_file(partial).close()
        partial.unlink()
    except OSError as error:
        raise _refused(path, error) from error


@contextmanager
def claimed(path: Path) -> Iterator[None]:
    """Hold the claim to write a file; raises GeoGanError where another run writes it."""
    claim = Claim(target_of(path))
    try:
        yield
    finally:
        claim.release()


def _partial(path: Path) -> Path:
    return path.with_name(path.name + ".partial")


def _refused(path: Path, error: OSError) -> GeoGanError:
    return GeoGanError(
        "{path} cannot be written: {reason}. Choose another place.",
        path=path,
        reason=error.strerror or str(error),
    )
