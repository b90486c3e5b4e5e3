# SPDX-License-Identifier: GPL-3.0-or-later
"""What marks the voids that are left in the file of a raster whose others were filled."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from geogan.errors import GeoGanError
from geogan.rasters.filling.filled import write_filled
from geogan.rasters.grid import Window
from geogan.test.unit.holed import UPRIGHT, VOID, hills, with_voids
from osgeo import gdal

ALL_BYTES = np.resize(np.arange(256, dtype=np.uint8), (60, 70))
IS_LARGE_VOID = np.zeros((60, 70), bool)
IS_LARGE_VOID[20:30, 40:55] = True


def masked_raster(void_raster, values, nodata=None):
    return void_raster(values, nodata=nodata, mask=np.where(with_voids() == VOID, 0, 255).astype(np.uint8))


def large_void_only(make_raster):
    """Return a mask of what is to be filled, which leaves out the void of one pixel."""
    return make_raster("mask", IS_LARGE_VOID.astype(np.uint8), "EPSG:32633", UPRIGHT)


def written(raster, tmp_path):
    """Return what the file of a raster filled with 7 holds, and which of its pixels are known."""
    raster.fill(raster.whole, np.full((60, 70), 7.0))
    write_filled(tmp_path / "out.tif", raster)
    dataset = gdal.Open(str(tmp_path / "out.tif"))
    return dataset.ReadAsArray(), dataset.GetRasterBand(1).GetMaskBand().ReadAsArray() != 0


def test_voids_that_only_a_mask_marks_stay_voids_where_they_are_not_filled(
    void_raster, make_raster, tmp_path
):
    values = hills()
    values[0, 0] = -32768  # known, so that another value must mark voids
    raster = masked_raster(void_raster, values)
    raster.mark_raster(large_void_only(make_raster), "mask")
    filled, is_known = written(raster, tmp_path)
    np.testing.assert_array_equal(is_known, (with_voids() != VOID) | IS_LARGE_VOID)
    assert (filled[IS_LARGE_VOID] == 7).all()
    is_kept = is_known & ~IS_LARGE_VOID
    np.testing.assert_array_equal(filled[is_kept], values[is_kept])


def test_a_nodata_value_that_the_type_cannot_hold_is_no_height(void_raster, make_raster, tmp_path):
    """NumPy 2 refuses to turn it into the type, where NumPy 1 wraps it around."""
    raster = masked_raster(void_raster, np.full((60, 70), 100, np.uint8), nodata=-9999)
    raster.mark_raster(large_void_only(make_raster), "fill")
    raster.fill(Window(20, 40, 10, 15), np.full((10, 15), 50.0))
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # where NumPy 1 warns
        write_filled(tmp_path / "out.tif", raster)
    dataset = gdal.Open(str(tmp_path / "out.tif"))
    written, nodata = dataset.ReadAsArray(), dataset.GetRasterBand(1).GetNoDataValue()
    assert (written[IS_LARGE_VOID] == 50).all()
    assert written[5, 5] == nodata, "what is not to be filled stays a void"
    assert np.count_nonzero(written == nodata) == 1


def test_where_a_small_data_type_has_no_value_left_for_voids_a_sentence_says_so_before_any_land_is_made(
    void_raster, make_raster
):
    raster = masked_raster(void_raster, ALL_BYTES)
    with pytest.raises(GeoGanError, match="No value is left to mark the voids of layer holes"):
        raster.mark_raster(large_void_only(make_raster), "mask")


def test_where_all_voids_are_filled_none_needs_a_value(void_raster, tmp_path):
    raster = masked_raster(void_raster, ALL_BYTES)
    raster.mark_nodata()
    filled, is_known = written(raster, tmp_path)
    assert is_known.all()
    np.testing.assert_array_equal(filled, np.where(with_voids() == VOID, 7, ALL_BYTES))


@pytest.mark.parametrize(
    ("dtype", "taken"), [(np.uint8, range(1, 256)), (np.int16, [-32768, 32767, -9999])], ids=["0", "any"]
)
def test_any_value_that_is_left_can_mark_voids(void_raster, make_raster, tmp_path, dtype, taken):
    values = np.resize(np.array(taken, dtype), (60, 70))
    raster = masked_raster(void_raster, values)
    raster.mark_raster(large_void_only(make_raster), "mask")
    filled, is_known = written(raster, tmp_path)
    assert np.argwhere(~is_known).tolist() == [[5, 5]]
    is_kept = with_voids() != VOID
    np.testing.assert_array_equal(filled[is_kept], values[is_kept])


@pytest.mark.parametrize("dtype", [np.int16, np.float32])
@pytest.mark.parametrize("leaves_void", [False, True])
def test_a_known_pixel_of_the_value_for_nodata_stays_known_where_a_mask_says_so(
    void_raster, make_raster, tmp_path, dtype, leaves_void
):
    values = hills(dtype=dtype)
    raster = masked_raster(void_raster, values, nodata=float(values[40, 8]))
    if leaves_void:
        raster.mark_raster(large_void_only(make_raster), "mask")
    else:
        raster.mark_nodata()
    filled, is_known = written(raster, tmp_path)
    assert np.argwhere(~is_known).tolist() == ([[5, 5]] if leaves_void else [])
    is_kept = with_voids() != VOID
    np.testing.assert_array_equal(filled[is_kept], values[is_kept])


def test_where_no_known_pixel_has_it_the_layers_own_value_marks_voids(void_raster, make_raster, tmp_path):
    raster = masked_raster(void_raster, hills(), nodata=-5.0)
    raster.mark_raster(large_void_only(make_raster), "mask")
    assert written(raster, tmp_path)[0][5, 5] == -5
    assert raster.nodata == -5.0
