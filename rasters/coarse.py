# SPDX-License-Identifier: GPL-3.0-or-later
"""A coarse elevation layer that finer land is to follow, on the cells of its own pixels."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from osgeo import gdal

from ..errors import GeoGanError
from .alignment import AVERAGE_FROM, SAME_SIZE, AlignedArea, align, unmoved
from .gdal_guard import gdal_checked
from .grid import TOLERANCE_PX, Lattice, Window
from .reporting import Log, silent
from .source import CANNOT_READ, Source, open_raster

#: Whole layers are read. Their finer land has at least sixteen times as many pixels.
LARGEST_PX = 100_000_000
_VIEW_PX, _REACH_PX = 512, 64
#: A layer in degrees lies in one projection, which farther from its middle distorts what is small.
WIDEST_DEG = 90


@dataclass(frozen=True)
class CoarseLayer:
    """Heights and where they lie.

    Attributes:
        name: of the layer.
        values: float32 [H, W], NaN where void.
        cells: the lattice of the layer's pixels.
        window: of the values on that lattice.
        area: the layer as GDAL reads it.
    """

    name: str
    values: np.ndarray
    cells: Lattice
    window: Window
    area: AlignedArea


def read_coarse(source: Source, log: Log = silent) -> tuple[CoarseLayer, CoarseLayer]:
    """Read band 1 of a layer as it is, and in a CRS in metres: the same, unless it is in degrees.

    Raises:
        GeoGanError: the layer has rotated or unequal pixels, is too large or too wide, is empty, or cannot
            be read.
    """
    if source.is_geographic and source.bounds[2] - source.bounds[0] > WIDEST_DEG:
        raise GeoGanError(
            "Layer {layer} is {width} degrees wide, too wide to be brought to metres at once. Cut it into "
            "parts of at most {most} degrees.",
            layer=source.name,
            width=round(source.bounds[2] - source.bounds[0]),
            most=WIDEST_DEG,
        )
    width, height = source.pixel_sides
    if not source.is_upright or abs(width / height - 1.0) > SAME_SIZE:
        raise GeoGanError(
            "Layer {layer} has rotated or unequal pixels. Warp it to square pixels, north up, first.",
            layer=source.name,
        )
    metric = read_in_crs(source, None, log)
    return (_read(source, unmoved(source)) if source.is_geographic else metric), metric


def read_in_crs(source: Source, crs_wkt: str | None, log: Log = silent) -> CoarseLayer:
    """Read band 1 of a layer of any kind, brought to a projected CRS where it is in another one.

    Raises:
        GeoGanError: the layer is too large, is empty, or cannot be read.
    """
    if source.width * source.height > LARGEST_PX:
        raise GeoGanError(
            "Layer {layer} is too large: {width} x {height} pixels. Cut it into parts of at most "
            "{most} million pixels first.",
            layer=source.name,
            width=source.width,
            height=source.height,
            most=LARGEST_PX // 10**6,
        )
    (area,) = align([source], None, crs_wkt, log)
    return _read(source, area)


def _read(source: Source, area: AlignedArea) -> CoarseLayer:
    with gdal_checked(CANNOT_READ, layer=source.name):
        values = open_raster(area.vrt, source.name).ReadAsArray().astype(np.float32)
    if not np.isfinite(values).any():
        raise GeoGanError(
            "Layer {layer} has no data: every pixel is nodata. Choose another layer.", layer=source.name
        )
    cells, window = _own_lattice(area)
    return CoarseLayer(source.name, values, cells, window, area)


def check_covers(layer: CoarseLayer, bounds: tuple[float, float, float, float]) -> None:
    """Check that a layer has a height everywhere within bounds, in units of its CRS.

    Raises:
        GeoGanError: it has not.
    """
    wanted = layer.cells.window_of(*bounds)
    top, left = wanted.row - layer.window.row, wanted.col - layer.window.col
    is_inside = layer.window.contains(wanted)
    if not is_inside or np.isnan(layer.values[top:, left:][: wanted.height, : wanted.width]).any():
        raise GeoGanError(
            "The guide {layer} has no heights in a part of the extent. Choose a smaller extent, or fill its "
            "voids.",
            layer=layer.name,
        )


def _own_lattice(area: AlignedArea) -> tuple[Lattice, Window]:
    """Return the lattice of an area's pixels: its rows and columns are those of the world's lattice."""
    x, size, _, y, _, _ = area.geotransform
    col, row = math.floor(x / size + TOLERANCE_PX), math.floor(-y / size + TOLERANCE_PX)
    offsets = (x - col * size, y + row * size)
    origin = tuple(0.0 if abs(offset) < TOLERANCE_PX * size else offset for offset in offsets)
    return Lattice(size, origin), Window(row, col, area.height, area.width)


def guide_on(layer: CoarseLayer, cells: Lattice, margin: int) -> tuple[Window, np.ndarray]:
    """Return the layer's heights on a lattice of cells, without voids, and their window.

    Where the cells are not the layer's own, they are interpolated or averaged. Voids are filled from around,
    and the land goes on for `margin` cells beyond the layer as it comes in, so that its rim is no cliff.

    Raises:
        GeoGanError: the layer cannot be read.
    """
    if cells == layer.cells:
        window, values = layer.window, layer.values
    else:
        bounds = layer.cells.bounds(layer.window)
        window = cells.window_of(*bounds)
        values = _warped(layer, cells, window)
    margin = min(margin, min(values.shape) - 1)
    wide = np.pad(without_voids(values, layer.name), margin, mode="reflect", reflect_type="odd")
    return window.widened(margin), wide.astype(np.float32)


def _warped(layer: CoarseLayer, cells: Lattice, window: Window) -> np.ndarray:
    method = "average" if cells.pixel_size / layer.cells.pixel_size >= AVERAGE_FROM else "cubic"
    with gdal_checked(CANNOT_READ, layer=layer.name):
        warped = gdal.Warp(
            "",
            gdal.Open(layer.area.vrt),
            format="MEM",
            outputBounds=cells.bounds(window),
            width=window.width,
            height=window.height,
            resampleAlg=method,
            dstNodata=math.nan,
        )
        return warped.ReadAsArray()


def without_voids(values: np.ndarray, name: str) -> np.ndarray:
    """Return the values with voids interpolated from around: float32 [H, W], at least one of them known.

    In large fields, what lies farther from known ground than `_REACH_PX` is filled from a coarse view:
    GDAL's search for known ground takes time that grows with the cube of the void.
    """
    is_void = ~np.isfinite(values)
    if not is_void.any():
        return values
    height, width = values.shape
    with gdal_checked(CANNOT_READ, layer=name):
        dataset = gdal.GetDriverByName("MEM").Create("", width, height, 2, gdal.GDT_Float32)
        band, known = dataset.GetRasterBand(1), dataset.GetRasterBand(2)
        band.SetNoDataValue(math.nan)
        band.WriteArray(np.where(is_void, np.float32(math.nan), values))
        known.WriteArray((~is_void).astype(np.uint8))
        is_large = max(height, width) > _VIEW_PX
        far = _from_coarse_view(dataset, name) if is_large else None
        gdal.FillNodata(band, known, _REACH_PX if is_large else width + height, 0)
        filled = band.ReadAsArray()
    return filled if far is None else np.where(np.isnan(filled), far, filled)


def coarse_view(dataset: gdal.Dataset, name: str) -> gdal.Dataset:
    """Return band 1 at no more than `_VIEW_PX` a side, its voids filled; call it within `gdal_checked`."""
    shrink = max(1.0, max(dataset.RasterXSize, dataset.RasterYSize) / _VIEW_PX)
    width, height = (max(1, round(side / shrink)) for side in (dataset.RasterXSize, dataset.RasterYSize))
    view = gdal.Translate(
        "", dataset, format="MEM", width=width, height=height, bandList=[1], resampleAlg="average"
    )
    view.WriteArray(without_voids(view.ReadAsArray(), name))
    return view


def _from_coarse_view(dataset: gdal.Dataset, name: str) -> np.ndarray:
    """Return band 1 as its coarse view, brought back smoothly, has it."""
    width, height = dataset.RasterXSize, dataset.RasterYSize
    view = coarse_view(dataset, name)
    return gdal.Translate(
        "", view, format="MEM", width=width, height=height, resampleAlg="bilinear"
    ).ReadAsArray()
