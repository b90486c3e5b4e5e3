# SPDX-License-Identifier: GPL-3.0-or-later
"""Brings a finished raster to another pixel size: always afterwards, never by another model lattice."""

from __future__ import annotations

import os
from collections.abc import Mapping

import numpy as np
from osgeo import gdal

from ..crs import wkt_of
from ..gdal_guard import gdal_checked
from ..grid import TOLERANCE_PX, Lattice, Window
from ..reading.source import FULL_RESOLUTION
from ..reporting import Log, Progress, silent
from .profile import NODATA
from .writer import TerrainWriter

CANNOT_RESAMPLE = "The raster {path} cannot be resampled: {reason}"

# Pixels beyond the output that resampling looks at.
RESAMPLING_MARGIN_PX = 4


def onto(source: gdal.Dataset, lattice: Lattice, window: Window, crs_wkt: str | None = None) -> gdal.Dataset:
    """Return a raster brought to a window of a lattice, as a VRT, without a copy.

    Where the source's pixels are the lattice's, they stay as they are. Else finer pixels are interpolated
    (cubic), coarser ones averaged. Call it within `gdal_checked`.

    Args:
        crs_wkt: of the lattice, where that is another one than the source's: its pixels must be about as
            large as the source's.
    """
    return gdal.Warp(
        "",
        source,
        format="VRT",
        dstSRS=crs_wkt,
        outputBounds=lattice.bounds(window),
        width=window.width,
        height=window.height,
        overviewLevel=FULL_RESOLUTION,
        resampleAlg="cubic" if crs_wkt else method_of(source, lattice, window),
        errorThreshold=0,
    )


def method_of(source: gdal.Dataset, lattice: Lattice, window: Window) -> str:
    """Return how `onto` resamples, by GDAL's name."""
    x, size, _, y, _, _ = source.GetGeoTransform()
    left, top = lattice.geotransform(window)[0], lattice.geotransform(window)[3]
    offsets = [(left - x) / size, (y - top) / size]
    is_same_size = abs(lattice.pixel_size / size - 1.0) * max(window.width, window.height) < TOLERANCE_PX
    if is_same_size and all(abs(offset - round(offset)) < TOLERANCE_PX for offset in offsets):
        return "near"
    return "average" if lattice.pixel_size > size else "cubic"


def resample(  # noqa: PLR0913 - each says one thing about the file
    source_path: str | os.PathLike,
    output_path: str | os.PathLike,
    pixel_size: float,
    bounds: tuple[float, float, float, float],
    *,
    creation_options: Mapping[str, str] | None = None,
    with_spread: bool = False,
    progress: Progress | None = None,
    log: Log = silent,
) -> None:
    """Write the part of a raster within bounds at another pixel size, as TerrainWriter would.

    Finer pixels are interpolated (cubic), coarser ones averaged. The output lies on the lattice of its
    own pixel size, snapped outward, and keeps CRS, nodata, unit and tags; GEOGAN_LATTICE stays that of
    the model. Where the source does not reach, the output is nodata: give a source a few pixels larger.

    Args:
        pixel_size: of the output, in units of the source's CRS.
        bounds: xmin, ymin, xmax, ymax in that CRS.
        with_spread: adds the bands' mean and standard deviation.

    Raises:
        GeoGanError: the source cannot be read or the output cannot be written.
        Cancelled: `progress` returned False. In all cases nothing half-written is left.
    """
    lattice = Lattice(pixel_size)
    window = lattice.window_of(*bounds)
    with gdal_checked(CANNOT_RESAMPLE, path=source_path):
        source = gdal.Open(str(source_path))
        band = source.GetRasterBand(1)
        method = method_of(source, lattice, window)
        # Of one band each: of a VRT with all of them, GDAL warps all for each that is read.
        bands = range(1, source.RasterCount + 1)
        alone = [gdal.Translate("", source, format="VRT", bandList=[number]) for number in bands]
        opened = [onto(each, lattice, window) for each in alone]
        del alone
    tags = {key: value for key, value in source.GetMetadata().items() if key.startswith("GEOGAN_")}
    tags["GEOGAN_RESAMPLED"] = f"{method} to {float(pixel_size)!r}"

    def values_of(number: int, piece: Window) -> np.ndarray:
        left, top = piece.col - window.col, piece.row - window.row
        with gdal_checked(CANNOT_RESAMPLE, path=source_path):
            return opened[number - 1].ReadAsArray(left, top, piece.width, piece.height)

    try:
        with TerrainWriter(
            output_path,
            window,
            lattice,
            wkt_of(source.GetSpatialRef()),
            nodata=NODATA if band.GetNoDataValue() is None else band.GetNoDataValue(),
            tags=tags,
            creation_options=creation_options,
            unit=band.GetUnitType(),
            bands=[source.GetRasterBand(number).GetDescription() for number in bands],
            with_spread=with_spread,
            log=log,
        ) as writer:
            writer.write_all(values_of, progress)
    finally:
        opened.clear()  # else the traceback of a cancel keeps the file open (see write_fitted)
        del band, source
