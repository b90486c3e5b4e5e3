# SPDX-License-Identifier: GPL-3.0-or-later
"""On which cells a layer is read that the land of a seed follows."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from geogan.algorithms.bundled_model import model_path
from geogan.algorithms.guide_layer import GuideLayer, origins_px
from geogan.errors import GeoGanError
from geogan.models.latent import origin_of
from geogan.models.model_card import Condition
from geogan.models.model_file import read_card
from geogan.rasters.grid import Lattice
from geogan.rasters.reading.guiding import HEIGHTS
from geogan.rasters.reading.source import describe_source
from hypothesis import given, settings
from hypothesis import strategies as st
from osgeo import gdal, osr

P, FACTOR, LARGEST = 30.0, 4, 64
SIDE = 1200  # pixels: the layer is as fine as the land
BOUNDS = (500 * P, -700 * P, 560 * P, -640 * P)


@pytest.fixture(scope="module")
def heights():
    rows, cols = np.mgrid[0:SIDE, 0:SIDE]
    waves = 50.0 * np.sin(rows / 20) * np.cos(cols / 15)
    return (waves + np.random.default_rng(2).normal(size=(SIDE, SIDE))).astype(np.float32)


def _layer_of(heights, folder, geotransform=(0.0, P, 0.0, 0.0, 0.0, -P)):
    path = str(folder / "heights.tif")
    crs = osr.SpatialReference()
    crs.ImportFromEPSG(32632)
    raster = gdal.GetDriverByName("GTiff").Create(path, *heights.shape[::-1], 1, gdal.GDT_Float32)
    raster.SetGeoTransform(geotransform)
    raster.SetSpatialRef(crs)
    raster.GetRasterBand(1).WriteArray(heights)
    del raster
    source = describe_source(path, "heights")
    return GuideLayer(source, FACTOR, Lattice(P), crs.ExportToWkt(), BOUNDS, LARGEST)


@pytest.fixture(scope="module")
def layer(tmp_path_factory, heights):
    return _layer_of(heights, tmp_path_factory.mktemp("guide"))


@pytest.mark.parametrize("seed", [0, 1, 7, -3])
def test_cells_hold_the_means_of_the_pixels_that_they_cover_on_the_lattice_of_the_seed(layer, heights, seed):
    guide = layer.of(seed)
    down, right = origin_of(seed, LARGEST)
    row, col = 200, 160  # a cell counted from where the cells of the world begin
    first_row, first_col = FACTOR * row - down, FACTOR * col - right
    pixels = heights[first_row : first_row + FACTOR, first_col : first_col + FACTOR]
    found = guide.values[row - guide.window.row, col - guide.window.col]
    assert found == pytest.approx(pixels.mean(), abs=1e-3)
    assert guide.is_free


def test_seeds_have_their_cells_in_other_places_and_one_seed_always_in_the_same(layer):
    assert layer.cells(1) != layer.cells(2)
    first, again = layer.of(1), layer.of(1)
    np.testing.assert_array_equal(first.values, again.values)
    assert not np.array_equal(first.values, layer.of(2).values)


def test_where_cells_must_not_move_all_seeds_have_the_same_guide(layer):
    bound = replace(layer, origins_px=1)
    assert bound.cells(1) == bound.cells(2) == Lattice(P * FACTOR)
    assert not bound.of(1).is_free


def test_a_void_that_only_the_cells_of_another_seed_lose_a_cell_to_is_filled(tmp_path, heights):
    holed = heights.copy()
    holed[670:675, 530:535] = np.nan  # a cell of 4 x 4 pixels lies within, or does not
    layer = _layer_of(holed, tmp_path)

    def is_refused(seed):
        try:
            layer.of(seed)
        except GeoGanError as error:
            return "no data in a part of the extent" in str(error)
        return False

    refused = [seed for seed in range(12) if is_refused(seed)]
    assert 0 < len(refused) < 12
    assert all(np.isfinite(layer.of_another(seed).values).all() for seed in refused)


_EXTENT = st.tuples(*[st.floats(-3000.0, 3000.0)] * 2, *[st.floats(1.0, 4000.0)] * 2)  # x, y, width, height


@settings(max_examples=5, deadline=None, derandomize=True)
@given(
    st.integers(-(2**31), 2**31 - 1),
    st.tuples(st.floats(-999.0, 999.0), st.floats(-999.0, 999.0)),
    st.floats(40.0, 400.0),
    st.floats(0.0, 2.0 * np.pi),
    st.lists(_EXTENT, min_size=2, max_size=2),
)
def test_extents_that_overlap_follow_the_same_cells_to_the_last_bit(
    tmp_path_factory, heights, seed, middle, size, angle, extents
):
    """Whatever the seed, the place, size and turn of the layer's pixels, and how extents lie to the cells."""
    a, b, half = size * np.cos(angle), size * np.sin(angle), SIDE / 2
    geotransform = (middle[0] - half * (a + b), a, b, middle[1] - half * (b - a), b, -a)
    layer = _layer_of(heights, tmp_path_factory.mktemp("guide"), geotransform)
    bounds = [(x, y, x + width, y + height) for x, y, width, height in extents]

    guides = [replace(layer, bounds=each).of(seed) for each in bounds]

    seen = [layer.cells(seed).window_of(*each).widened(HEIGHTS.sight) for each in bounds]
    both = seen[0].intersection(seen[1])
    corners = [(both.row - guide.window.row, both.col - guide.window.col) for guide in guides]
    one, other = (
        guide.values[row : row + both.height, col : col + both.width]
        for guide, (row, col) in zip(guides, corners)
    )
    assert one.std() > 0.0
    np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize(
    ("variety", "own", "is_free"),
    [(None, [], True), (None, [0.5], True), (None, [0.0], False), (0.0, [1.0], False), (0.5, [0.0], True)],
)
def test_cells_are_free_where_seeds_differ_at_all(variety, own, is_free):
    card = replace(read_card(model_path("")), landscapes=["alps"], variety=own, refiners={})
    assert origins_px(card, "alps", variety) == (64 if is_free else 1)


def test_guiding_layers_hold_the_cells_where_theirs_are():
    card = replace(read_card(model_path("")), conditions=[Condition("rain", 1.0, 1.0)])
    assert origins_px(card, "mountains", None) == 1
