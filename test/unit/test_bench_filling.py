# SPDX-License-Identifier: GPL-3.0-or-later
"""The raster whose voids the benchmark fills."""

from __future__ import annotations

import numpy as np
import pytest
from geogan.test.bench.filling import RADII_PX, cut_voids
from geogan.test.bench.guided.ground import read
from geogan.test.bench.large_layer import SIDE_M, write_land
from osgeo import gdal
from scipy import ndimage


@pytest.fixture
def land(tmp_path):
    return write_land(tmp_path / "land.tif", 250)


def test_it_is_the_middle_of_the_sample_on_so_many_pixels_and_has_no_void(land):
    dataset = gdal.Open(str(land))
    assert (dataset.RasterXSize, dataset.RasterYSize) == (250, 250)
    assert dataset.GetGeoTransform()[1] == pytest.approx(SIDE_M / 250)
    heights = read(land)
    assert 100.0 < heights.min() < heights.max() < 2000.0


def test_round_voids_are_cut_into_it(land):
    before = read(land)
    cut_voids(land, 4)
    after = read(land)
    is_void = np.isnan(after)
    assert ndimage.label(is_void)[1] == 4
    assert 4 * 3.0 * RADII_PX[0] ** 2 < is_void.sum() < 4 * 3.2 * RADII_PX[1] ** 2
    assert (after == before)[~is_void].all()
