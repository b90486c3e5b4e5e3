# SPDX-License-Identifier: GPL-3.0-or-later
"""The sample DEM, which is in degrees, brought to another grid for a test."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from osgeo import gdal

from .programs import SAMPLE


def resampled_sample(
    path: Path, size: float, bounds: tuple[float, float, float, float] | None = None, **options: Any
) -> Path:
    """Write the sample with pixels of `size` and return the path.

    Args:
        bounds: xmin, ymin, xmax, ymax in the CRS of the result; None for all of the sample.
        options: of gdal.Warp, over averaging into UTM zone 16.
    """
    options = {"dstSRS": "EPSG:32616", "resampleAlg": "average", **options}
    gdal.Warp(str(path), str(SAMPLE), outputBounds=bounds, xRes=size, yRes=size, **options)
    return path
