# SPDX-License-Identifier: GPL-3.0-or-later
"""Several lands along one coarse guide: what the guide leaves open."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from geogan.rasters.coarse import without_voids
from osgeo import gdal

from ...harness.programs import Profile, run_qgis_process
from .refined import read

FACTOR = 16  # of the guide's cells: the valleys and all that is finer are the model's
REALISATIONS = 8


def ensemble(
    profile: Profile, guide: Path, like: Path, crop: tuple[slice, slice], folder: Path
) -> np.ndarray:
    """Return lands along a guide on a crop of another raster's pixels, their mean and standard deviation.

    Returns:
        float64 (REALISATIONS + 2, rows, cols).
    """
    rows, cols = crop
    dataset = gdal.Open(str(like))
    x, size, _, y, _, _ = dataset.GetGeoTransform()
    crs = f"EPSG:{dataset.GetSpatialRef().GetAuthorityCode(None)}"
    bounds = x + cols.start * size, x + cols.stop * size, y - rows.stop * size, y - rows.start * size
    place = {"EXTENT": f"{','.join(map(repr, bounds))} [{crs}]", "CRS": crs, "GUIDE": guide}
    asked = {"REALISATIONS": REALISATIONS, "SPREAD": "true", "VARIETY": 1, "SEED": 1}
    output = {"OUTPUT": folder / "ensemble.tif"}
    run_qgis_process(profile, "geogan:generate", {**place, **asked, **output})
    return gdal.Open(str(output["OUTPUT"])).ReadAsArray().astype(np.float64)


def fill(guide: Path) -> None:
    """Fill the voids of a guide from around: land can follow nothing else."""
    dataset = gdal.Open(str(guide), gdal.GA_Update)
    dataset.GetRasterBand(1).WriteArray(without_voids(read(guide).astype(np.float32), guide.stem))
