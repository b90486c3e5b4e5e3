# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf
from geogan.models.networks import pyramid
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.ndimage import grey_erosion


def _plane(rows, cols, cell=1.0, first=0.0):
    """A tilted plane sampled at cell centres: value = 2 y + 3 x."""
    y = first + cell * (np.arange(rows) + 0.5)
    x = first + cell * (np.arange(cols) + 0.5)
    return tf.constant((2.0 * y[:, None] + 3.0 * x[None, :]).astype(np.float32)[None, :, :, None])


def test_refining_a_plane_gives_the_same_plane_at_half_the_cell_size():
    finer = pyramid.twice_finer(_plane(6, 5, cell=2.0))
    np.testing.assert_allclose(finer, _plane(10, 8, cell=1.0, first=1.0), atol=1e-5)


def test_averaging_a_plane_gives_the_same_plane_at_the_coarser_cell_size():
    np.testing.assert_allclose(pyramid.mean_pool(_plane(8, 16), 4), _plane(2, 4, cell=4.0), atol=1e-5)


@pytest.mark.parametrize("levels", [1, 2, 3])
def test_the_bands_and_the_low_pass_add_up_to_the_field(levels):
    field = tf.random.stateless_normal([2, 64, 32, 1], seed=[1, 2])
    rebuilt, *bands = pyramid.laplacian_bands(pyramid.pyramid(field, levels))
    assert rebuilt.shape == (2, 64 >> levels, 32 >> levels, 1)
    for band in bands:
        rebuilt = pyramid.twice_finer_padded(rebuilt) + band
    np.testing.assert_allclose(rebuilt, field, atol=1e-5)


def test_the_bands_of_a_plane_are_zero_inside():
    _, *bands = pyramid.laplacian_bands(pyramid.pyramid(_plane(64, 64), 3))
    for band in bands:
        np.testing.assert_allclose(pyramid.without_margin(band, 2), 0.0, atol=1e-4)


def test_local_deviation_is_the_field_less_its_mean_around():
    field = np.random.default_rng(1).normal(size=(1, 9, 8, 1)).astype(np.float32)
    found = pyramid.local_deviation(tf.constant(field), 5)
    assert found.shape == (1, 5, 4, 1)
    assert found[0, 2, 1, 0].numpy() == pytest.approx(
        field[0, 4, 3, 0] - field[0, 2:7, 1:6, 0].mean(), abs=1e-5
    )


def test_no_margin_is_the_field_itself():
    field = tf.zeros([1, 4, 4, 1])
    assert pyramid.without_margin(field, 0).shape == field.shape


def test_a_pit_is_as_deep_as_its_lowest_neighbour_is_higher_and_a_valley_is_none():
    land = np.full((1, 7, 9, 1), 50.0, np.float32)
    land[0, 3, 4, 0] = 20.0
    land[0, 4, 5, 0] = 30.0  # the outlet, over the corner
    land[0, :, 7, 0] = 10.0  # a valley to the rim
    land[0, 0, 2, 0] = 5.0  # at the rim, where water leaves
    depths = pyramid.pit_depths(tf.constant(land)).numpy()[0, :, :, 0]
    assert depths[3, 4] == 10.0
    assert np.count_nonzero(depths) == 1


def test_filling_a_pit_and_cutting_its_outlet_both_make_it_shallower():
    field = np.full((1, 5, 5, 1), 50.0, np.float32)
    field[0, 2, 2, 0], field[0, 2, 3, 0] = 20.0, 30.0
    land = tf.constant(field)
    with tf.GradientTape() as tape:
        tape.watch(land)
        depth = tf.reduce_sum(pyramid.pit_depths(land))
    gradient = tape.gradient(depth, land).numpy()[0, :, :, 0]
    assert gradient[2, 2] == -1.0  # the pit
    assert gradient[2, 3] == 1.0  # its outlet
    assert np.count_nonzero(gradient) == 2


def _filled(land):
    """Fill hollows: lower a flood from above until it lies on the land or on its lowest neighbour."""
    flood = np.full_like(land, land.max())
    flood[[0, -1]], flood[:, [0, -1]] = land[[0, -1]], land[:, [0, -1]]
    while True:
        lower = np.maximum(land, grey_erosion(flood, size=3, mode="nearest"))
        lower[[0, -1]], lower[:, [0, -1]] = land[[0, -1]], land[:, [0, -1]]
        if np.array_equal(lower, flood):
            return flood
        flood = lower


@settings(max_examples=30, deadline=None)
@given(arrays(np.int16, (32, 32), elements=st.integers(0, 60)))
def test_land_that_drains_has_no_hollow_at_any_scale(heights):
    drained = _filled(heights.astype(np.float32))
    for depths in pyramid.hollow_depths(tf.constant(drained[None, :, :, None]), 3):
        assert float(tf.reduce_max(depths)) == 0.0


@pytest.mark.parametrize(("width", "level"), [(1, 0), (4, 2), (8, 3)])
def test_a_closed_hollow_is_a_pit_of_its_depth_where_cells_are_as_wide(width, level):
    land = np.full((1, 64, 64, 1), 50.0, np.float32)
    land[0, 24 : 24 + width, 24 : 24 + width] = 20.0
    *_, coarsest = pyramid.hollow_depths(tf.constant(land), level)
    assert coarsest.shape == (1, 64 >> level, 64 >> level, 1)
    assert float(tf.reduce_max(coarsest)) == 30.0


def test_a_valley_narrower_than_the_cells_still_drains_a_basin():
    """The mean of its cells would dam it."""
    land = np.full((1, 64, 64, 1), 50.0, np.float32)
    land[0, 24:32, 24:32] = 20.0
    land[0, 28, 32:] = 10.0
    for depths in pyramid.hollow_depths(tf.constant(land), 4):
        assert float(tf.reduce_max(depths)) == 0.0


@settings(max_examples=30, deadline=None)
@given(arrays(np.int16, (16, 16), elements=st.integers(0, 60)))
def test_a_flood_fills_hollows_to_the_brim_and_nothing_else(heights):
    land = heights.astype(np.float32)
    np.testing.assert_array_equal(
        pyramid.filled(tf.constant(land[None, :, :, None]))[0, :, :, 0], _filled(land)
    )


def test_land_that_drains_holds_no_water_and_a_pit_holds_its_own():
    slope = np.add.outer(np.arange(64), np.arange(64)).astype(np.float32)
    assert float(tf.reduce_max(pyramid.water_depths(tf.constant(slope[None, :, :, None])))) == 0.0
    slope[20, 20] -= 10.0  # its lowest neighbour is 2 lower
    water = pyramid.water_depths(tf.constant(slope[None, :, :, None])).numpy()
    assert water[0, 20 * 64 + 20] == 8.0
    assert np.count_nonzero(water) == 1


def test_water_stands_in_a_valley_behind_a_dam_of_one_pixel():
    land = np.full((1, 64, 64, 1), 100.0, np.float32)
    land[0, 28:36, :, 0] = 10.0 + np.arange(64) / 2  # drains to column 0
    land[0, 28:36, 8] = 30.0
    water = pyramid.water_depths(tf.constant(land)).numpy().reshape(64, 64)
    np.testing.assert_allclose(water[30, 9:40], 30.0 - land[0, 30, 9:40, 0])
    assert np.count_nonzero(water) == 8 * 31


def test_cutting_the_lip_and_raising_the_bottom_both_lower_the_water():
    land = np.full((1, 16, 16, 1), 50.0, np.float32)
    land[0, 4:8, 4:8], land[0, 6, 8:] = 20.0, 30.0  # a basin, and the way out of it,
    land[0, 6, 12] = 40.0  # over a lip
    field = tf.constant(land)
    with tf.GradientTape() as tape:
        tape.watch(field)
        volume = tf.reduce_sum(pyramid.water_depths(field))
    gradient = tape.gradient(volume, field).numpy()[0, :, :, 0]
    assert volume.numpy() == 16 * 20.0 + 4 * 10.0
    np.testing.assert_array_equal(gradient[4:8, 4:8], -1.0)
    assert gradient[6, 12] == 20.0, "every cell under water feels the lip"


def test_the_smooth_refinement_of_a_sharpened_guide_keeps_its_cell_means():
    """White noise is the hardest of guides; on smoother ones less than half of the error is left."""
    guide = tf.random.stateless_normal([1, 40, 40, 1], seed=[1, 2])
    smooth = tf.nn.avg_pool2d(guide, 3, 1, "VALID")

    def error(field, sharp):
        base = pyramid.sharpened(field) if sharp else pyramid.without_margin(field, 2)
        finer = pyramid.twice_finer(pyramid.twice_finer(base))  # loses three quarters of a cell a side
        means = pyramid.mean_pool(pyramid.without_margin(finer, 1), 4)
        return float(tf.math.reduce_std(means - pyramid.without_margin(field, 3)))

    for field, better in ((guide, 1.5), (smooth, 2.5)):
        assert error(field, True) < error(field, False) / better


def test_sharpening_leaves_a_plane_as_it_is():
    np.testing.assert_allclose(
        pyramid.sharpened(_plane(9, 8)), _plane(9, 8)[:, 2:-2, 2:-2], rtol=1e-5, atol=1e-4
    )


def test_four_numbers_of_a_cell_become_its_pixels_row_by_row():
    phases = tf.random.stateless_normal([2, 5, 7, 4], [1, 2])
    field = pyramid.interleaved(phases).numpy()
    np.testing.assert_array_equal(field, tf.nn.depth_to_space(phases, 2))
    np.testing.assert_array_equal(field[1, 4:6, 6:8, 0].ravel(), phases[1, 2, 3])
