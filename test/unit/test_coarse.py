# SPDX-License-Identifier: GPL-3.0-or-later
"""Coarse layers that land follows, and the land fitted to them."""

from __future__ import annotations

import numpy as np
import pytest
from geogan.errors import Cancelled, GeoGanError
from geogan.rasters import coarse as coarse_layers
from geogan.rasters.cell_means import cell_means
from geogan.rasters.coarse import filled_within, guide_on, read_coarse, without_voids
from geogan.rasters.crs import read_crs
from geogan.rasters.fitting import _fitted, covering, write_fitted
from geogan.rasters.grid import Lattice, Window
from geogan.rasters.profile import NODATA
from geogan.rasters.resampling import method_of, onto, resample
from geogan.rasters.source import describe_source
from geogan.rasters.writer import TerrainWriter
from geogan.test.harness.processes import open_files_in
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from osgeo import gdal, osr

AT_AN_ODD_PLACE = (400_123.25, 360.0, 0, -5_000_050.5, 0, -360.0)


def _hills(height=20, width=30):
    rows, cols = np.mgrid[0:height, 0:width]
    return (800 + 5 * rows + 60 * np.sin(cols / 3)).astype(np.float32)


@pytest.fixture
def coarse(make_raster):
    def coarse(values=None, geotransform=AT_AN_ODD_PLACE, crs="EPSG:32633", **options):
        path = make_raster("coarse", _hills() if values is None else values, crs, geotransform, **options)
        return read_coarse(describe_source(path, "coarse"))[0]

    return coarse


def test_a_layer_lies_on_the_lattice_of_its_own_pixels_exactly(coarse):
    layer = coarse()
    assert layer.cells.geotransform(layer.window) == pytest.approx(AT_AN_ODD_PLACE, abs=1e-9)
    assert 0.0 <= layer.cells.origin[0] < 360.0
    assert (layer.window.col, layer.window.row) == (1111, 13889)
    np.testing.assert_array_equal(layer.values, _hills())


def test_a_part_of_a_layer_has_the_rows_and_columns_that_it_has_in_the_whole(coarse, make_raster):
    whole = coarse()
    x, size, _, y, _, _ = AT_AN_ODD_PLACE
    place = (x + 7 * size, size, 0, y - 4 * size, 0, -size)
    part, _ = read_coarse(describe_source(make_raster("part", _hills()[4:, 7:], geotransform=place), "part"))
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
    values = _hills()
    values[7, 11] = not_a_height
    layer = coarse(values)
    assert np.argwhere(~np.isfinite(layer.values)).tolist() == [[7, 11]]
    assert np.isnan(layer.values[7, 11])
    assert np.isfinite(guide_on(layer, Lattice(180.0), 2)[1]).all()

    _generated(tmp_path / "land.tif", layer, 90.0)
    write_fitted(tmp_path / "land.tif", tmp_path / "out.tif", layer, 4)

    fitted = gdal.Open(str(tmp_path / "out.tif")).ReadAsArray()
    is_void = np.kron(np.isnan(layer.values), np.ones((4, 4), bool))
    np.testing.assert_array_equal(fitted == NODATA, is_void)
    assert 600 < fitted[~is_void].min() < fitted[~is_void].max() < 1100


@pytest.mark.parametrize(("crs", "size"), [("EPSG:32633", 360.0), ("EPSG:4326", 0.004)])
def test_reading_can_be_cancelled_at_any_time(make_raster, crs, size):
    values = _hills(300, 400)
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
    path = make_raster("north", _hills(100, 200), "EPSG:4326", (0.0, 0.4, 0, 80.0, 0, -0.4))
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
    path = make_raster("degrees", _hills(70, 80), "EPSG:4326", place)
    layer, metric = read_coarse(describe_source(path, "degrees"))
    lattice = Lattice(90.0)
    xmin, ymin, xmax, ymax = lattice.bounds(covering(layer, metric, lattice))
    there = osr.CoordinateTransformation(read_crs("EPSG:4326"), read_crs(metric.area.crs_wkt))
    rows, cols = np.meshgrid(np.linspace(0, 70, 15), np.linspace(0, 80, 15))
    degrees = np.stack([-84.0 + cols / 60, north - rows / 60], -1).reshape(-1, 2)
    x, y, _ = np.transpose(there.TransformPoints(degrees))
    assert min(x.min() - xmin, y.min() - ymin, xmax - x.max(), ymax - y.max()) > 350.0
    np.testing.assert_array_equal(layer.values, _hills(70, 80))


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
    layer = coarse(_hills()[::-1], (x, size, 0, y - 20 * size, 0, size))
    np.testing.assert_array_equal(layer.values, _hills())
    assert layer.cells.geotransform(layer.window) == pytest.approx(AT_AN_ODD_PLACE, abs=1e-9)


def test_a_guide_on_the_layers_own_cells_is_the_layer_and_goes_on_as_it_comes_in(coarse):
    layer = coarse(np.add.outer(2.0 * np.arange(20), np.arange(30)).astype(np.float32))
    window, values = guide_on(layer, layer.cells, 5)
    assert window == Window(layer.window.row - 5, layer.window.col - 5, 30, 40)
    np.testing.assert_array_equal(values[5:-5, 5:-5], layer.values)
    np.testing.assert_allclose(np.diff(values, axis=0), 2.0, atol=1e-5)


def test_voids_of_a_guide_are_filled_from_around(coarse):
    values = _hills()
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


def _generated(path, layer, size):
    """Write rough land that covers the layer, of pixels of a size, as the worker would."""
    lattice = Lattice(size, layer.cells.origin)
    window = lattice.window_of(*layer.cells.bounds(layer.window))
    wide = Window(window.row - 4, window.col - 4, window.height + 8, window.width + 8)
    land = np.random.default_rng(1).normal(850.0, 20.0, (wide.height, wide.width)).astype(np.float32)
    with TerrainWriter(path, wide, lattice, "EPSG:32633") as writer:
        for piece in writer.pieces():
            top, left = piece.row - wide.row, piece.col - wide.col
            writer.write(piece.row, piece.col, land[top : top + piece.height, left : left + piece.width])
        writer.close()


@pytest.mark.parametrize(("size", "factor"), [(90.0, 4), (22.5, 16), (100.0, 4)])
def test_fitted_land_has_the_layers_extent_its_heights_and_its_voids(coarse, tmp_path, size, factor):
    values = _hills()
    values[3:6, 3:9] = -9999
    layer = coarse(values, nodata=-9999)
    _generated(tmp_path / "land.tif", layer, size)
    write_fitted(tmp_path / "land.tif", tmp_path / "out.tif", layer, factor, tags={"GEOGAN_SEED": "3"})
    dataset = gdal.Open(str(tmp_path / "out.tif"))
    x, cell, _, y, _, _ = AT_AN_ODD_PLACE
    assert dataset.GetGeoTransform() == pytest.approx((x, cell / factor, 0, y, 0, -cell / factor), abs=1e-9)
    fitted = dataset.ReadAsArray().astype(np.float64)
    assert fitted.shape == (20 * factor, 30 * factor)
    is_void = np.kron(np.isnan(layer.values), np.ones((factor, factor))) > 0
    np.testing.assert_array_equal(fitted == NODATA, is_void)
    means, known = cell_means(fitted, factor), np.isfinite(layer.values)
    np.testing.assert_allclose(means[known], layer.values[known], atol=1e-3)
    assert dataset.GetMetadataItem("GEOGAN_SEED") == "3"
    assert fitted[~is_void].std() > layer.values[known].std(), "the details are there"


def test_details_are_as_strong_as_asked_for_and_the_layers_heights_are_met_all_the_same(coarse, tmp_path):
    layer = coarse()
    _generated(tmp_path / "land.tif", layer, 90.0)
    details = []
    for strength in (1.0, 1.6):
        write_fitted(tmp_path / "land.tif", tmp_path / "out.tif", layer, 4, strength=strength)
        fitted = gdal.Open(str(tmp_path / "out.tif")).ReadAsArray().astype(np.float64)
        np.testing.assert_allclose(cell_means(fitted, 4), layer.values, atol=1e-3)
        details.append(fitted - np.kron(layer.values, np.ones((4, 4))))
    assert np.std(details[1]) == pytest.approx(1.6 * np.std(details[0]), rel=0.1)


def test_strong_details_are_the_same_whatever_piece_they_are_written_in(coarse, tmp_path):
    layer = coarse()
    _generated(tmp_path / "land.tif", layer, 90.0)
    cells = layer.window
    window = Window(cells.row * 4, cells.col * 4, cells.height * 4, cells.width * 4)
    land = onto(gdal.Open(str(tmp_path / "land.tif")), layer.cells.divided(4), window, None)
    whole = _fitted(land, layer, window, window, 4, 1.6)
    piece = Window(window.row + 18, window.col + 37, 30, 41)
    np.testing.assert_array_equal(_fitted(land, layer, window, piece, 4, 1.6), whole[18:48, 37:78])


@pytest.mark.parametrize("use", ["fitting", "resampling"])
def test_once_cancelled_it_keeps_no_file_open_though_the_traceback_lives(coarse, tmp_path, use):
    """Windows deletes no file that is open, and so no temporary folder that holds one."""
    layer, land = coarse(), tmp_path / "land.tif"
    _generated(land, layer, 90.0)
    how = (layer, 4) if use == "fitting" else (50.0, layer.cells.bounds(layer.window))
    write = write_fitted if use == "fitting" else resample
    with pytest.raises(Cancelled) as stopped:
        write(land, tmp_path / "out.tif", *how, progress=lambda _: False)
    assert stopped.tb is not None
    assert open_files_in(tmp_path) == []
    assert not (tmp_path / "out.tif").exists()


@pytest.mark.parametrize("shift", [0.0, 30.0, 45.0])
def test_land_whose_pixels_lie_between_the_layers_is_moved_to_its_place(coarse, tmp_path, shift):
    """A plane has the same height at the same place, whichever lattice of 90 m it was generated on."""
    layer = coarse()
    x, y = layer.cells.origin
    lattice = Lattice(90.0, (x + shift, y + shift))
    window = lattice.window_of(*layer.cells.bounds(layer.window)).widened(4)
    xmin, _, _, ymax = lattice.bounds(window)
    east = xmin + 90.0 * (np.arange(window.width) + 0.5)
    north = ymax - 90.0 * (np.arange(window.height) + 0.5)
    plane = np.add.outer(0.2 * (north + 5e6), 0.1 * (east - 4e5)).astype(np.float32)
    with TerrainWriter(tmp_path / "land.tif", window, lattice, "EPSG:32633") as writer:
        writer.write_all(
            lambda _band, piece: plane[piece.row - window.row :, piece.col - window.col :][
                : piece.height, : piece.width
            ]
        )
    dataset = gdal.Open(str(tmp_path / "land.tif"))
    target = layer.cells.divided(4)
    place = Window(4 * layer.window.row, 4 * layer.window.col, 80, 120)
    moved = onto(dataset, target, place).ReadAsArray()
    xmin, _, _, ymax = target.bounds(place)
    wanted = np.add.outer(
        0.2 * (ymax - 90.0 * (np.arange(80) + 0.5) + 5e6), 0.1 * (xmin + 90.0 * (np.arange(120) + 0.5) - 4e5)
    )
    np.testing.assert_allclose(moved, wanted, atol=0.05)
    assert method_of(dataset, target, place) == ("cubic" if shift else "near")


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    x=st.floats(-2e7, 2e7),
    y=st.floats(-2e7, 2e7),
    size=st.floats(10.0, 5000.0),
    sides=st.tuples(st.integers(5, 12), st.integers(5, 12)),
    factor=st.integers(2, 8),
)
def test_wherever_a_layer_lies_its_finer_land_has_its_extent_and_its_means(
    make_raster, tmp_path, x, y, size, sides, factor
):
    values = np.random.default_rng(factor).normal(900.0, 50.0, sides).astype(np.float32)
    path = make_raster("anywhere", values, geotransform=(x, size, 0, y, 0, -size))
    layer, _ = read_coarse(describe_source(path, "anywhere"))
    _generated(tmp_path / "land.tif", layer, layer.cells.pixel_size / factor)
    write_fitted(tmp_path / "land.tif", tmp_path / "out.tif", layer, factor)
    dataset = gdal.Open(str(tmp_path / "out.tif"))
    left, width, _, top, _, height = dataset.GetGeoTransform()
    assert (dataset.RasterYSize, dataset.RasterXSize) == (sides[0] * factor, sides[1] * factor)
    assert (left, top) == pytest.approx((x, y), abs=1e-5 * size)
    assert (width, height) == pytest.approx((size / factor, -size / factor), rel=1e-9)
    np.testing.assert_allclose(cell_means(dataset.ReadAsArray(), factor), values, atol=1e-3)
