# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes generated land on the pixels of a coarse layer's cells, with the heights of those cells."""

from __future__ import annotations

import os
from collections.abc import Mapping

import numpy as np
from osgeo import gdal

from .cell_means import MARGIN, with_cell_means
from .coarse import CoarseLayer
from .gdal_guard import gdal_checked
from .grid import Window
from .reporting import Log, Progress, part_of, report, silent
from .writer import TerrainWriter

CANNOT_FIT = "The raster {path} cannot be read: {reason}"

#: Of the time, this share is spent before the overviews.
WRITING_SHARE = 0.8


def write_fitted(  # noqa: PLR0913 - each says one thing about the file
    source_path: str | os.PathLike,
    output_path: str | os.PathLike,
    layer: CoarseLayer,
    factor: int,
    *,
    tags: Mapping[str, str] | None = None,
    unit: str = "m",
    progress: Progress | None = None,
    log: Log = silent,
) -> None:
    """Write land so that each cell of the layer is `factor` x `factor` pixels whose mean is the cell.

    Land of another pixel size is resampled. Voids of the layer stay voids.

    Args:
        source_path: generated land that covers the layer.

    Raises:
        GeoGanError: the land cannot be read, or the output not be written.
        Cancelled: `progress` returned False. In all cases nothing half-written is left.
    """
    lattice, cells = layer.cells.divided(factor), layer.window
    window = Window(cells.row * factor, cells.col * factor, cells.height * factor, cells.width * factor)
    with gdal_checked(CANNOT_FIT, path=source_path):
        source = gdal.Open(str(source_path))
        size = source.GetGeoTransform()[1]
        is_same = abs(size / lattice.pixel_size - 1.0) * max(window.height, window.width) < 0.01
        method = "near" if is_same else ("cubic" if lattice.pixel_size < size else "average")
        land = gdal.Warp(
            "",
            source,
            format="VRT",
            outputBounds=lattice.bounds(window),
            width=window.width,
            height=window.height,
            resampleAlg=method,
            errorThreshold=0,
        )
    with TerrainWriter(
        output_path, window, lattice, layer.area.crs_wkt, tags=tags, unit=unit, log=log
    ) as writer:
        done_px = 0
        for piece in writer.pieces():
            with gdal_checked(CANNOT_FIT, path=source_path):
                writer.write(piece.row, piece.col, _fitted(land, layer, window, piece, factor))
            done_px += piece.width * piece.height
            report(part_of(progress, 0, WRITING_SHARE), done_px / (window.width * window.height))
        writer.close(part_of(progress, WRITING_SHARE, 1))


def _fitted(land: gdal.Dataset, layer: CoarseLayer, window: Window, piece: Window, factor: int) -> np.ndarray:
    """Return a piece of the fitted land, float32; it depends on the cells a few around it."""
    around = Window.between(
        piece.row // factor - MARGIN,
        piece.col // factor - MARGIN,
        -(-piece.row_stop // factor) + MARGIN,
        -(-piece.col_stop // factor) + MARGIN,
    ).intersection(layer.window)
    top, left = around.row - layer.window.row, around.col - layer.window.col
    cells = layer.values[top : top + around.height, left : left + around.width].astype(np.float64)
    field = land.ReadAsArray(left * factor, top * factor, around.width * factor, around.height * factor)
    fitted = with_cell_means(field, cells, factor)
    fitted[np.kron(np.isnan(cells), np.ones((factor, factor), bool))] = np.nan
    row, col = piece.row - window.row - top * factor, piece.col - window.col - left * factor
    return fitted[row : row + piece.height, col : col + piece.width].astype(np.float32)
