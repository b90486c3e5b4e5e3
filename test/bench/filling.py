# SPDX-License-Identifier: GPL-3.0-or-later
"""Voids filled in a raster as large as a survey's: how long it takes, and with how much memory."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from osgeo import gdal

from .guided.ground import VOID
from .large_layer import write_land
from .measurement import Figure, figure
from .watching import MEMORY_MB, run_watched
from .workplace import Workplace

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
