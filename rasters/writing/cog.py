# SPDX-License-Identifier: GPL-3.0-or-later
"""Cloud Optimized GeoTIFFs: what they hold lies in the order in which it is read over a network."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager, suppress
from pathlib import Path

from osgeo import gdal

from ...errors import GeoGanError
from ..gdal_guard import capped_block_cache
from ..reporting import GdalProgress
from .creation_options import of_cog
from .driver_options import COG
from .replacing import cannot_replace, put_in_place
from .side_files import move_beside, remove_beside


def check_cog_driver() -> None:
    """Raise GeoGanError where this GDAL has no driver for them."""
    if gdal.GetDriverByName(COG) is None:
        raise GeoGanError("This GDAL cannot write Cloud Optimized GeoTIFFs: leave out LAYOUT=COG.")


def rearrange_as_cog(
    path: Path, options: Mapping[str, str], copying: AbstractContextManager[GdalProgress]
) -> None:
    """Put a GeoTIFF that is closed and has its overviews into that order.

    Args:
        options: as `creation_options.merged_options` returns them.
        copying: is entered for the copy that this takes; leaving it raises where that failed or was stopped.

    Raises:
        GeoGanError: the copy cannot take the file's place. And what `copying` does. In both cases the file is
            as it was.
    """
    arranged = Path(f"{path}.cog")
    try:
        with capped_block_cache(), copying as callback:
            driver, source = gdal.GetDriverByName(COG), gdal.Open(str(path))
            try:
                driver.CreateCopy(str(arranged), source, options=of_cog(options), callback=callback)
            finally:
                del source  # else the traceback of a failure keeps it open, and Windows won't delete it
        put_in_place(arranged, path)
        move_beside(arranged, path)
    except OSError as error:
        raise cannot_replace(path, error) from error
    finally:
        with suppress(OSError):
            arranged.unlink(missing_ok=True)
            remove_beside(arranged)
