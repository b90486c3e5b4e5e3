# SPDX-License-Identifier: GPL-3.0-or-later
"""A coarse elevation layer that is to be made finer, read whole, on the cells of its own pixels."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from osgeo import gdal, gdal_array

from ...errors import GeoGanError
from ..gdal_guard import gdal_checked, stoppable
from ..grid import TOLERANCE_PX, Lattice, Window
from ..reporting import Log, Progress, part_of, report, silent
from .alignment import AVERAGE_FROM, SAME_SIZE, AlignedArea, align, unmoved
from .source import CANNOT_READ, Source, open_raster

#: Whole layers are read. Their finer land has at least sixteen times as many pixels.
LARGEST_PX = 100_000_000
#: No network sees farther in the heights that guide it; those of the bundled model 22 cells.
SIGHT_CELLS = 32
_ROWS_AT_ONCE = 512
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


def read_coarse(
    source: Source, log: Log = silent, progress: Progress | None = None
) -> tuple[CoarseLayer, CoarseLayer]:
    """Read band 1 of a layer as it is, and in a CRS in metres: the same, unless it is in degrees.

    Raises:
        GeoGanError: the layer has rotated or unequal pixels, is too large or too wide, is empty, or cannot
            be read.
        Cancelled: `progress` returned False.
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
            "Layer {layer} has rotated or unequal pixels. Warp it to square pixels, north up, first: Warp "
            "(reproject), with the resolution of the output set.",
            layer=source.name,
        )
    (area,) = align([source], log=log)
    if not source.is_geographic:
        layer = _read(area, progress)
        return layer, layer
    metric = _read(area, part_of(progress, 0.0, 0.5))
    return _read(unmoved(source), part_of(progress, 0.5, 1.0)), metric


def _read(area: AlignedArea, progress: Progress | None) -> CoarseLayer:
    if area.width * area.height > LARGEST_PX:
        raise GeoGanError(
            "Layer {layer} is too large: {width} x {height} pixels. Cut it into parts of at most "
            "{most} million pixels first.",
            layer=area.name,
            width=area.width,
            height=area.height,
            most=LARGEST_PX // 10**6,
        )
    values = np.empty((area.height, area.width), np.float32)
    dataset = open_raster(area.vrt, area.name)
    try:
        for top in range(0, area.height, _ROWS_AT_ONCE):
            rows = min(_ROWS_AT_ONCE, area.height - top)
            with gdal_checked(CANNOT_READ, layer=area.name):
                values[top : top + rows] = dataset.ReadAsArray(0, top, area.width, rows)
            report(progress, (top + rows) / area.height)
    finally:
        del dataset  # else the traceback of a cancel keeps the file open, and Windows won't delete a copy
    values[~np.isfinite(values)] = np.nan
    if np.isnan(values).all():
        raise GeoGanError(
            "Layer {layer} has no data: every pixel is nodata. Choose another layer.", layer=area.name
        )
    cells, window = _own_lattice(area)
    return CoarseLayer(area.name, values, cells, window, area)


def _own_lattice(area: AlignedArea) -> tuple[Lattice, Window]:
    """Return the lattice of an area's pixels: its rows and columns are those of the world's lattice."""
    x, size, _, y, _, _ = area.geotransform
    col, row = math.floor(x / size + TOLERANCE_PX), math.floor(-y / size + TOLERANCE_PX)
    offsets = (x - col * size, y + row * size)
    origin = tuple(0.0 if abs(offset) < TOLERANCE_PX * size else offset for offset in offsets)
    return Lattice(size, origin), Window(row, col, area.height, area.width)


def guide_on(
    layer: CoarseLayer, cells: Lattice, margin: int, progress: Progress | None = None
) -> tuple[Window, np.ndarray]:
    """Return the layer's heights on a lattice of cells, without voids, and their window.

    Where the cells are not the layer's own, they are interpolated or averaged. Voids are filled from around,
    and the land goes on for `margin` cells beyond the layer as it comes in, so that its rim is no cliff.

    Raises:
        GeoGanError: the layer cannot be resampled. Cancelled: `progress` returned False.
    """
    if cells == layer.cells:
        window, values = layer.window, layer.values
    else:
        bounds = layer.cells.bounds(layer.window)
        window = cells.window_of(*bounds)
        if window.width * window.height > LARGEST_PX:
            raise GeoGanError(
                "Layer {layer} would be {width} x {height} of the cells that the model follows: too many. "
                "Cut it into parts, or choose a model of larger pixels.",
                layer=layer.name,
                width=window.width,
                height=window.height,
            )
        values = _warped(layer, cells, window, part_of(progress, 0.0, 0.5))
    margin = min(margin, min(values.shape) - 1)
    # What land depends on is filled from nearby, so that parts of a layer agree beside wide voids.
    nearby = filled_within(SIGHT_CELLS, values, layer.name, part_of(progress, 0.5, 0.75))
    known = without_voids(nearby, layer.name, part_of(progress, 0.75, 1.0))
    wide = np.pad(known, margin, mode="reflect", reflect_type="odd")
    return window.widened(margin), wide.astype(np.float32)


def _warped(layer: CoarseLayer, cells: Lattice, window: Window, progress: Progress | None) -> np.ndarray:
    method = "average" if cells.pixel_size / layer.cells.pixel_size >= AVERAGE_FROM else "cubic"
    with stoppable(progress, CANNOT_READ, layer=layer.name) as callback:
        dataset = _in_memory(layer.values)
        dataset.SetGeoTransform(layer.cells.geotransform(layer.window))
        warped = gdal.Warp(
            "",
            dataset,
            format="MEM",
            outputBounds=cells.bounds(window),
            width=window.width,
            height=window.height,
            resampleAlg=method,
            dstNodata=math.nan,
            callback=callback,
        )
        return warped.ReadAsArray()


def without_voids(values: np.ndarray, name: str, progress: Progress | None = None) -> np.ndarray:
    """Return the values with voids interpolated from around: float32 [H, W], at least one of them known.

    In large fields, what lies farther from known ground than `_REACH_PX` is filled from a coarse view:
    GDAL's search for known ground takes time that grows with the cube of the void.

    Raises:
        GeoGanError: GDAL cannot do it. Cancelled: `progress` returned False.
    """
    if max(values.shape) <= _VIEW_PX:
        return filled_within(sum(values.shape), values, name, progress)
    filled = filled_within(_REACH_PX, values, name, progress)
    is_far = np.isnan(filled)
    return np.where(is_far, _from_coarse_view(values, name), filled) if is_far.any() else filled


def filled_within(reach: int, values: np.ndarray, name: str, progress: Progress | None = None) -> np.ndarray:
    """Return the values with voids interpolated from what is known within `reach` pixels; others stay NaN.

    What a void becomes depends on nothing that lies farther from it.

    Raises: as `without_voids`.
    """
    is_known = np.isfinite(values)
    if is_known.all():
        return values
    with stoppable(progress, CANNOT_READ, layer=name) as callback:
        filled = np.where(is_known, values, math.nan).astype(np.float32)
        dataset, known = _in_memory(filled), gdal_array.OpenArray(is_known.astype(np.uint8))
        gdal.FillNodata(
            dataset.GetRasterBand(1),
            known.GetRasterBand(1),
            reach,
            0,
            # By itself, GDAL puts files into the current folder where no variable names one for them.
            options=["TEMP_FILE_DRIVER=MEM"],
            callback=callback,
        )
        dataset.FlushCache()
    return filled


def _in_memory(values: np.ndarray) -> gdal.Dataset:
    """Return an array as a raster of the same memory, NaN where void."""
    dataset = gdal_array.OpenArray(values)
    dataset.GetRasterBand(1).SetNoDataValue(math.nan)
    return dataset


def coarse_view(dataset: gdal.Dataset, name: str) -> gdal.Dataset:
    """Return band 1 at no more than `_VIEW_PX` a side, its voids filled; call it within `gdal_checked`."""
    shrink = max(1.0, max(dataset.RasterXSize, dataset.RasterYSize) / _VIEW_PX)
    width, height = (max(1, round(side / shrink)) for side in (dataset.RasterXSize, dataset.RasterYSize))
    view = gdal.Translate(
        "", dataset, format="MEM", width=width, height=height, bandList=[1], resampleAlg="average"
    )
    view.WriteArray(without_voids(view.ReadAsArray(), name))
    return view


def _from_coarse_view(values: np.ndarray, name: str) -> np.ndarray:
    """Return values as their coarse view, brought back smoothly, has them."""
    height, width = values.shape
    with gdal_checked(CANNOT_READ, layer=name):
        view = coarse_view(_in_memory(values), name)
        return gdal.Translate(
            "", view, format="MEM", width=width, height=height, resampleAlg="bilinear"
        ).ReadAsArray()
