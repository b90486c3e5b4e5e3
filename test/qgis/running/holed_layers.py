# SPDX-License-Identifier: GPL-3.0-or-later
"""The sample with voids, which are filled."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
from geogan.test.harness.programs import SAMPLE
from osgeo import gdal

VOID = -32768


def write_holed(folder: Path) -> Path:
    """Write the sample with a round void, one at its edge and single pixels, whose nodata is declared."""
    path = Path(shutil.copy(SAMPLE, folder / "holed.tif"))
    dataset = gdal.Open(str(path), gdal.GA_Update)
    band = dataset.GetRasterBand(1)
    values = band.ReadAsArray()
    rows, cols = np.mgrid[0 : values.shape[0], 0 : values.shape[1]]
    is_void = (rows - 150) ** 2 + (cols - 200) ** 2 < 30**2
    is_void |= (rows < 25) & (cols > 300)
    is_void |= np.random.default_rng(5).random(values.shape) < 0.001
    band.SetNoDataValue(VOID)
    band.WriteArray(np.where(is_void, VOID, values))
    return path
