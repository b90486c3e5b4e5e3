# SPDX-License-Identifier: GPL-3.0-or-later
"""Rasters with voids: what is marked, what is known around, and what the filled file holds."""

from __future__ import annotations

import math
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from geogan.errors import Cancelled, GeoGanError
from geogan.rasters import voids
from geogan.rasters.filling import rim_of, surroundings_of, tile_side, write_filled
from geogan.rasters.grid import Window
from geogan.rasters.source import describe_source
from geogan.rasters.voids import VoidRaster
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from osgeo import gdal, ogr

VOID = -32768
UPRIGHT = (500_030.0, 90.0, 0, 4_000_050.0, 0, -90.0)
DEGREES = (12.0, 1 / 1200, 0, 46.0, 0, -1 / 1200)
ROTATED = (500_000.0, 80.0, 30.0, 4_000_000.0, 30.0, -80.0)


def hills(height=60, width=70, dtype=np.int16):
    rows, cols = np.mgrid[0:height, 0:width]
    return np.rint(800 + 5 * rows + 60 * np.sin(cols / 3)).astype(dtype)


def with_voids(values=None, void=VOID):
    values = hills() if values is None else values
    values[20:30, 40:55] = void
    values[5, 5] = void
    return values


@pytest.fixture
def void_raster(make_raster, tmp_path):
    def void_raster(values=None, geotransform=UPRIGHT, crs="EPSG:32633", nodata=VOID, band=1, **options):
        values = with_voids() if values is None else values
        path = make_raster("holes", values, crs, geotransform, nodata=nodata, **options)
        folder = tmp_path / "files"
        folder.mkdir(exist_ok=True)
        return VoidRaster(describe_source(path, "holes", band), folder)

    return void_raster


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


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_what_is_infinite_is_a_void_and_no_height_of_a_rim(void_raster, dtype):
    values = with_voids(hills(dtype=dtype))
    values[19, 45], values[40, 8] = np.inf, -np.inf
    raster = void_raster(values)
    raster.mark_nodata()
    assert raster.marked_px == 151 + 2
    known = surroundings_of(raster, rim_of(raster, Window(19, 40, 11, 15)), 90.0, 4).known
    assert 700 < np.nanmin(known) < np.nanmax(known) < 1200


def test_a_mask_marks_what_it_covers_and_leaves_other_voids(void_raster, make_raster):
    mask = np.zeros((60, 70), np.float32)
    mask[2:4, 3:9] = 0.25
    raster = void_raster()
    raster.mark_raster(make_raster("mask", mask, "EPSG:32633", UPRIGHT), "mask")
    np.testing.assert_array_equal(marked(raster), mask > 0)
    assert np.isnan(raster.heights(raster.whole)).sum() == 151 + 12


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


@pytest.mark.parametrize(
    ("geotransform", "crs"),
    [(UPRIGHT, "EPSG:32633"), (ROTATED, "EPSG:32633"), (DEGREES, "EPSG:4326"), (UPRIGHT, "EPSG:2274")],
)
def test_the_surroundings_are_whole_cells_around_the_voids_with_the_heights_of_the_raster(
    void_raster, geotransform, crs
):
    raster = void_raster(geotransform=geotransform, crs=crs)
    raster.mark_nodata()
    around = surroundings_of(raster, Window(15, 35, 20, 25), 90.0, 16)
    assert [
        side % 16
        for side in (around.window.row, around.window.col, around.window.height, around.window.width)
    ] == [0] * 4
    assert around.window.contains(around.wanted)
    inside = np.isfinite(around.known)
    assert 700 < around.known[inside].min() < 900
    assert around.known.shape == (around.window.height, around.window.width)
    assert np.isnan(around.known).any()


def test_tiles_of_coarse_rasters_are_smaller_and_much_coarser_ones_are_refused(void_raster):
    source = void_raster().source
    assert [tile_side(source, size) for size in (1000.0, 90.0, 45.0, 22.5)] == [1024, 1024, 512, 256]
    with pytest.raises(GeoGanError, match="holes are 90 m wide, much more than the model's 20 m"):
        tile_side(source, 20.0)


def test_a_raster_of_the_models_pixels_is_not_resampled(void_raster):
    raster = void_raster()
    raster.mark_nodata()
    around = surroundings_of(raster, rim_of(raster, Window(20, 40, 10, 15)), 90.0, 16)
    top, left = -around.window.row, -around.window.col
    np.testing.assert_array_equal(
        around.known[top : top + 60, left : left + 70], raster.heights(raster.whole)
    )
    land = np.arange(around.wanted.height * around.wanted.width, dtype=np.float32)
    land = land.reshape(around.wanted.height, around.wanted.width)
    back = raster.warped(around.as_raster(land), Window(20, 40, 10, 15), "cubic")
    top, left = 20 - around.wanted.row, 40 - around.wanted.col
    np.testing.assert_allclose(back, land[top : top + 10, left : left + 15], rtol=1e-5)


def test_a_void_that_reaches_beyond_the_surroundings_has_heights_to_go_by(void_raster):
    wide = hills(900, 900, np.float32)
    wide[100:800, 100:800] = VOID
    raster = void_raster(wide)
    raster.mark_nodata()
    known = surroundings_of(raster, Window(400, 400, 20, 20), 90.0, 4).known
    assert np.isfinite(known[:4]).all(), "of the smooth surface"
    assert np.isnan(known[4:-4, 4:-4]).all()


def test_fine_pixels_around_voids_are_averaged_once_and_what_is_filled_counts_from_then_on(
    void_raster, monkeypatch
):
    fine = (UPRIGHT[0], 2.5, 0, UPRIGHT[3], 0, -2.5)
    values = hills(700, 810, np.float32)
    values[200:420, 300:600] = VOID

    def known_around(raster):
        return surroundings_of(raster, rim_of(raster, Window(250, 350, 64, 64)), 90.0, 2).known

    found = []
    for squares in (4, 1000):  # 1000: no pixel is large enough to be averaged beforehand
        monkeypatch.setattr(voids, "_SQUARES", squares)
        raster = void_raster(values, fine)
        raster.mark_nodata()
        before = known_around(raster)
        raster.fill(Window(200, 300, 110, 150), hills(700, 810)[200:310, 300:450] + 99.0)
        found.append((before, known_around(raster)))
    for from_means, from_pixels in zip(*found):
        is_known = np.isfinite(from_pixels)
        # Neighbours differ by 180 m.
        np.testing.assert_allclose(from_means[is_known], from_pixels[is_known], atol=20)
    before, after = found[0]
    assert np.isfinite(after).sum() > np.isfinite(before).sum()


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


def test_where_nothing_is_filled_no_tag_says_that_something_is(void_raster, tmp_path):
    write_filled(tmp_path / "out.tif", void_raster(), {"GEOGAN_SEED": 3})
    assert not any(key.startswith("GEOGAN") for key in gdal.Open(str(tmp_path / "out.tif")).GetMetadata())


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


def test_voids_that_only_a_mask_marks_stay_voids_where_they_are_not_filled(
    void_raster, make_raster, tmp_path
):
    values = hills()
    values[0, 0] = -32768  # known, so that another value must mark voids
    raster = void_raster(values, nodata=None, mask=np.where(with_voids() == VOID, 0, 255).astype(np.uint8))
    mask = np.zeros((60, 70), np.uint8)
    mask[20:30, 40:55] = 1
    raster.mark_raster(make_raster("mask", mask, "EPSG:32633", UPRIGHT), "mask")
    raster.fill(raster.whole, np.full((60, 70), 7.0))
    write_filled(tmp_path / "out.tif", raster)
    dataset = gdal.Open(str(tmp_path / "out.tif"))
    filled, is_known = dataset.ReadAsArray(), dataset.GetRasterBand(1).GetMaskBand().ReadAsArray() != 0
    is_filled = mask != 0
    np.testing.assert_array_equal(is_known, (with_voids() != VOID) | is_filled)
    assert (filled[is_filled] == 7).all()
    np.testing.assert_array_equal(filled[is_known & ~is_filled], values[is_known & ~is_filled])


def test_where_a_small_data_type_has_no_value_left_for_voids_a_sentence_says_so(void_raster, tmp_path):
    values = np.resize(np.arange(256, dtype=np.uint8), (60, 70))
    raster = void_raster(values, nodata=None, mask=np.where(with_voids() == VOID, 0, 255).astype(np.uint8))
    raster.mark_nodata()
    raster.fill(raster.whole, np.full((60, 70), 7.0))
    with pytest.raises(GeoGanError, match="No value is left to mark the voids of layer holes"):
        write_filled(tmp_path / "out.tif", raster)


def test_a_cancel_leaves_nothing_and_an_older_file_as_it_was(void_raster, tmp_path):
    raster = void_raster()
    raster.mark_nodata()
    raster.fill(raster.whole, hills())
    (tmp_path / "out.tif").write_text("older")
    with pytest.raises(Cancelled):
        write_filled(tmp_path / "out.tif", raster, progress=lambda fraction: False)
    assert (tmp_path / "out.tif").read_text() == "older"
    assert not list(tmp_path.glob("*.partial"))


def test_a_cancel_is_heard_while_the_raster_is_copied_and_while_it_is_marked(make_raster, tmp_path):
    source = describe_source(make_raster("holes", with_voids(), "EPSG:32633", UPRIGHT, nodata=VOID), "holes")
    with pytest.raises(Cancelled):
        VoidRaster(source, tmp_path, lambda _: False)
    answers = [True]
    raster = VoidRaster(source, tmp_path, lambda _: answers[0])
    answers[0] = False
    with pytest.raises(Cancelled):
        raster.mark_nodata()


def test_a_void_is_known_once_it_is_filled(void_raster):
    raster = void_raster()
    raster.mark_nodata()
    raster.fill(Window(20, 40, 10, 15), np.full((10, 15), 7.0))
    heights = raster.heights(raster.whole)
    assert (heights[20:30, 40:55] == 7.0).all()
    assert math.isnan(heights[5, 5])


MEASURED = """
import os, runpy, sys
from pathlib import Path

runpy.run_path(sys.argv[1])
import numpy as np
from geogan.rasters.filling import rim_of, surroundings_of, tile_side, write_filled
from geogan.rasters.gdal_guard import capped_block_cache
from geogan.rasters.source import describe_source
from geogan.rasters.voids import VoidRaster
from geogan.test.harness.processes import Process

process = Process(os.getpid())
source, before = describe_source(sys.argv[2], "wide"), process.peak_memory_mb
with capped_block_cache():
    raster = VoidRaster(source, Path(sys.argv[3]))
    raster.mark_nodata()
    for tile in raster.tiles(tile_side(source, 90.0)):
        surroundings_of(raster, rim_of(raster, tile), 90.0, 16)
        raster.fill(tile, np.zeros((tile.height, tile.width)))
    write_filled(Path(sys.argv[3]) / "out.tif", raster)
print(raster.marked_px, process.peak_memory_mb - before)
"""


def test_a_raster_is_filled_in_less_memory_than_it_would_take(tmp_path):
    side, path = 8000, tmp_path / "wide.tif"
    dataset = gdal.GetDriverByName("GTiff").Create(str(path), side, side, 1, gdal.GDT_Float32, ["TILED=YES"])
    dataset.SetProjection("EPSG:32633")
    dataset.SetGeoTransform((500_000, 1, 0, 4_000_000, 0, -1))
    dataset.GetRasterBand(1).SetNoDataValue(VOID)
    dataset.GetRasterBand(1).Fill(700.0)
    for corner in range(100, 5900, 450):
        dataset.GetRasterBand(1).WriteArray(np.full((60, 60), VOID, np.float32), corner, (7 * corner) % 5900)
    dataset = None
    conftest = Path(__file__).parents[1] / "conftest.py"
    command = [sys.executable, "-c", MEASURED, str(conftest), str(path), str(tmp_path)]
    printed = subprocess.run(command, capture_output=True, check=True, text=True).stdout
    marked, growth_mb = map(float, printed.split())
    assert marked == 13 * 60 * 60
    assert growth_mb < side * side * 4 / 2**20
