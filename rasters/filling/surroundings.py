# SPDX-License-Identifier: GPL-3.0-or-later
"""Where land for a raster's voids is made, on the model's lattice, and what is known around it there.

tile of the raster  ->  its surroundings on the model's pixels  ->  land  ->  the raster's pixels
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from osgeo import gdal

from ...errors import GeoGanError
from ..crs import bounds_in, local_metric_crs, read_crs, wkt_of
from ..gdal_guard import gdal_checked
from ..grid import Lattice, Window, align_down
from ..reading.alignment import SAME_SIZE
from ..reading.source import CANNOT_READ, Source
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
