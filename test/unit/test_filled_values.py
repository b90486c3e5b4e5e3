# SPDX-License-Identifier: GPL-3.0-or-later
"""The pixels in the file of a raster whose voids were filled."""

from __future__ import annotations

import math

import numpy as np
import pytest
from geogan.rasters.filling.filled import write_filled
from geogan.rasters.grid import Window
from geogan.test.unit.holed import UPRIGHT, VOID, hills, with_voids
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from osgeo import gdal


@pytest.mark.parametrize(
    ("dtype", "nodata"), [(np.int16, VOID), (np.float32, VOID), (np.float64, -1e300), (np.uint8, 255)]
)
def test_outside_the_voids_not_one_bit_changes_and_inside_are_the_heights(
    void_raster, tmp_path, dtype, nodata
):
    values = with_voids(np.random.default_rng(1).integers(1, 200, (60, 70)).astype(dtype) + dtype(0), nodata)
    raster = void_raster(values, nodata=nodata)
    raster.mark_nodata()
    for tile in raster.tiles(64):
        raster.fill(tile, np.full((tile.height, tile.width), 123.4))
    write_filled(tmp_path / "out.tif", raster, {"GEOGAN_SEED": 3})

    dataset = gdal.Open(str(tmp_path / "out.tif"))
    filled, is_void = dataset.ReadAsArray(), values == nodata
    assert filled.dtype == dtype
    np.testing.assert_array_equal(filled[~is_void], values[~is_void])
    np.testing.assert_allclose(filled[is_void], 123 if np.issubdtype(dtype, np.integer) else 123.4, rtol=1e-6)
    assert dataset.GetGeoTransform() == UPRIGHT
    assert dataset.GetRasterBand(1).GetNoDataValue() == nodata
    assert dataset.GetMetadataItem("GEOGAN_SYNTHETIC") == "VOIDS"


def test_what_is_no_height_keeps_its_bits_outside_a_mask(void_raster, make_raster, tmp_path):
    values = with_voids(hills(dtype=np.float32))
    values[40:43, 8] = -0.0, np.inf, -np.inf
    values.view(np.uint32)[43:45, 8] = 0x7FC00000, 0xFFC12345  # not a number, in two of the many ways
    mask = np.zeros((60, 70), np.uint8)
    mask[20:30, 40:55] = 1
    for nodata in (VOID, 0.0, math.nan, None):
        raster = void_raster(values, nodata=nodata)
        raster.mark_raster(make_raster("mask", mask, "EPSG:32633", UPRIGHT), "mask")
        raster.fill(raster.whole, np.full((60, 70), 7.0))
        write_filled(tmp_path / "out.tif", raster)
        dataset = gdal.Open(str(tmp_path / "out.tif"))
        filled = dataset.ReadAsArray()
        is_outside = mask == 0
        np.testing.assert_array_equal(
            filled.view(np.uint32)[is_outside], values.view(np.uint32)[is_outside], str(nodata)
        )
        assert (filled[~is_outside] == 7).all()
        assert np.isfinite(dataset.GetRasterBand(1).GetStatistics(False, False)).all()


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(0, 2**32 - 1), st.floats(0.02, 0.9))
def test_whatever_their_shape_voids_are_filled_and_nothing_else(void_raster, tmp_path, seed, share):
    random = np.random.default_rng(seed)
    is_void = random.random((60, 70)) < share
    raster = void_raster(np.where(is_void, VOID, hills()).astype(np.int16))
    raster.mark_nodata()
    for tile in raster.tiles(64):
        raster.fill(tile, random.normal(900, 50, (tile.height, tile.width)))
    write_filled(tmp_path / "out.tif", raster)
    filled = gdal.Open(str(tmp_path / "out.tif")).ReadAsArray()
    np.testing.assert_array_equal(filled[~is_void], hills()[~is_void])
    assert not (filled == VOID).any()


def test_heights_beyond_the_type_or_equal_to_nodata_are_moved_by_the_least(void_raster, tmp_path):
    raster = void_raster(with_voids(np.full((60, 70), 100, np.uint8), 0), nodata=0)
    raster.mark_nodata()
    heights = np.linspace(-50.0, 400.0, 150).reshape(10, 15)
    raster.fill(Window(20, 40, 10, 15), heights)
    raster.fill(Window(5, 5, 1, 1), np.full((1, 1), 0.2))
    write_filled(tmp_path / "out.tif", raster)
    filled = gdal.Open(str(tmp_path / "out.tif")).ReadAsArray()
    assert (filled[5, 5], filled[20, 40], filled[29, 54]) == (1, 1, 255)


def test_scaled_values_are_stored_scaled(void_raster, tmp_path):
    raster = void_raster(scale=0.1, offset=50.0)
    raster.mark_nodata()
    for tile in raster.tiles(64):
        raster.fill(tile, np.full((tile.height, tile.width), 130.0))
    write_filled(tmp_path / "out.tif", raster)
    dataset = gdal.Open(str(tmp_path / "out.tif"))
    band = dataset.GetRasterBand(1)
    assert (band.GetScale(), band.GetOffset()) == (0.1, 50.0)
    assert band.ReadAsArray()[25, 45] == 800


def test_a_layer_in_feet_stays_in_feet_and_is_filled_with_land_in_metres(void_raster, tmp_path):
    raster = void_raster(unit="ft")
    raster.mark_nodata()
    raster.fill(raster.whole, np.full((raster.whole.height, raster.whole.width), 304.8))
    write_filled(tmp_path / "out.tif", raster)
    dataset = gdal.Open(str(tmp_path / "out.tif"))
    band = dataset.GetRasterBand(1)
    assert band.GetUnitType() == "ft"
    assert band.ReadAsArray()[25, 45] == 1000
    np.testing.assert_array_equal(band.ReadAsArray()[with_voids() != VOID], hills()[with_voids() != VOID])
    assert raster.heights(raster.whole)[50, 10] == pytest.approx(0.3048 * hills()[50, 10], rel=1e-6)
