# SPDX-License-Identifier: GPL-3.0-or-later
"""Rasters with voids: what is marked, and what is known around."""

from __future__ import annotations

import math
from contextlib import closing

import numpy as np
import pytest
from geogan.errors import Cancelled, GeoGanError
from geogan.rasters.filling.surroundings import rim_of, surroundings_of
from geogan.rasters.filling.voids import VoidRaster
from geogan.rasters.grid import Window
from geogan.rasters.reading import sampling
from geogan.rasters.reading.masking import undeclared_nodata
from geogan.rasters.reading.source import describe_source
from geogan.test.harness.processes import open_files_in
from geogan.test.unit.holed import UPRIGHT, VOID, hills, with_voids
from osgeo import gdal, ogr

DEGREES = (12.0, 1 / 1200, 0, 46.0, 0, -1 / 1200)
ROTATED = (500_000.0, 80.0, 30.0, 4_000_000.0, 30.0, -80.0)


def marked(raster):
    return raster.voids(raster.whole)


def test_nodata_is_marked_and_the_tiles_hold_all_of_it(void_raster):
    raster = void_raster()
    raster.mark_nodata()
    assert raster.marked_px == 151
    np.testing.assert_array_equal(marked(raster), with_voids() == VOID)
    assert list(raster.tiles(32)) == [Window(5, 5, 1, 1), Window(20, 40, 10, 15)]


def test_nodata_that_was_not_declared_and_nan_are_marked_too(void_raster):
    raster = void_raster(with_voids(hills(dtype=np.float32), np.nan), nodata=None)
    raster.mark_nodata()
    assert raster.marked_px == 151
    raster = void_raster(nodata=None)
    raster.mark_nodata()
    assert raster.marked_px == 151


@pytest.mark.parametrize("dtype", [np.int16, np.float32])
def test_nodata_that_was_not_declared_is_found_where_no_sample_meets_it(
    make_raster, tmp_path, monkeypatch, dtype
):
    monkeypatch.setattr(sampling, "SAMPLE_PX", 1024)
    monkeypatch.setattr(sampling, "SAMPLE_WINDOW_PX", 16)
    values, said = hills(300, 300, dtype), []
    values[101:103, 150:159] = -9999
    layer = describe_source(make_raster("holes", values, "EPSG:32633", UPRIGHT, scale=0.5), "holes")
    assert undeclared_nodata(layer) == []
    with closing(VoidRaster(layer, tmp_path, log=lambda text, **v: said.append(text.format(**v)))) as raster:
        raster.mark_nodata()
        np.testing.assert_array_equal(marked(raster), values == -9999)
    assert len(said) == 1
    assert "holes has pixels of -9999, far from all its other values" in said[0]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_what_is_infinite_is_a_void_and_no_height_of_a_rim(void_raster, dtype):
    values = with_voids(hills(dtype=dtype))
    values[19, 45], values[40, 8] = np.inf, -np.inf
    raster = void_raster(values)
    raster.mark_nodata()
    assert raster.marked_px == 151 + 2
    known = surroundings_of(raster, rim_of(raster, Window(19, 40, 11, 15)), 90.0, 4).known
    assert 700 < np.nanmin(known) < np.nanmax(known) < 1200


@pytest.mark.parametrize("crs", ["EPSG:32633", ""], ids=["its CRS", "without a CRS, so in the layer's"])
def test_a_mask_marks_what_it_covers_and_leaves_other_voids(void_raster, make_raster, crs):
    mask = np.zeros((60, 70), np.float32)
    mask[2:4, 3:9] = 0.25
    raster = void_raster()
    raster.mark_raster(make_raster("mask", mask, crs, UPRIGHT), "mask")
    np.testing.assert_array_equal(marked(raster), mask > 0)
    assert np.isnan(raster.heights(raster.whole)).sum() == 151 + 12


def test_the_first_band_of_a_mask_counts_where_its_alpha_band_shows_it(void_raster, make_raster):
    bands = np.full((4, 60, 70), 7, np.uint8)
    bands[3] = 0
    bands[3, 10:20, 30:50] = 255
    raster = void_raster()
    raster.mark_raster(make_raster("mask", bands, "EPSG:32633", UPRIGHT, alpha=True), "mask")
    np.testing.assert_array_equal(marked(raster), bands[3] > 0)


def test_a_mask_of_another_crs_and_other_pixels_marks_what_lies_under_it(void_raster, make_raster, tmp_path):
    mask = np.zeros((60, 70), np.uint8)
    mask[10:40, 20:50] = 1
    there = str(tmp_path / "mask there.tif")
    gdal.Warp(there, make_raster("mask", mask, "EPSG:32633", UPRIGHT), dstSRS="EPSG:4326")
    raster = void_raster()
    raster.mark_raster(there, "mask")
    assert (marked(raster) != (mask > 0)).sum() < 70, "but for its rim"


@pytest.mark.parametrize(
    ("geotransform", "crs"), [(UPRIGHT, "EPSG:32633"), (ROTATED, "EPSG:32633"), (DEGREES, "EPSG:4326")]
)
def test_polygons_mark_the_pixels_whose_centres_they_hold(void_raster, geotransform, crs):
    x0, a, b, y0, d, e = geotransform
    corners = [
        (x0 + col * a + row * b, y0 + col * d + row * e)
        for row, col in ((9.8, 4.8), (9.8, 12.2), (15.2, 12.2), (15.2, 4.8))
    ]
    ring = ", ".join(f"{x!r} {y!r}" for x, y in [*corners, corners[0]])
    raster = void_raster(geotransform=geotransform, crs=crs)
    raster.mark_polygons([bytes(ogr.CreateGeometryFromWkt(f"POLYGON (({ring}))").ExportToWkb())])
    expected = np.zeros((60, 70), bool)
    expected[10:15, 5:12] = True
    np.testing.assert_array_equal(marked(raster), expected)


def test_a_raster_of_voids_only_is_refused(void_raster):
    raster = void_raster(np.full((9, 9), VOID, np.int16))
    raster.mark_nodata()
    with pytest.raises(GeoGanError, match="holes has no heights outside the voids"):
        raster.check_some_known()


def test_a_band_that_is_not_there_is_refused_and_another_one_is_read(void_raster):
    both = np.stack([np.zeros((60, 70), np.int16), with_voids()])
    raster = void_raster(both, band=2)
    raster.mark_nodata()
    assert raster.marked_px == 151
    with pytest.raises(GeoGanError, match="holes has no band 3: it has 2"):
        void_raster(both, band=3)


@pytest.mark.parametrize("band", [1, 2])
def test_what_an_alpha_band_hides_is_a_void_of_every_band(void_raster, band):
    is_void = with_voids() == VOID
    alpha = np.where(is_void, 0, 65535)
    bands = np.stack([hills(), hills() + 7, hills(), alpha]).astype(np.uint16)  # GDAL sees no other alpha
    raster = void_raster(bands, nodata=None, band=band, alpha=True)
    raster.mark_nodata()
    assert raster.has_mask
    np.testing.assert_array_equal(marked(raster), is_void)


def test_a_cancel_is_heard_while_the_raster_is_copied_and_while_it_is_marked(make_raster, tmp_path):
    source = describe_source(make_raster("holes", with_voids(), "EPSG:32633", UPRIGHT, nodata=VOID), "holes")
    with pytest.raises(Cancelled):
        VoidRaster(source, tmp_path, lambda _: False)
    answers = [True]
    raster = VoidRaster(source, tmp_path, lambda _: answers[0])
    answers[0] = False
    with pytest.raises(Cancelled):
        raster.mark_nodata()


def test_wherever_it_is_cancelled_no_file_stays_open_though_the_traceback_lives(make_raster, tmp_path):
    """Windows deletes no file that is open, and so no temporary folder that holds one."""
    values = with_voids(hills(dtype=np.float32))
    source = describe_source(make_raster("holes", values, "EPSG:32633", UPRIGHT, nodata=VOID), "holes")
    mask = make_raster("mask", np.ones((60, 70), np.uint8), "EPSG:32633", UPRIGHT)

    def marked_until(asked: int) -> bool:
        """Return whether it was cancelled, by the answer of that number."""
        answers = iter([True] * asked)
        try:
            with closing(VoidRaster(source, tmp_path, lambda _: next(answers, False))) as raster:
                raster.mark_raster(mask, "mask")
        except Cancelled:  # its traceback lives within
            assert open_files_in(tmp_path) == [], asked
            return True
        return False

    cancelled = [asked for asked in range(50) if marked_until(asked)]
    assert cancelled == list(range(len(cancelled)))
    assert 2 < len(cancelled) < 50


def test_a_void_is_known_once_it_is_filled(void_raster):
    raster = void_raster()
    raster.mark_nodata()
    raster.fill(Window(20, 40, 10, 15), np.full((10, 15), 7.0))
    heights = raster.heights(raster.whole)
    assert (heights[20:30, 40:55] == 7.0).all()
    assert math.isnan(heights[5, 5])
