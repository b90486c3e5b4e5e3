# SPDX-License-Identifier: GPL-3.0-or-later
"""Layers of any size and CRS that guide land, read where an extent needs them, on cells of the world.

Extents that overlap have to find the same guide, to the last bit. So it is resampled in blocks that lie fixed
in the world, each by the exact transformation: GDAL's approximate one, its chunks and its kernels follow from
the raster that is asked for. And what becomes of a void follows from what is known nearby.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from osgeo import gdal, osr

from ...errors import GeoGanError
from ..crs import read_crs, wkt_of
from ..gdal_guard import gdal_checked
from ..grid import Lattice, Window, align_down
from ..reporting import Log, Progress, part_of, report, silent
from .alignment import AVERAGE_FROM, tell_reading
from .cleaning import NO_HEIGHTS, UNLIKELY
from .coarse import LARGEST_PX, SIGHT_CELLS, filled_within, without_voids
from .masking import masked_vrt
from .source import CANNOT_READ, FULL_RESOLUTION, Source, open_raster, rounded


class Kind(NamedTuple):
    """What layers that guide land hold."""

    sight: int  # in cells: no network sees farther
    between: str  # GDAL's name of how finer cells than the layer's are found
    sentinels: tuple[float, ...]  # numbers that may mean "no data" without being declared
    gaps: str  # the sentence where they do not cover an extent
    layers: int = 1  # that are read for the same land
    refuses: bool = True  # too many cells, and gaps: else these are filled from around


HEIGHTS = Kind(
    SIGHT_CELLS,
    "cubic",  # Lanczos keeps a little more of the forms, but at voids it strays by hundreds of metres
    NO_HEIGHTS,
    "The guide {layer} has no data in a part of the extent. Choose a smaller extent, or fill its voids "
    "first: the sea with 0 (Fill NoData cells), the rest with Fill voids.",
)
#: Of guiding layers, which steer the largest forms as well; on the cells of the last stage. They may jump.
NUMBERS = Kind(
    256,
    "bilinear",
    UNLIKELY,
    "The guiding layer {layer} has no data in a part of the extent. Choose a smaller extent, or fill its "
    "gaps first.",
)
_BLOCK = 128  # cells


def pixel_size_m(source: Source, crs_wkt: str) -> float:
    """Return how wide the pixel in the middle of a layer is, in metres: on the ground, or in its own CRS.

    It is the same for all extents, whatever a projection does to a layer as wide as the world.

    Args:
        crs_wkt: of the land; a layer in the same CRS has its pixels measured in that.

    Raises:
        GeoGanError: the layer's CRS cannot be brought to degrees.
    """
    srs = read_crs(source.crs_wkt)
    if srs.IsSame(read_crs(crs_wkt)):
        return source.native_size_m
    degrees = srs.CloneGeogCS()
    degrees.SetAxisMappingStrategy(osr.OAMS_TRADITIONAL_GIS_ORDER)
    x, a, b, y, d, e = source.geotransform
    x, y = x + (a * source.width + b * source.height) / 2, y + (d * source.width + e * source.height) / 2
    with gdal_checked(CANNOT_READ, layer=source.name):
        there = osr.CoordinateTransformation(srs, degrees)
        points = there.TransformPoints([(x, y), (x + a, y + d), (x + b, y + e)])
    # On a ball, which knows neither a pole nor the antimeridian.
    east, north = (np.array(points)[:, :2] * srs.GetAngularUnits()).T
    on_ball = np.stack([np.cos(north) * np.cos(east), np.cos(north) * np.sin(east), np.sin(north)], axis=1)
    area = np.linalg.norm(np.cross(on_ball[1] - on_ball[0], on_ball[2] - on_ball[0]))
    return rounded(srs.GetSemiMajor() * math.sqrt(area), digits=3)


def read_guide(
    source: Source,
    crs_wkt: str,
    cells: Lattice,
    bounds: tuple[float, float, float, float],
    log: Log = silent,
    progress: Progress | None = None,
    kind: Kind = HEIGHTS,
) -> tuple[Window, np.ndarray]:
    """Read band 1 of a layer on the cells that land within bounds depends on, and without voids.

    Two extents have the same heights, to the last bit, in all cells within its sight of both.

    Args:
        crs_wkt: of the land, projected.
        cells: the lattice, in that CRS.
        bounds: of the land: xmin, ymin, xmax, ymax in units of that CRS.
        log: called with a template and its values.
        progress: called with the share read.
        kind: of the layer.

    Returns:
        The window of the cells, and float32 [H, W].

    Raises:
        GeoGanError: the layer has no data in a part of the bounds or cannot be read, or there are too many
            cells.
        Cancelled: `progress` returned False.
    """
    # A void that is seen is filled by what lies within sight of it.
    window = _whole_blocks(cells.window_of(*bounds).widened(2 * kind.sight))
    if kind.refuses and window.height * window.width * kind.layers > LARGEST_PX:
        raise GeoGanError(
            "The extent has too many cells of the guide {layer}: {width} x {height} of {size} map units. "
            "Generate it in parts, which fit together.",
            layer=source.name,
            width=window.width,
            height=window.height,
            size=f"{cells.pixel_size:g}",
        )
    tell_reading(source, log)
    vrt = masked_vrt(source, kind.sentinels, log)
    values = _resampled(source, vrt, crs_wkt, cells, window, kind, part_of(progress, 0.0, 0.9))
    if kind.refuses:
        _check_covers(source.name, kind, cells, window, values, bounds)
    nearby = filled_within(kind.sight, values, source.name, part_of(progress, 0.9, 0.95))
    return window, without_voids(nearby, source.name, part_of(progress, 0.95, 1.0))


def _whole_blocks(window: Window) -> Window:
    row, col = align_down(window.row, _BLOCK), align_down(window.col, _BLOCK)
    row_stop, col_stop = (-align_down(-stop, _BLOCK) for stop in (window.row_stop, window.col_stop))
    return Window.between(row, col, row_stop, col_stop)


def _resampled(
    source: Source,
    vrt: str,
    crs_wkt: str,
    cells: Lattice,
    window: Window,
    kind: Kind,
    progress: Progress | None,
) -> np.ndarray:
    """Return the layer, read by its VRT, on a window of cells, NaN where it knows nothing."""
    target = read_crs(crs_wkt)
    size_m = cells.pixel_size * target.GetLinearUnits()
    is_coarser = size_m / pixel_size_m(source, crs_wkt) >= AVERAGE_FROM
    values = np.empty((window.height, window.width), np.float32)
    layer = open_raster(vrt, source.name)
    try:
        for block in window.blocks(_BLOCK):
            top, left = block.row - window.row, block.col - window.col
            with gdal_checked(CANNOT_READ, layer=source.name):
                values[top : top + _BLOCK, left : left + _BLOCK] = gdal.Warp(
                    "",
                    layer,
                    format="MEM",
                    srcSRS=source.crs_wkt,
                    dstSRS=wkt_of(target),
                    outputBounds=cells.bounds(block),
                    width=_BLOCK,
                    height=_BLOCK,
                    overviewLevel=FULL_RESOLUTION,
                    resampleAlg="average" if is_coarser else kind.between,
                    dstNodata=math.nan,
                    errorThreshold=0,
                ).ReadAsArray()
            report(progress, (top * window.width + (left + _BLOCK) * _BLOCK) / values.size)
    finally:
        del layer  # else the traceback of a cancel keeps the file open, and Windows won't delete a copy
    values[~np.isfinite(values)] = np.nan
    return values


def _check_covers(
    name: str,
    kind: Kind,
    cells: Lattice,
    window: Window,
    values: np.ndarray,
    bounds: tuple[float, float, float, float],
) -> None:
    """Refuse a guide that lacks a cell whose middle lies within bounds; at least one cell is looked at."""
    xmin, ymin, xmax, ymax = bounds
    dx, dy = (min(cells.pixel_size, side) / 2 for side in (xmax - xmin, ymax - ymin))
    left, bottom = xmin + dx, ymin + dy
    wanted = cells.window_of(left, bottom, max(left, xmax - dx), max(bottom, ymax - dy))
    top, left = wanted.row - window.row, wanted.col - window.col
    if np.isnan(values[top : top + wanted.height, left : left + wanted.width]).any():
        raise GeoGanError(kind.gaps, layer=name)
