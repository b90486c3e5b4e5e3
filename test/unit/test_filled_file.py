# SPDX-License-Identifier: GPL-3.0-or-later
"""The file of a raster whose voids were filled: what it holds, and what it takes to write it."""

from __future__ import annotations

import math
import subprocess
import sys
import warnings
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
from geogan.errors import Cancelled, GeoGanError
from geogan.rasters.filling import filled
from geogan.rasters.filling.filled import write_filled
from geogan.rasters.filling.voids import VoidRaster
from geogan.rasters.grid import Window
from geogan.rasters.reading.source import describe_source
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


def test_where_nothing_is_filled_no_tag_says_that_something_is(void_raster, tmp_path):
    write_filled(tmp_path / "out.tif", void_raster(), {"GEOGAN_SEED": 3})
    assert not any(key.startswith("GEOGAN") for key in gdal.Open(str(tmp_path / "out.tif")).GetMetadata())


class Fractions(list):
    """A `progress` that keeps what it is told, and never says stop."""

    def __call__(self, fraction: float) -> bool:
        self.append(fraction)
        return True


@pytest.mark.parametrize("nodata", [VOID, None])
def test_a_wide_raster_is_written_panel_by_panel_and_is_the_same_file(
    void_raster, tmp_path, monkeypatch, nodata
):
    values = hills(700, 1300)
    values[300:400, 400:700] = VOID
    written = {}
    for panel_px in (2**16, 512):
        monkeypatch.setattr(filled, "_PANEL_PX", panel_px)
        raster = void_raster(values, nodata=nodata)
        raster.mark_nodata()
        raster.fill(raster.whole, np.full(values.shape, 7.0))
        fractions = Fractions()
        write_filled(tmp_path / "out.tif", raster, progress=fractions)
        assert fractions == sorted(fractions)
        dataset = gdal.Open(str(tmp_path / "out.tif"))
        band = dataset.GetRasterBand(1)
        levels = [band, *map(band.GetOverview, range(band.GetOverviewCount()))]
        written[panel_px] = [level.ReadAsArray() for level in levels]
    assert len(written[512]) > 1
    for wide, narrow in zip(*written.values()):
        np.testing.assert_array_equal(wide, narrow)


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


def test_a_nodata_value_that_the_type_cannot_hold_is_no_height(void_raster, make_raster, tmp_path):
    """NumPy 2 refuses to turn it into the type, where NumPy 1 wraps it around."""
    mask = np.where(with_voids() == VOID, 0, 255).astype(np.uint8)
    raster = void_raster(np.full((60, 70), 100, np.uint8), nodata=-9999, mask=mask)
    filled = np.zeros((60, 70), bool)
    filled[20:30, 40:55] = True
    raster.mark_raster(make_raster("fill", filled.astype(np.uint8), "EPSG:32633", UPRIGHT), "fill")
    raster.fill(Window(20, 40, 10, 15), np.full((10, 15), 50.0))
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # where NumPy 1 warns
        write_filled(tmp_path / "out.tif", raster)
    dataset = gdal.Open(str(tmp_path / "out.tif"))
    written, nodata = dataset.ReadAsArray(), dataset.GetRasterBand(1).GetNoDataValue()
    assert (written[filled] == 50).all()
    assert written[5, 5] == nodata, "what is not to be filled stays a void"
    assert np.count_nonzero(written == nodata) == 1


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


def test_the_datum_of_the_heights_stays(void_raster, tmp_path):
    raster = void_raster(crs="EPSG:32633+5773")
    raster.mark_nodata()
    raster.fill(raster.whole, np.full((60, 70), 7.0))
    write_filled(tmp_path / "out.tif", raster)
    srs = gdal.Open(str(tmp_path / "out.tif")).GetSpatialRef()
    assert srs.IsCompound()
    assert srs.IsSame(gdal.Open(raster.source.path).GetSpatialRef())


def test_what_the_layer_says_of_itself_stays(make_raster, tmp_path):
    point = tmp_path / "point.tif"
    of_pixels = make_raster("land", with_voids(hills()), "EPSG:32633", UPRIGHT, nodata=VOID)
    gdal.Translate(str(point), of_pixels, options="-mo AREA_OR_POINT=Point -mo LANDSCAPE=alps")
    with closing(VoidRaster(describe_source(str(point), "land"), tmp_path)) as raster:
        raster.mark_nodata()
        raster.fill(raster.whole, np.full((60, 70), 7.0))
        write_filled(tmp_path / "out.tif", raster, {"GEOGAN_SEED": 3})

    filled = gdal.Open(str(tmp_path / "out.tif"))
    said = {key: filled.GetMetadataItem(key) for key in ("LANDSCAPE", "AREA_OR_POINT", "GEOGAN_SEED")}
    assert said == {"LANDSCAPE": "alps", "AREA_OR_POINT": "Point", "GEOGAN_SEED": "3"}
    assert filled.GetGeoTransform() == gdal.Open(str(point)).GetGeoTransform()


@pytest.mark.parametrize(("before", "after"), [("YES", "YES"), ("VOIDS", "VOIDS"), ("", "VOIDS")])
def test_land_that_was_all_made_up_is_so_still_when_its_voids_are_filled(
    make_raster, tmp_path, before, after
):
    path = make_raster("land", with_voids(), "EPSG:32633", UPRIGHT, nodata=VOID)
    gdal.Open(path, gdal.GA_Update).SetMetadataItem("GEOGAN_SYNTHETIC", before)
    with closing(VoidRaster(describe_source(path, "land"), tmp_path)) as raster:
        raster.mark_nodata()
        raster.fill(raster.whole, np.full((60, 70), 7.0))
        write_filled(tmp_path / "out.tif", raster, {"GEOGAN_SEED": 3})
    assert gdal.Open(str(tmp_path / "out.tif")).GetMetadataItem("GEOGAN_SYNTHETIC") == after


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


def masked_raster(void_raster, values, nodata=None):
    return void_raster(values, nodata=nodata, mask=np.where(with_voids() == VOID, 0, 255).astype(np.uint8))


def large_void_only(make_raster):
    """Return a mask of what is to be filled, which leaves out the void of one pixel."""
    mask = np.zeros((60, 70), np.uint8)
    mask[20:30, 40:55] = 1
    return make_raster("mask", mask, "EPSG:32633", UPRIGHT)


def written(raster, tmp_path):
    """Return what the file of a raster filled with 7 holds, and which of its pixels are known."""
    raster.fill(raster.whole, np.full((60, 70), 7.0))
    write_filled(tmp_path / "out.tif", raster)
    dataset = gdal.Open(str(tmp_path / "out.tif"))
    return dataset.ReadAsArray(), dataset.GetRasterBand(1).GetMaskBand().ReadAsArray() != 0


ALL_BYTES = np.resize(np.arange(256, dtype=np.uint8), (60, 70))


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


def test_a_cancel_leaves_nothing_and_an_older_file_as_it_was(void_raster, tmp_path):
    raster = void_raster()
    raster.mark_nodata()
    raster.fill(raster.whole, hills())
    (tmp_path / "out.tif").write_text("older")
    with pytest.raises(Cancelled):
        write_filled(tmp_path / "out.tif", raster, progress=lambda fraction: False)
    assert (tmp_path / "out.tif").read_text() == "older"
    assert not list(tmp_path.glob("*.partial"))


MEASURED = """
import os, runpy, sys
from pathlib import Path

runpy.run_path(sys.argv[1])
import numpy as np
from geogan.rasters.filling.filled import write_filled
from geogan.rasters.filling.surroundings import rim_of, surroundings_of, tile_side
from geogan.rasters.gdal_guard import capped_block_cache
from geogan.rasters.reading.source import describe_source
from geogan.rasters.filling.voids import VoidRaster
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
