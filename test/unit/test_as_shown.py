# SPDX-License-Identifier: GPL-3.0-or-later
"""Rasters of whose layers the user has said more in the properties than the file says."""

from __future__ import annotations

import math
from contextlib import closing

import numpy as np
import pytest
from geogan.errors import Cancelled
from geogan.rasters.crs import read_crs
from geogan.rasters.filling.filled import write_filled
from geogan.rasters.filling.voids import VoidRaster
from geogan.rasters.grid import Window
from geogan.rasters.reading.as_shown import Properties, Values, are_among, write_as_shown
from geogan.rasters.reading.source import describe_source
from geogan.test.harness.processes import open_files_in
from geogan.test.unit.holed import UPRIGHT, VOID, hills, with_voids
from osgeo import gdal

SEA = [Values(-math.inf, 0.0)]


def hidden(dataset: gdal.Dataset, band: int = 1) -> np.ndarray:
    return dataset.GetRasterBand(band).GetMaskBand().ReadAsArray() == 0


@pytest.mark.parametrize(
    ("ends", "expected"),
    [((True, True), [2, 3, 4]), ((True, False), [2, 3]), ((False, True), [3, 4]), ((False, False), [3])],
)
def test_a_range_holds_its_ends_or_not(ends, expected):
    raw = np.arange(8, dtype=np.uint8)
    assert raw[are_among(raw, 1.0, 0.0, [Values(2.0, 4.0, *ends)])].tolist() == expected


def test_a_scaled_value_is_named_as_qgis_shows_it():
    shown = float(np.float32(0.3))
    assert are_among(np.arange(8, dtype=np.int16), 0.1, 0.0, [Values(shown, shown)]).nonzero()[0] == [3]


def test_what_is_named_is_hidden_and_no_bit_changes(make_raster, tmp_path):
    values = np.stack([with_voids(), hills()])
    path = make_raster("two", values, "", (5e5, 80, 30, 4e6, 30, -80), nodata=VOID, scale=0.1, unit="ft")
    properties = Properties(
        read_crs("EPSG:32633").ExportToWkt(), named={2: [Values(800, 810), Values(900, 999)]}
    )
    write_as_shown(path, properties, tmp_path / "shown.vrt", "two")
    shown = gdal.Open(str(tmp_path / "shown.vrt"))
    np.testing.assert_array_equal(shown.ReadAsArray(), values)
    np.testing.assert_array_equal(hidden(shown), values[0] == VOID)
    is_named = ((values[1] >= 800) & (values[1] <= 810)) | ((values[1] >= 900) & (values[1] <= 999))
    np.testing.assert_array_equal(hidden(shown, 2), is_named)
    source = describe_source(str(tmp_path / "shown.vrt"), "two")
    assert source.geotransform == (5e5, 80, 30, 4e6, 30, -80)
    assert (source.data_type, source.scale, source.unit) == ("Int16", 0.1, "ft")
    assert "32633" in source.crs_wkt


def test_a_mask_of_the_file_goes_on_hiding_in_all_bands(make_raster, tmp_path):
    mask = np.full((60, 70), 255, np.uint8)
    mask[:7] = 0
    path = make_raster("masked", np.stack([hills(), hills()]), mask=mask)
    write_as_shown(path, Properties(named={1: [Values(900, 999)]}), tmp_path / "shown.vrt", "masked")
    shown = gdal.Open(str(tmp_path / "shown.vrt"))
    is_named = (hills() >= 900) & (hills() <= 999)
    np.testing.assert_array_equal(hidden(shown), is_named | (mask == 0))
    np.testing.assert_array_equal(hidden(shown, 2), mask == 0)


def test_a_cancel_leaves_no_file_open(make_raster, tmp_path):
    path = make_raster("sea", hills())
    with pytest.raises(Cancelled) as cancelled:
        write_as_shown(path, Properties(named={1: SEA}), tmp_path / "shown.vrt", "sea", lambda _: False)
    assert cancelled.traceback, "which is held here"
    assert [file for file in open_files_in(tmp_path) if "shown" in str(file)] == []


@pytest.mark.parametrize("has_mask", [False, True])
def test_named_values_are_voids_and_outside_a_mask_they_stay_as_they_are(make_raster, tmp_path, has_mask):
    values, is_filled = with_voids(), np.zeros((60, 70), bool)
    values[40:50, 5:25] = 0
    is_filled[20:30, 40:55] = True
    mask = make_raster("mask", is_filled.astype(np.uint8), "EPSG:32633", UPRIGHT)
    source = describe_source(make_raster("sea", values, geotransform=UPRIGHT, nodata=VOID, scale=0.1), "sea")
    with closing(VoidRaster(source, tmp_path, named=SEA)) as raster:
        assert np.isnan(raster.heights(Window(40, 5, 10, 20))).all()
        if has_mask:
            raster.mark_raster(mask, "mask")
        else:
            raster.mark_nodata()
            is_filled |= (values == VOID) | (values == 0)
        raster.fill(raster.whole, np.full(values.shape, 7.0))
        write_filled(tmp_path / "out.tif", raster)
    filled = gdal.Open(str(tmp_path / "out.tif")).ReadAsArray()
    assert filled.dtype == np.int16
    np.testing.assert_array_equal(filled, np.where(is_filled, 70, values))
