# SPDX-License-Identifier: GPL-3.0-or-later
"""Brings a finished raster to another pixel size: always afterwards, never by another model lattice.

Extents that overlap have to agree, to the last bit. So `resample` warps blocks that lie fixed in the world,
each from a cut of the source that does too: GDAL's coordinates are rounded by where its rasters begin.
"""

from __future__ import annotations

import math
import os
from collections.abc import Mapping

import numpy as np
from osgeo import gdal, gdal_array

from ..crs import wkt_of
from ..gdal_guard import gdal_checked
from ..grid import TOLERANCE_PX, Lattice, Window
from ..reading.source import FULL_RESOLUTION
from ..reporting import Log, Progress, silent
from .order import BLOCK_PX
from .profile import NODATA
from .writer import TerrainWriter

CANNOT_RESAMPLE = "The raster {path} cannot be resampled: {reason}"

# Pixels beyond the output that resampling looks at.
RESAMPLING_MARGIN_PX = 4

# Of the source, a side, for a block: of much coarser pixels fewer are made at once.
_AT_ONCE_PX = 2048


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
    the model. Where the source does not reach, the output is nodata: give a source a few pixels larger,
    which lies on the lattice of its pixel size as well. Extents that overlap agree to the last bit.

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
        land = _Blocks(source, lattice)
    tags = {key: value for key, value in source.GetMetadata().items() if key.startswith("GEOGAN_")}
    tags["GEOGAN_RESAMPLED"] = f"{land.method} to {float(pixel_size)!r}"

    def values_of(number: int, piece: Window) -> np.ndarray:
        with gdal_checked(CANNOT_RESAMPLE, path=source_path):
            return land.read(number, piece)

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
            bands=[source.GetRasterBand(1 + i).GetDescription() for i in range(source.RasterCount)],
            with_spread=with_spread,
            log=log,
        ) as writer:
            writer.write_all(values_of, progress)
    finally:
        land.close()  # else the traceback of a cancel keeps the file open (see write_fitted)
        del band, source


class _Blocks:
    """A raster on another lattice: what a pixel is depends on nothing but the raster's pixels around it.

    Where any of those is missing or nodata, it is NaN.
    """

    def __init__(self, source: gdal.Dataset, lattice: Lattice) -> None:
        x, size, _, y, _, _ = source.GetGeoTransform()
        col, row = round(x / size), round(-y / size)
        self._source, self._own, self._lattice = source, Lattice(size), lattice
        self._whole = Window(row, col, source.RasterYSize, source.RasterXSize)
        self.method = "average" if lattice.pixel_size > size else "cubic"
        # A power of two, so that blocks lie within those in which the writer asks for pixels.
        most = max(1.0, _AT_ONCE_PX * size / lattice.pixel_size)
        self._side = min(BLOCK_PX, 2 ** math.floor(math.log2(most)))

    def close(self) -> None:
        """Let go of the file."""
        self._source = None

    def read(self, number: int, piece: Window) -> np.ndarray:
        """Return a piece of a band, float32 [H, W]; call it within `gdal_checked`."""
        values = np.empty((piece.height, piece.width), np.float32)
        for block in piece.blocks(self._side):
            part, made = block.intersection(piece), self._block(number, block)
            _part_of(values, piece, part)[:] = _part_of(made, block, part)
        return values

    def _block(self, number: int, block: Window) -> np.ndarray:
        around = self._own.window_of(*self._lattice.bounds(block)).widened(RESAMPLING_MARGIN_PX)
        cut = gdal_array.OpenArray(self._cut(number, around))
        cut.SetGeoTransform(self._own.geotransform(around))
        # NaN is no nodata to GDAL here: leaving pixels out, it adds the others up in another order.
        return gdal.Warp(
            "",
            cut,
            format="MEM",
            outputBounds=self._lattice.bounds(block),
            width=block.width,
            height=block.height,
            resampleAlg=self.method,
            errorThreshold=0,
        ).ReadAsArray()

    def _cut(self, number: int, around: Window) -> np.ndarray:
        """Return the pixels of a window of the source's lattice, NaN where there are none."""
        values = np.full((around.height, around.width), np.nan, np.float32)
        there = around.intersection(self._whole)
        if there is not None:
            band, whole = self._source.GetRasterBand(number), self._whole
            place = there.col - whole.col, there.row - whole.row, there.width, there.height
            found, nodata = band.ReadAsArray(*place), band.GetNoDataValue()
            if nodata is not None:
                found[found == nodata] = np.nan
            _part_of(values, around, there)[:] = found
        return values


def _part_of(values: np.ndarray, window: Window, part: Window) -> np.ndarray:
    """Return a view of the values of a part of a window."""
    top, left = part.row - window.row, part.col - window.col
    return values[top : top + part.height, left : left + part.width]
