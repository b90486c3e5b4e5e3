# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether an output can be written, and fits on its disk."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path

from ..errors import GeoGanError
from .reporting import Log

# Generated relief compresses to about half. A twentieth is out of reach of every lossless codec.
BEST_COMPRESSION = 1 / 20

# Less free space than this after a failed write means that the disk is full.
FULL_DISK_BYTES = 2**20


def check_place(path: Path) -> None:
    """Refuse a file in a folder that is not there or cannot be written, and one that is a folder."""
    if path.is_dir():
        raise GeoGanError("The output {path} is a folder. Choose the name of a file.", path=path)
    if not path.parent.is_dir():
        raise _no_folder(path.parent)
    try:
        with tempfile.TemporaryFile(dir=path.parent):
            pass
    except OSError as error:
        raise cannot_write(path.parent, error) from error


def check_not_read(path: Path, layer: str, files: Sequence[str]) -> None:
    """Refuse an output that is one of the files that a layer is read from, by whatever path."""
    if path.exists() and any(Path(file).exists() and path.samefile(file) for file in files):
        raise GeoGanError(
            "The output {path} is a file of layer {layer}, which would be lost. Choose another name.",
            path=path,
            layer=layer,
        )


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
            "Choose another place or a smaller extent.",
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
    """Return whether nothing more can be written there."""
    return shutil.disk_usage(folder).free < FULL_DISK_BYTES
