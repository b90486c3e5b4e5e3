# SPDX-License-Identifier: GPL-3.0-or-later
"""A sample of a layer's raw values, to tell heights from numbers that only look like heights."""

from __future__ import annotations

import numpy as np
from osgeo import gdal

from ..gdal_guard import gdal_checked
from ..grid import Window
from .source import CANNOT_READ, Source, open_raster
from .spread import corner_windows, spread_windows

# Rasters up to this size are sampled whole, larger ones in full-resolution windows of this total:
# overviews and decimated reads would blend or skip the very values that cleaning looks for.
SAMPLE_PX = 4_000_000
SAMPLE_WINDOW_PX = 256


def sample_raw_values(source: Source) -> np.ndarray:
    """Return valid raw values of band 1 [N], read at full resolution and spread over the raster."""
    if source.width * source.height <= SAMPLE_PX:
        windows = spread_windows(source.width, source.height, 2048, 2**31, seed=0)
    else:
        count = SAMPLE_PX // SAMPLE_WINDOW_PX**2
        windows = corner_windows(source.width, source.height, SAMPLE_WINDOW_PX)
        windows += spread_windows(source.width, source.height, SAMPLE_WINDOW_PX, count, seed=0)
    dataset = open_raster(source.path, source.name)
    return np.concatenate([_valid_values(dataset, window, source.name) for window in windows])


def _valid_values(dataset: gdal.Dataset, window: Window, name: str) -> np.ndarray:
    band = dataset.GetRasterBand(1)
    place = (window.col, window.row, window.width, window.height)
    with gdal_checked(CANNOT_READ, layer=name):
        values = band.ReadAsArray(*place)
        valid = band.GetMaskBand().ReadAsArray(*place) != 0
    return values[valid & np.isfinite(values)]
