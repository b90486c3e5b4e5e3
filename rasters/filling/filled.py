# SPDX-License-Identifier: GPL-3.0-or-later
"""Where land for a raster's voids is made, on the model's lattice, and how the filled raster is written.

tile of the raster  ->  its surroundings on the model's pixels  ->  land  ->  the raster's pixels
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from osgeo import gdal

from ...errors import GeoGanError
from ..crs import bounds_in, local_metric_crs, read_crs, wkt_of
from ..gdal_guard import gdal_checked
from ..grid import Lattice, Window, align_down
from ..reading.alignment import SAME_SIZE
from ..reading.source import CANNOT_READ, Source
from ..reporting import Log, Progress, part_of, report, silent
from ..writing.geotiff import PartialGeoTiff
from ..writing.profile import Profile
from ..writing.resampling import RESAMPLING_MARGIN_PX
from .voids import VoidRaster

# Voids are filled tile by tile; later tiles meet what the earlier ones have made. A tile has so many pixels
# of the model a side, but no more of the raster.
_TILE_PX = 1024
_COARSEST = 4.0  # pixels of a raster, in those of the model: coarser ones would need land without end
#: Pixels of the raster around what is filled of a tile in which the land meets the known one.
RIM_PX = 64
#: Cells of the layout around the land, as far as the networks look.
_CONTEXT_CELLS = 12
# Written at once: copies are made on the way. In whole tiles of the file.
_STRIP_PX, _STRIP_ROWS, _TILE_ROWS = 2**24, 512, 256
_WHOLE_NUMBERS = ("Byte", "Int8", "UInt16", "Int16", "UInt32", "Int32", "Int64", "UInt64")


@dataclass(frozen=True)
class Surroundings:
    """What is known around voids, on the model's pixels.

    Attributes:
        known: float32 [H, W], NaN where void.
        window: of these on the lattice; rows, columns and sides are multiples of the layout's cells.
        wanted: the part that land is to be made for.
        lattice: of the model's pixels.
        crs_wkt: of the lattice.
    """

    known: np.ndarray
    window: Window
    wanted: Window
    lattice: Lattice
    crs_wkt: str

    def as_raster(self, made: np.ndarray) -> gdal.Dataset:
        """Return land of the part wanted, float32 [H, W], as a raster."""
        dataset = gdal.GetDriverByName("MEM").Create(
            "", self.wanted.width, self.wanted.height, 1, gdal.GDT_Float32
        )
        dataset.SetGeoTransform(self.lattice.geotransform(self.wanted))
        dataset.SetProjection(self.crs_wkt)
        dataset.WriteArray(made)
        return dataset


def tile_side(source: Source, pixel_size_m: float) -> int:
    """Return how many pixels of a raster a model of a pixel size fills at once, a side.

    Raises:
        GeoGanError: the raster's pixels are much coarser than the model's.
    """
    ratio = source.native_size_m / pixel_size_m
    if ratio > _COARSEST:
        raise GeoGanError(
            "The pixels of layer {layer} are {size} m wide, much more than the model's {model} m. Choose a "
            "model with coarser pixels.",
            layer=source.name,
            size=f"{source.native_size_m:g}",
            model=f"{pixel_size_m:g}",
        )
    return int(_TILE_PX / max(1.0, ratio))


def rim_of(raster: VoidRaster, tile: Window) -> Window:
    """Return the window of the raster in which land meets the known one."""
    return tile.widened(RIM_PX).intersection(raster.whole)


def surroundings_of(raster: VoidRaster, window: Window, pixel_size_m: float, cell_px: int) -> Surroundings:
    """Return what a model must know around a window of a raster, on its own pixels.

    Its pixels have that size, and its layout's cells are `cell_px` of them wide.

    Where a void reaches beyond, the land there follows a smooth surface through the whole raster, so that
    the tiles of a void wider than this have something to go by.

    Raises:
        GeoGanError: the raster cannot be read.
    """
    crs_wkt, bounds = _metric_place(raster.source, window)
    lattice = _lattice_of(raster.source, pixel_size_m / read_crs(crs_wkt).GetLinearUnits())
    wanted = lattice.window_of(*bounds).widened(RESAMPLING_MARGIN_PX)
    around = _whole_cells(wanted.widened(_CONTEXT_CELLS * cell_px), cell_px)
    known = raster.heights_on(lattice, crs_wkt, around)
    edge = np.ones(known.shape, bool)
    edge[cell_px:-cell_px, cell_px:-cell_px] = False
    edge &= np.isnan(known)
    if edge.any():
        known[edge] = raster.smooth_heights_on(lattice, crs_wkt, around)[edge]
    return Surroundings(known, around, wanted, lattice, crs_wkt)


def _metric_place(source: Source, window: Window) -> tuple[str, tuple[float, float, float, float]]:
    """Return a CRS in metres or feet for a window of a raster, and the window's bounds there."""
    x0, a, b, y0, d, e = source.geotransform
    corners = [(row, col) for row in (window.row, window.row_stop) for col in (window.col, window.col_stop)]
    xs = [x0 + col * a + row * b for row, col in corners]
    ys = [y0 + col * d + row * e for row, col in corners]
    bounds = min(xs), min(ys), max(xs), max(ys)
    if not source.is_geographic:
        return source.crs_wkt, bounds
    srs = read_crs(source.crs_wkt)
    target = local_metric_crs(srs, bounds)
    with gdal_checked(CANNOT_READ, layer=source.name):
        there = bounds_in(target.srs, bounds, srs)
    return wkt_of(target.srs), there


def _lattice_of(source: Source, size: float) -> Lattice:
    """Return the model's lattice; on the raster's own pixels where these are as large."""
    if source.is_geographic or not source.is_upright or source.geotransform[5] > 0:
        return Lattice(size)
    if any(abs(side / size - 1.0) > SAME_SIZE for side in source.pixel_sides):
        return Lattice(size)
    return Lattice(source.geotransform[1], (source.geotransform[0], source.geotransform[3]))


def _whole_cells(window: Window, cell: int) -> Window:
    return Window.between(
        align_down(window.row, cell),
        align_down(window.col, cell),
        -align_down(-window.row_stop, cell),
        -align_down(-window.col_stop, cell),
    )


def write_filled(
    path: str | os.PathLike,
    raster: VoidRaster,
    tags: Mapping[str, str] | None = None,
    progress: Progress | None = None,
    log: Log = silent,
) -> None:
    """Write the raster as a GeoTIFF of its own data type: what was to be filled is, the rest is bit for bit.

    Args:
        tags: on what is filled; where that is nothing, the file has none.

    Raises:
        GeoGanError: the file cannot be written. Cancelled: `progress` returned False. In both cases nothing
            half-written is left.
    """
    source, whole = raster.source, raster.whole
    is_whole_number = source.data_type in _WHOLE_NUMBERS
    filled_tags = _tags_of_filled(source, tags or {}) if raster.marked_px else {}
    profile = Profile(
        width=whole.width,
        height=whole.height,
        geotransform=source.geotransform,
        crs_wkt=source.whole_crs_wkt,
        tags={**source.metadata, **filled_tags},
        # Mostly a survey's heights, rounded: a higher level than that of made-up ones makes it smaller.
        creation_options={"ZLEVEL": "6", **({"PREDICTOR": "2"} if is_whole_number else {})},
        nodata=raster.nodata,
        unit=source.unit,
        data_type=source.data_type,
        scale=source.scale,
        offset=source.offset,
    )
    file = PartialGeoTiff(path, profile, log)
    try:
        writing = part_of(progress, 0.0, 0.8)
        for strip in raster.strips(_rows_at_once(whole.width)):
            file.write(1, strip.row, 0, _filled(raster, strip), is_stored=True)
            report(writing, strip.row_stop / whole.height)
        file.finish(part_of(progress, 0.8, 1.0))
    finally:
        file.abandon()


def _rows_at_once(width: int) -> int:
    """Return how many rows of a raster are written at once.

    >>> _rows_at_once(4000), _rows_at_once(50_000)
    (512, 256)
    """
    return max(_TILE_ROWS, min(_STRIP_ROWS, align_down(_STRIP_PX // width, _TILE_ROWS)))


def _tags_of_filled(source: Source, tags: Mapping[str, str]) -> dict[str, str]:
    # Land that was all made up before stays so.
    synthetic = "YES" if source.metadata.get("GEOGAN_SYNTHETIC") == "YES" else "VOIDS"
    return {"GEOGAN_SYNTHETIC": synthetic, **{key: str(value) for key, value in tags.items()}}


def _filled(raster: VoidRaster, window: Window) -> np.ndarray:
    """Return the stored values of a window, filled ones among them, in the raster's own data type."""
    source, nodata, values = raster.source, raster.nodata, raster.original(window)
    is_void = raster.voids(window)
    is_left = raster.has_mask and raster.masked(window) & ~is_void
    if np.any(is_left):  # the file has no mask: what it marks gets a value
        values[is_left] = nodata
    if not is_void.any():
        return values
    scale, offset = source.to_metres
    stored = (raster.heights(window)[is_void].astype(np.float64) - offset) / scale
    if np.issubdtype(values.dtype, np.integer):
        limits = np.iinfo(values.dtype)
        stored = np.clip(np.rint(stored), limits.min, limits.max)
    filled = stored.astype(values.dtype)
    is_nodata = filled == nodata if nodata is not None else np.False_
    if is_nodata.any():  # a height that happens to be that value is moved by the least that there is
        filled[is_nodata] = _next_to(nodata, values.dtype)
    values[is_void] = filled
    return values


def _next_to(value: float, dtype: np.dtype) -> np.generic:
    if not np.issubdtype(dtype, np.integer):
        return np.nextafter(dtype.type(value), dtype.type(np.inf))
    is_top = value >= np.iinfo(dtype).max
    return dtype.type(int(value) + (-1 if is_top else 1))
