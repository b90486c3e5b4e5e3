# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether an output fits on its disk."""

from __future__ import annotations

import shutil
from pathlib import Path

from ..errors import GeoGanError
from .reporting import Log

# Generated relief compresses to about half. A twentieth is out of reach of every lossless codec.
BEST_COMPRESSION = 1 / 20

# Less free space than this after a failed write means that the disk is full.
FULL_DISK_BYTES = 2**20


def check_space(folder: Path, uncompressed_bytes: int, is_compressed: bool, log: Log) -> None:
    """Refuse a folder that is not there or certainly too full; log where it is only likely to fill up."""
    try:
        free_bytes = shutil.disk_usage(folder).free
    except OSError as error:
        raise GeoGanError(
            "The folder {folder} does not exist. Choose another place for the output.", folder=folder
        ) from error
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


def is_full(folder: Path) -> bool:
    """Return whether nothing more can be written there."""
    return shutil.disk_usage(folder).free < FULL_DISK_BYTES
