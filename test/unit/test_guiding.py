# SPDX-License-Identifier: GPL-3.0-or-later
"""Guides of any size and CRS, read where an extent needs them."""

from __future__ import annotations

import numpy as np
import pytest
from geogan.errors import Cancelled, GeoGanError
from geogan.rasters.crs import read_crs
from geogan.rasters.grid import Lattice, Window
from geogan.rasters.reading.guiding import HEIGHTS, pixel_size_m, read_guide
from geogan.rasters.reading.source import describe_source
from osgeo import gdal, osr

UTM_33 = "EPSG:32633"
CELLS = Lattice(1440.0)
EXTENT = (500_000.0, 5_500_000.0, 560_000.0, 5_540_000.0)  # 15 to 16 degrees east, 49.6 to 50 north
IN_DEGREES = (12.0, 0.01, 0, 52.0, 0, -0.01)  # around it


def _rough(height, width):
    return np.random.default_rng(4).normal(800.0, 100.0, (height, width)).astype(np.float32)


@pytest.fixture
def source(make_raster):
    def source(values, crs="EPSG:4326", geotransform=IN_DEGREES, **options):
        return describe_source(make_raster("land", values, crs, geotransform, **options), "land")

    return source


def _part(window, values, of):
    return values[of.row - window.row :, of.col - window.col :][: of.height, : of.width]


@pytest.mark.parametrize(
    ("crs", "geotransform", "rim"),
    [
        ("EPSG:4326", IN_DEGREES, 370),
        ("EPSG:4326", (14.5, 0.002, 0, 50.4, 0, -0.002), 600),
        ("EPSG:32632", (700_000.0, 900.0, 0, 5_800_000.0, 0, -900.0), 315),
        ("EPSG:32632", (880_000.0, 300.0, 30.0, 5_640_000.0, 20.0, -300.0), 300),
        (UTM_33, (300_123.0, 1000.0, 0, 5_800_000.0, 0, -1000.0), 250),
    ],
    ids=["degrees", "finer degrees", "another zone", "another zone, finer, turned", "the same zone"],
)
def test_extents_that_overlap_find_the_same_guide_to_the_last_bit(source, crs, geotransform, rim):
    values = _rough(700, 800)
    values[:, rim:] = np.nan  # so near that it is seen
    guide = source(values, crs, geotransform)
    xmin, ymin, _, ymax = EXTENT
    one, other = (
        (xmin, ymin, xmin + 31_003.0, ymax),
        (xmin + 20_011.0, ymin - 30_000.0, xmin + 31_003.0, ymin),
    )

    guides = [read_guide(guide, UTM_33, CELLS, bounds) for bounds in (one, other)]

    seen_by_one, seen_by_other = (CELLS.window_of(*each).widened(HEIGHTS.sight) for each in (one, other))
    first, second = (_part(*each, seen_by_one.intersection(seen_by_other)) for each in guides)
    assert first.std() > 10.0
    np.testing.assert_array_equal(first, second)


def test_a_sea_that_is_painted_as_0_below_mountains_guides_as_0(source):
    values = np.full((80, 80), 0, np.int16)
    values[:, 40:] = np.random.default_rng(1).choice([800, 1000], (80, 40))
    logged = []
    guide = source(values, UTM_33, (450_000.0, 1440.0, 0, 5_580_000.0, 0, -1440.0))

    _, heights = read_guide(guide, UTM_33, CELLS, EXTENT, lambda *said, **values: logged.append(said))

    assert (heights == 0.0).mean() > 0.3
    assert not logged


def test_what_counts_as_no_data_without_being_declared_is_logged(source):
    values = _rough(200, 200)
    values[:90] = -32768.0
    logged = []
    guide = source(values, UTM_33, (450_000.0, 1000.0, 0, 5_640_000.0, 0, -1000.0))

    _, heights = read_guide(guide, UTM_33, CELLS, EXTENT, lambda _, **said: logged.append(said))

    assert logged == [{"layer": "land", "values": "-32768"}]
    assert heights.min() > 0.0


def test_a_void_is_filled_by_what_lies_near_though_one_extent_reads_land_beyond_it(source):
    values = _rough(300, 150)
    values[180:260] = np.nan
    guide = source(values, UTM_33, (450_000.0, 1000.0, 0, 5_600_000.0, 0, -1000.0))
    one, other = (
        (480_000.0, 5_440_000.0, 520_000.0, 5_480_000.0),
        (500_000.0, 5_430_000.0, 560_000.0, 5_480_000.0),
    )

    guides = [read_guide(guide, UTM_33, CELLS, bounds) for bounds in (one, other)]

    assert guides[0][0].row_stop < guides[1][0].row_stop
    seen_by_one, seen_by_other = (CELLS.window_of(*each).widened(HEIGHTS.sight) for each in (one, other))
    first, second = (_part(*each, seen_by_one.intersection(seen_by_other)) for each in guides)
    np.testing.assert_array_equal(first, second)


def test_a_guide_as_wide_as_the_world_has_its_heights_in_their_place(source):
    lons, lats = np.meshgrid(np.arange(-179.75, 180.0, 0.5), np.arange(89.75, -90.0, -0.5))
    world = source((10.0 * lats + lons).astype(np.float32), geotransform=(-180, 0.5, 0, 90, 0, -0.5))

    window, values = read_guide(world, UTM_33, CELLS, EXTENT)

    wanted = CELLS.window_of(*EXTENT)
    left, top = CELLS.bounds(wanted)[0], CELLS.bounds(wanted)[3]
    x, y = np.meshgrid(
        left + CELLS.pixel_size * (np.arange(wanted.width) + 0.5),
        top - CELLS.pixel_size * (np.arange(wanted.height) + 0.5),
    )
    there = osr.CoordinateTransformation(read_crs(UTM_33), read_crs("EPSG:4326"))
    lon, lat, _ = np.transpose(there.TransformPoints(np.stack([x.ravel(), y.ravel()], -1)))
    np.testing.assert_allclose(_part(window, values, wanted).ravel(), 10.0 * lat + lon, atol=0.02)


def test_of_a_guide_of_any_size_only_what_the_extent_needs_is_read(make_raster, tmp_path):
    small = make_raster("small", _rough(300, 400), UTM_33, (0.0, 4000.0, 0, 6_000_000.0, 0, -4000.0))
    large = str(tmp_path / "large.vrt")
    gdal.Translate(large, small, width=40_000, height=30_000)  # 1 200 million pixels of 40 m

    window, values = read_guide(describe_source(large, "large"), UTM_33, Lattice(180.0), EXTENT)

    needed = Lattice(180.0).window_of(*EXTENT).widened(HEIGHTS.sight)
    assert window.intersection(needed) == needed
    assert values.shape == (window.height, window.width)
    assert np.isfinite(values).all()


def test_an_extent_that_the_guide_just_covers_is_covered(source):
    bounds = (480_050.0, 5_500_010.0, 562_050.0, 5_570_010.0)
    guide = source(_rough(70, 82), UTM_33, (bounds[0], 1000.0, 0, bounds[3], 0, -1000.0))
    assert np.isfinite(read_guide(guide, UTM_33, CELLS, bounds)[1]).all()


@pytest.mark.parametrize(("row", "col"), [(0, 0), (35, 40)])
@pytest.mark.parametrize("void", [np.nan, np.inf, -np.inf])
def test_a_guide_with_a_void_in_the_extent_is_refused_and_elsewhere_it_is_filled(source, void, row, col):
    values = _rough(70, 82)
    values[row : row + 4, col : col + 4] = void
    guide = source(values, UTM_33, (480_000.0, 1000.0, 0, 5_570_000.0, 0, -1000.0))
    beside = (480_000.0, 5_500_000.0, 510_000.0, 5_560_000.0)
    assert np.isfinite(read_guide(guide, UTM_33, CELLS, beside)[1]).all()
    with pytest.raises(GeoGanError, match="The guide land has no data in a part of the extent"):
        read_guide(guide, UTM_33, CELLS, (480_000.0, 5_500_000.0, 562_000.0, 5_570_000.0))


def test_too_many_cells_are_refused_before_any_is_read(source):
    with pytest.raises(GeoGanError, match=r"too many cells of the guide land: \d+ x \d+ of 1 map units"):
        read_guide(source(_rough(9, 9)), UTM_33, Lattice(1.0), EXTENT)
    with pytest.raises(GeoGanError, match=r"too many cells of the guide land"):
        read_guide(source(_rough(9, 9)), UTM_33, Lattice(1e-4), EXTENT)  # 10^17 of them


def test_reading_can_be_cancelled(source):
    with pytest.raises(Cancelled):
        read_guide(source(_rough(400, 500)), UTM_33, CELLS, EXTENT, progress=lambda _: False)


@pytest.mark.parametrize(
    ("crs", "geotransform", "size_m"),
    [
        ("EPSG:4326", (-180, 0.1, 0, 90, 0, -0.1), 11_100.0),  # middle on the equator
        ("EPSG:4326", (10, 0.001, 0, 60.005, 0, -0.001), 78.7),  # 55.7 m by 111 m
        ("EPSG:3857", (1_000_000, 360, 0, 8_399_738 + 1800, 0, -360), 180.0),  # at 60 degrees
        (UTM_33, (500_000, 360, 0, 5_500_000, 0, -360), 360.0),
        ("EPSG:32632", (500_000, 216, 288, 5_500_000, 288, -216), 360.0),  # turned
        ("EPSG:3031", (-2500, 500, 0, 2500, 0, -500), 514.0),  # middle on the pole; true at 71 degrees south
        ("EPSG:4326", (179.995, 0.001, 0, 60.005, 0, -0.001), 78.7),  # on the antimeridian
    ],
)
def test_pixels_are_as_wide_as_they_are_on_the_ground_in_the_layers_middle(source, crs, geotransform, size_m):
    width, height = (3600, 1800) if size_m > 10_000 else (10, 10)
    layer = source(np.zeros((height, width), np.uint8), crs, geotransform)
    assert pixel_size_m(layer, UTM_33) == pytest.approx(size_m, rel=0.01)


def test_in_the_layers_own_crs_pixels_are_as_wide_as_there(source):
    layer = source(np.zeros((10, 10), np.uint8), "EPSG:3857", (1_000_000, 360, 0, 8_400_000, 0, -360))
    assert pixel_size_m(layer, "EPSG:3857") == 360.0


def test_the_window_of_a_guide_is_made_of_blocks_that_lie_fixed_in_the_world(source):
    guide = source(_rough(700, 800))
    for bounds in (EXTENT, tuple(each + 777.0 for each in EXTENT)):
        window, _ = read_guide(guide, UTM_33, CELLS, bounds)
        assert isinstance(window, Window)
        assert [edge % 128 for edge in (window.row, window.col, window.height, window.width)] == [0] * 4
