# SPDX-License-Identifier: GPL-3.0-or-later
"""Coarse layers that land follows."""

from __future__ import annotations

import numpy as np
import pytest
from geogan.errors import Cancelled, GeoGanError
from geogan.rasters.crs import read_crs
from geogan.rasters.fitted.fitting import covering, write_fitted
from geogan.rasters.grid import Lattice, Window
from geogan.rasters.reading import coarse as coarse_layers
from geogan.rasters.reading.coarse import (
    CoarseLayer,
    filled_within,
    guide_on,
    read_coarse,
    without_voids,
)
from geogan.rasters.reading.source import describe_source
from geogan.rasters.writing.profile import NODATA
from geogan.test.unit.coarse_layer import AT_AN_ODD_PLACE, hills, write_land
from hypothesis import given, settings
from hypothesis import strategies as st
from osgeo import gdal, osr


def test_a_layer_lies_on_the_lattice_of_its_own_pixels_exactly(coarse):
    layer = coarse()
    assert layer.cells.geotransform(layer.window) == pytest.approx(AT_AN_ODD_PLACE, abs=1e-9)
    assert 0.0 <= layer.cells.origin[0] < 360.0
    assert (layer.window.col, layer.window.row) == (1111, 13889)
    np.testing.assert_array_equal(layer.values, hills())


def test_a_part_of_a_layer_has_the_rows_and_columns_that_it_has_in_the_whole(coarse, make_raster):
    whole = coarse()
    x, size, _, y, _, _ = AT_AN_ODD_PLACE
    place = (x + 7 * size, size, 0, y - 4 * size, 0, -size)
    part, _ = read_coarse(describe_source(make_raster("part", hills()[4:, 7:], geotransform=place), "part"))
    assert part.cells.origin == pytest.approx(whole.cells.origin, abs=1e-6)
    assert (part.window.row - whole.window.row, part.window.col - whole.window.col) == (4, 7)


def test_a_layer_on_the_worlds_lattice_has_its_origin(coarse):
    assert coarse(geotransform=(-720.0, 360.0, 0, 1080.0, 0, -360.0)).cells == Lattice(360.0)


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"geotransform": (0, 300, 30, 0, 30, -300)}, "coarse has rotated or unequal pixels"),
        ({"geotransform": (0, 300, 0, 0, 0, -310)}, "coarse has rotated or unequal pixels"),
        ({"values": np.full((9, 9), -1.0, np.float32), "nodata": -1.0}, "coarse has no data"),
        (
            {"crs": "EPSG:4326", "geotransform": (-180, 12, 0, 60, 0, -6)},
            "360 degrees wide.* at most 90 degrees",
        ),
        (
            {"crs": "EPSG:4326", "geotransform": (0, 1, 0, 90.5, 0, -1)},
            "beyond a pole, from 70.5 to 90.5 degrees",
        ),
    ],
)
def test_what_cannot_be_followed_is_refused_with_a_sentence(coarse, options, sentence):
    with pytest.raises(GeoGanError, match=sentence):
        coarse(**options)


@pytest.mark.parametrize("not_a_height", [np.inf, -np.inf, np.nan])
def test_what_is_no_number_is_a_void_and_changes_nothing_around(coarse, tmp_path, not_a_height):
    values = hills()
    values[7, 11] = not_a_height
    layer = coarse(values)
    assert np.argwhere(~np.isfinite(layer.values)).tolist() == [[7, 11]]
    assert np.isnan(layer.values[7, 11])
    assert np.isfinite(guide_on(layer, Lattice(180.0), 2)[1]).all()

    write_land(tmp_path / "land.tif", layer, 90.0)
    write_fitted(tmp_path / "land.tif", tmp_path / "out.tif", layer, 4)

    fitted = gdal.Open(str(tmp_path / "out.tif")).ReadAsArray()
    is_void = np.kron(np.isnan(layer.values), np.ones((4, 4), bool))
    np.testing.assert_array_equal(fitted == NODATA, is_void)
    assert 600 < fitted[~is_void].min() < fitted[~is_void].max() < 1100


@pytest.mark.parametrize(("crs", "size"), [("EPSG:32633", 360.0), ("EPSG:4326", 0.004)])
def test_reading_can_be_cancelled_at_any_time(make_raster, crs, size):
    values = hills(300, 400)
    values[50:90, 60:120] = np.nan
    path = make_raster("land", values, crs, (12.0, size, 0, 50.0, 0, -size))

    def read(progress):
        _, metric = read_coarse(describe_source(path, "land"), progress=progress)
        guide_on(metric, Lattice(700.0), 2, progress)

    with pytest.raises(Cancelled):
        read_coarse(describe_source(path, "land"), progress=lambda _: False)
    told = []
    read(lambda fraction: told.append(fraction) or True)
    assert len(told) > 20
    for last in (1, len(told) // 3, 2 * len(told) // 3, len(told) - 1):
        heard = []
        with pytest.raises(Cancelled):
            read(lambda fraction: heard.append(fraction) or len(heard) < last)  # noqa: B023 - called at once


def test_a_layer_that_is_too_large_once_it_is_in_metres_is_refused(make_raster, monkeypatch):
    path = make_raster("north", hills(100, 200), "EPSG:4326", (0.0, 0.4, 0, 80.0, 0, -0.4))
    monkeypatch.setattr(coarse_layers, "LARGEST_PX", 2 * 100 * 200)
    with pytest.raises(GeoGanError, match=r"Layer north is too large: \d+ x \d+ pixels"):
        read_coarse(describe_source(path, "north"))


def test_a_layer_too_large_on_the_cells_that_the_model_follows_is_refused(coarse):
    layer = coarse()
    with pytest.raises(GeoGanError, match=r"would be \d+ x \d+ of the cells that the model follows"):
        guide_on(layer, Lattice(layer.cells.pixel_size / 2000), 2)


def test_what_a_void_becomes_depends_on_nothing_that_lies_farther_than_its_reach():
    values = np.random.default_rng(2).normal(500.0, 50.0, (90, 100)).astype(np.float32)
    values[20:60, 30:75] = np.nan
    whole = filled_within(12, values, "land")
    part = filled_within(12, values[:70, 25:].copy(), "land")
    np.testing.assert_array_equal(part[:58, 12:], whole[:58, 37:])
    assert np.isnan(whole[40, 52]), "nothing is known within 12 pixels"
    assert np.isfinite(whole[22, 32])


def test_filling_from_around_leaves_no_file_anywhere_while_it_lasts(tmp_path, monkeypatch):
    for variable in ("CPL_TMPDIR", "TMPDIR", "TEMP"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.chdir(tmp_path)
    values = np.full((300, 300), 5.0, np.float32)
    values[50:250, 50:250] = np.nan
    seen = []

    def look(_fraction):
        seen.append(list(tmp_path.iterdir()))
        return True

    filled_within(300, values, "land", look)
    assert seen
    assert not any(seen)


@pytest.mark.parametrize("north", [8.0, 62.0, -30.0])
def test_land_for_a_layer_in_degrees_covers_all_of_it(make_raster, north):
    """GDAL's own suggestion misses a side by as much as half a cell."""
    place = (-84.0, 1 / 60, 0, north, 0, -1 / 60)
    path = make_raster("degrees", hills(70, 80), "EPSG:4326", place)
    layer, metric = read_coarse(describe_source(path, "degrees"))
    lattice = Lattice(90.0)
    xmin, ymin, xmax, ymax = lattice.bounds(covering(layer, metric, lattice))
    there = osr.CoordinateTransformation(read_crs("EPSG:4326"), read_crs(metric.area.crs_wkt))
    rows, cols = np.meshgrid(np.linspace(0, 70, 15), np.linspace(0, 80, 15))
    degrees = np.stack([-84.0 + cols / 60, north - rows / 60], -1).reshape(-1, 2)
    x, y, _ = np.transpose(there.TransformPoints(degrees))
    assert min(x.min() - xmin, y.min() - ymin, xmax - x.max(), ymax - y.max()) > 350.0
    np.testing.assert_array_equal(layer.values, hills(70, 80))


@given(
    shape=st.tuples(st.integers(2, 40), st.integers(2, 40)).map(lambda sides: (30 * sides[0], 30 * sides[1])),
    seed=st.integers(0, 9),
)
@settings(max_examples=12, deadline=None)
def test_voids_of_any_size_are_filled_with_what_lies_around(shape, seed):
    random = np.random.default_rng(seed)
    rows, cols = np.mgrid[: shape[0], : shape[1]]
    values = (500.0 + 0.1 * rows + 0.2 * cols).astype(np.float32)
    known = random.random(2) * shape
    values[np.hypot(rows - known[0], cols - known[1]) > 0.2 * min(shape)] = np.nan
    values[int(known[0]), int(known[1])] = 500.0
    filled = without_voids(values, "land")
    is_known = np.isfinite(values)
    np.testing.assert_array_equal(filled[is_known], values[is_known])
    assert np.nanmin(values) - 1e-3 <= filled.min()
    assert filled.max() <= np.nanmax(values) + 1e-3


def test_a_layer_that_is_south_up_is_turned(coarse):
    x, size, _, y, _, _ = AT_AN_ODD_PLACE
    layer = coarse(hills()[::-1], (x, size, 0, y - 20 * size, 0, size))
    np.testing.assert_array_equal(layer.values, hills())
    assert layer.cells.geotransform(layer.window) == pytest.approx(AT_AN_ODD_PLACE, abs=1e-9)


def test_a_guide_on_the_layers_own_cells_is_the_layer_and_goes_on_as_it_comes_in(coarse):
    layer = coarse(np.add.outer(2.0 * np.arange(20), np.arange(30)).astype(np.float32))
    window, values = guide_on(layer, layer.cells, 5)
    assert window == Window(layer.window.row - 5, layer.window.col - 5, 30, 40)
    np.testing.assert_array_equal(values[5:-5, 5:-5], layer.values)
    np.testing.assert_allclose(np.diff(values, axis=0), 2.0, atol=1e-5)


def test_voids_of_a_guide_are_filled_from_around(coarse):
    values = hills()
    values[8:12, 10:15] = -9999
    _, guide = guide_on(coarse(values, nodata=-9999), coarse(values, nodata=-9999).cells, 0)
    assert np.isfinite(guide).all()
    assert 700 < guide[8:12, 10:15].min() < guide[8:12, 10:15].max() < 1000


@pytest.mark.parametrize("size", [100.0, 1440.0])
def test_a_guide_on_other_cells_covers_the_layer_with_the_same_heights(coarse, size):
    layer = coarse()
    window, values = guide_on(layer, Lattice(size), 2)
    xmin, _, _, ymax = layer.cells.bounds(layer.window)
    assert Lattice(size).bounds(window)[0] <= xmin - size
    assert Lattice(size).bounds(window)[3] >= ymax + size
    assert np.isfinite(values).all()
    assert values.mean() == pytest.approx(layer.values.mean(), rel=0.04)


def test_parts_of_a_layer_agree_beside_a_sea_wider_than_anything_that_networks_see():
    random = np.random.default_rng(4)
    whole = random.normal(300.0, 40.0, (40, 600)).astype(np.float32)
    whole[:, 250:440] = np.nan
    whole[5:30, 300:310] = 90.0  # an island, which only one of the parts knows
    cells, known = Lattice(360.0), {}
    for first, stop in ((0, 300), (120, 600)):
        part = CoarseLayer("part", whole[:, first:stop], cells, Window(0, first, 40, stop - first), None)
        window, values = guide_on(part, cells, 0)
        known[first] = values[:, 190 - window.col : 250 + 18 - window.col]
    np.testing.assert_array_equal(*known.values())
