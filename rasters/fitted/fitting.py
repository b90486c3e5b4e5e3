# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes generated land on the pixels of a coarse layer's cells, with the heights of those cells."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence

import numpy as np
from osgeo import gdal

from ...models import details
from ..crs import bounds_in, read_crs
from ..gdal_guard import gdal_checked
from ..grid import Lattice, Window
from ..reading.coarse import CoarseLayer
from ..reading.source import CANNOT_READ
from ..reporting import Log, Progress, silent
from ..writing.resampling import RESAMPLING_MARGIN_PX, onto
from ..writing.writer import TerrainWriter
from . import cell_means

CANNOT_FIT = "The raster {path} cannot be read: {reason}"


def covering(layer: CoarseLayer, metric: CoarseLayer, lattice: Lattice) -> Window:
    """Return the pixels of land to generate for a layer: all of it, and a few more for resampling.

    Args:
        layer, metric: as `read_coarse` returns them.
        lattice: of the land, in the CRS of `metric`.

    Raises:
        GeoGanError: the layer lies where its CRS in metres does not reach.
    """
    bounds = layer.cells.bounds(layer.window)
    if layer is not metric:
        with gdal_checked(CANNOT_READ, layer=layer.name):
            bounds = bounds_in(read_crs(metric.area.crs_wkt), bounds, read_crs(layer.area.crs_wkt))
        # GDAL looks for the extremes inside as well, but in steps: each may miss what the other finds.
        bounds = _around(bounds, metric.cells.bounds(metric.window))
    return lattice.window_of(*bounds).widened(RESAMPLING_MARGIN_PX)


def write_fitted(  # noqa: PLR0913 - each says one thing about the file
    source_path: str | os.PathLike,
    output_path: str | os.PathLike,
    layer: CoarseLayer,
    factor: int,
    *,
    strength: float = 1.0,
    crs_wkt: str | None = None,
    tags: Mapping[str, str] | None = None,
    unit: str = "m",
    progress: Progress | None = None,
    log: Log = silent,
) -> None:
    """Write land so that each cell of the layer is `factor` x `factor` pixels whose mean is the cell.

    Land of another pixel size or CRS is resampled. Voids of the layer stay voids.

    Args:
        source_path: generated land that covers the layer.
        strength: how many times as strong the details within cells are made.
        crs_wkt: what the file says; that of the layer, perhaps with a vertical part.

    Raises:
        GeoGanError: the land cannot be read, or the output not be written.
        Cancelled: `progress` returned False. In all cases nothing half-written is left.
    """
    lattice, cells = layer.cells.divided(factor), layer.window
    window = Window(cells.row * factor, cells.col * factor, cells.height * factor, cells.width * factor)
    own_crs_wkt = layer.area.crs_wkt
    with gdal_checked(CANNOT_FIT, path=source_path):
        is_in_degrees = bool(read_crs(own_crs_wkt).IsGeographic())  # land never is
        crs_of_land = own_crs_wkt if is_in_degrees else None
        opened = [onto(gdal.Open(str(source_path)), lattice, window, crs_of_land)]

    def values_of(_band: int, piece: Window) -> np.ndarray:
        with gdal_checked(CANNOT_FIT, path=source_path):
            return _fitted(*opened, layer, window, piece, factor, strength)

    try:
        with TerrainWriter(
            output_path,
            window,
            lattice,
            crs_wkt or own_crs_wkt,
            tags=tags,
            unit=unit,
            keeps_vertical=crs_wkt is not None,
            log=log,
        ) as writer:
            writer.write_all(values_of, progress)
    finally:
        opened.clear()  # else the traceback of a cancel keeps the file open, and Windows won't delete it


def _around(one: Sequence[float], other: Sequence[float]) -> tuple[float, float, float, float]:
    lower, upper = (tuple(map(of, one, other)) for of in (min, max))
    return (*lower[:2], *upper[2:])


def _fitted(
    land: gdal.Dataset, layer: CoarseLayer, window: Window, piece: Window, factor: int, strength: float
) -> np.ndarray:
    """Return a piece of the fitted land, float32; it depends on the cells a few around it."""
    touched = Window.between(
        piece.row // factor, piece.col // factor, -(-piece.row_stop // factor), -(-piece.col_stop // factor)
    )
    around = touched.widened(cell_means.MARGIN + details.MARGIN).intersection(layer.window)
    top, left = around.row - layer.window.row, around.col - layer.window.col
    cells = layer.values[top : top + around.height, left : left + around.width].astype(np.float64)
    field = land.ReadAsArray(left * factor, top * factor, around.width * factor, around.height * factor)
    if strength != 1.0:
        field = details.with_details(field, cell_means.cell_means(field, factor), factor, strength)
    fitted = cell_means.with_cell_means(field, cells, factor)
    fitted[np.kron(np.isnan(cells), np.ones((factor, factor), bool))] = np.nan
    row, col = piece.row - window.row - top * factor, piece.col - window.col - left * factor
    return fitted[row : row + piece.height, col : col + piece.width].astype(np.float32)
