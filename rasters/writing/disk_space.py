# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether an output can be written, and fits on its disk."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from ...errors import GeoGanError
from ..reporting import Log
from .replacing import check_replaceable

# Generated relief compresses to about half. A twentieth is out of reach of every lossless codec.
BEST_COMPRESSION = 1 / 20

# Less free space than this after a failed write means that the disk is full.
FULL_DISK_BYTES = 2**20


#: Of the rasters that are written.
EXTENSIONS = ("tif", "tiff")
_LONGEST_BESIDE = ".partial.json"  # that a run leaves beside an output


def check_place(path: Path) -> None:
    """Refuse a place where no GeoTIFF can be written.

    Raises:
        GeoGanError: the folder is not there or cannot be written, the name is too long, or what has it
            already is a folder, a device, or a file that cannot be replaced.
    """
    try:
        with suppress(FileNotFoundError):
            Path(f"{path}{_LONGEST_BESIDE}").stat()  # fails otherwise where the name is too long
        if path.exists() and not path.is_file():
            raise GeoGanError(
                "The output {path} is a folder, or no ordinary file. Choose the name of a file.", path=path
            )
        if not path.parent.is_dir():
            raise _no_folder(path.parent)
        with tempfile.TemporaryFile(dir=path.parent):
            pass
        if path.exists():
            check_replaceable(path)
    except OSError as error:
        raise cannot_write(path.parent, error) from error


def check_name(path: Path) -> None:
    """Refuse an output whose name is one of another format than GeoTIFF."""
    if path.suffix.lower()[1:] not in EXTENSIONS:
        raise GeoGanError(
            "The output {path} would be a GeoTIFF whatever its name: let it end in .tif.", path=path
        )


def target_of(path: Path) -> Path:
    """Return the file that a link leads to, else the path: a new file would take the link's place."""
    try:
        return path.resolve() if path.is_symlink() else path
    except OSError:  # its folder must not be looked into: whoever writes there will say so
        return path


def check_not_read(path: Path, name: str, files: Sequence[str]) -> None:
    """Refuse an output that is one of the files of an input of that name, by whatever path."""
    if any(_is_same_file(path, file) for file in files):
        raise GeoGanError(
            "The output {path} is a file of the input {name}, which would be lost. Choose another name.",
            path=path,
            name=name,
        )


def _is_same_file(path: Path, file: str) -> bool:
    try:
        return path.samefile(file)
    except (OSError, ValueError):  # one is not there, or no name of a file
        return False


def check_space(folder: Path, uncompressed_bytes: int, is_compressed: bool, log: Log) -> None:
    """Refuse a folder that is not there or certainly too full; log where it is only likely to fill up."""
    try:
        free_bytes = shutil.disk_usage(folder).free
    except OSError as error:
        raise _no_folder(folder) from error
    least_bytes = uncompressed_bytes * (BEST_COMPRESSION if is_compressed else 1)
    if free_bytes < least_bytes:
        raise GeoGanError(
            "The disk of {folder} has {free} MB free, but the output needs at least {needed} MB. "
            "Choose another place (for temporary files, in QGIS under Settings, Options, Processing) or a "
            "smaller extent.",
            folder=folder,
            free=free_bytes // 10**6,
            needed=int(least_bytes) // 10**6,
        )
    if free_bytes < uncompressed_bytes:
        log(
            "The disk of {folder} has {free} MB free; the output takes up to {needed} MB.",
            folder=folder,
            free=free_bytes // 10**6,
            needed=uncompressed_bytes // 10**6,
        )


def cannot_write(folder: Path, error: OSError) -> GeoGanError:
    """Return the sentence for a folder in which no file can be made."""
    return GeoGanError(
        "The folder {folder} cannot be written: {reason}. Choose another place for the output.",
        folder=folder,
        reason=error.strerror or error,
    )


def _no_folder(folder: Path) -> GeoGanError:
    return GeoGanError(
        "The folder {folder} does not exist. Choose another place for the output.", folder=folder
    )


def is_full(folder: Path) -> bool:
    """Return whether nothing more can be written there; a disk that is gone is not full."""
    try:
        return shutil.disk_usage(folder).free < FULL_DISK_BYTES
    except OSError:
        return False
