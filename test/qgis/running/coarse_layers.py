# SPDX-License-Identifier: GPL-3.0-or-later
"""The sample as coarse layers, which are made finer, and the means of land over their pixels."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from geogan.test.harness.sample import resampled_sample
from osgeo import gdal

CELL = 360.0
AT_AN_ODD_PLACE = (738_123.25, 4_062_950.5)


def write_coarse(folder: Path, size: float, void: bool) -> Path:
    """Write the sample, averaged to cells of a size, in whole metres and away from the world's lattice."""
    path = folder / f"coarse {size:g} {void}.tif"
    west, north = AT_AN_ODD_PLACE
    bounds = (west, north - 36 * 360, west + 40 * 360, north)
    resampled_sample(path, size, bounds, outputType=gdal.GDT_Int16, dstNodata=-32768)
    if void:
        dataset = gdal.Open(str(path), gdal.GA_Update)
        dataset.GetRasterBand(1).WriteArray(np.full((5, 7), -32768, np.int16), 10, 12)
    return path


def place(size: float) -> tuple[float, ...]:
    """Return the geotransform of a layer there, of pixels of a size."""
    west, north = AT_AN_ODD_PLACE
    return west, size, 0, north, 0, -size


def block_means(values: np.ndarray, factor: int) -> np.ndarray:
    """Return the means over blocks of factor x factor pixels."""
    rows, cols = values.shape
    return values.astype(float).reshape(rows // factor, factor, cols // factor, factor).mean((1, 3))
