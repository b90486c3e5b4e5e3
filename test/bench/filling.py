# SPDX-License-Identifier: GPL-3.0-or-later
"""Voids filled in a raster as large as a survey's: how long it takes, and with how much memory."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from geogan.rasters.crs import read_crs
from osgeo import gdal, osr

from ..harness.programs import SAMPLE
from .guided.ground import VOID
from .measurement import Figure, figure
from .peak_memory import MEMORY_MB, run_watched
from .workplace import CRS, Workplace

SIDE_M = 25_000.0
VOIDS = 500
RADII_PX = (5, 60)


def measure(place: Workplace) -> Iterator[Figure]:
    """Yield what *Fill voids* takes."""
    gdal.UseExceptions()
    side, voids = place.either((10_000, VOIDS), (1_000, 5))
    land = write_land(place.folder / "land.tif", side)
    cut_voids(land, voids)
    filled = place.folder / "filled.tif"
    asked = {"INPUT": str(land), "MODEL": str(place.model), "OUTPUT": str(filled)}
    run = run_watched(place, "geogan:fillvoids", asked)
    land.unlink()
    filled.unlink()
    what = f"fill {voids} voids in {side} x {side} px"
    yield figure(f"{what}: whole process", "s", [run.seconds])
    yield figure(f"{what}: peak memory, QGIS and worker", "MiB", [run.peak_memory_mb], MEMORY_MB)


def write_land(path: Path, side_px: int) -> Path:
    """Write the middle of the sample, interpolated to so many pixels a side."""
    to_metres = osr.CoordinateTransformation(read_crs("EPSG:4326"), read_crs(CRS))
    dataset = gdal.Open(str(SAMPLE))
    x0, size, _, y0, _, minus_size = dataset.GetGeoTransform()
    x, y, _ = to_metres.TransformPoint(
        x0 + size * dataset.RasterXSize / 2, y0 + minus_size * dataset.RasterYSize / 2
    )
    half = SIDE_M / 2
    gdal.Warp(
        str(path),
        dataset,
        dstSRS=CRS,
        outputBounds=(x - half, y - half, x + half, y + half),
        width=side_px,
        height=side_px,
        resampleAlg="cubic",
        outputType=gdal.GDT_Float32,
        dstNodata=VOID,
        creationOptions=["TILED=YES"],
    )
    return path


def cut_voids(land: Path, count: int) -> None:
    """Cut round voids into a raster, at random, each in a square of its own."""
    random = np.random.default_rng(0)
    dataset = gdal.Open(str(land), gdal.GA_Update)
    band, square = dataset.GetRasterBand(1), 2 * RADII_PX[1]
    squares = dataset.RasterXSize // square
    for place in random.choice(squares**2, count, replace=False):
        radius = int(random.integers(*RADII_PX))
        row, col = (square * int(each) for each in divmod(place, squares))
        away = np.hypot(*np.mgrid[-radius:radius, -radius:radius])
        heights = band.ReadAsArray(col, row, 2 * radius, 2 * radius)
        band.WriteArray(np.where(away < radius, np.float32(VOID), heights), col, row)
    dataset.FlushCache()
