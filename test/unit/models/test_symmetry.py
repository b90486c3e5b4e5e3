# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf
from geogan.models.terms.symmetry import GRAIN_STATISTICS, GRID_STATISTICS, grain, grid


def _noise(size=(16, 36, 36, 1)):
    return tf.random.stateless_normal(size, seed=[4, 2])


def _size(statistics):
    return float(tf.norm(statistics))


def _mean_grid(fields):
    return tf.reduce_mean(grid(fields, 4), 0)


@pytest.mark.parametrize("axis", [1, 2])
def test_land_that_bends_more_on_every_fourth_line_has_a_grid_along_either_axis(axis):
    lines = tf.reshape(tf.constant([1.0, 1.0, 1.3, 1.0] * 9), [1, -1, 1, 1] if axis == 1 else [1, 1, -1, 1])
    assert _size(_mean_grid(_noise() * lines)) > 1.8 * _size(_mean_grid(_noise()))


def test_land_that_is_raised_on_every_fourth_line_has_a_grid():
    raised = tf.reshape(tf.constant([0.0, 0.0, 0.3, 0.0] * 9), [1, -1, 1, 1])
    assert _size(_mean_grid(_noise() + raised)) > 1.8 * _size(_mean_grid(_noise()))


def test_blocks_of_two_are_a_grid_though_they_bend_alike_everywhere():
    blocks = tf.repeat(tf.repeat(_noise((16, 18, 18, 1)), 2, 1), 2, 2)
    assert _size(_mean_grid(blocks)) > 5.0 * _size(_mean_grid(_noise()))


def _seen_apart(spacing, fields):
    half = GRID_STATISTICS // 2 * 4 * 4
    found = _mean_grid(fields)
    return _size(found[:half] if spacing == 1 else found[half:])


def test_blocks_of_two_whose_pixels_say_nothing_of_them_are_a_grid():
    """So the layout of the fourteenth model hid its grid: pixels side by side bent alike everywhere."""
    rough = tf.repeat(tf.repeat(_noise((64, 18, 18, 1)), 2, 1), 2, 2)
    land = _noise((64, 36, 36, 1)) + 0.3 * rough
    assert _seen_apart(1, land) < 1.5 * _seen_apart(1, _noise((64, 36, 36, 1)))
    assert _seen_apart(2, land) > 2.0 * _seen_apart(2, _noise((64, 36, 36, 1)))


def test_land_that_bends_more_at_places_that_no_line_shows_has_a_grid():
    places = np.ones((4, 4), np.float32)
    places[::2, ::2] = places[1::2, 1::2] = 1.3
    places[::2, 1::2] = places[1::2, ::2] = 0.7
    pattern = tf.constant(np.tile(places, (9, 9))[None, :, :, None])
    many = _noise((64, 36, 36, 1))
    assert _size(_mean_grid(many * pattern)) > 1.8 * _size(_mean_grid(many))


def test_a_grid_on_plains_counts_as_much_as_one_in_mountains():
    lines = tf.reshape(tf.constant([1.0, 1.0, 1.3, 1.0] * 9), [1, -1, 1, 1])
    mountains, plains = 20.0 * _noise(), 0.2 * _noise()
    of_mountains = _mean_grid(tf.concat([mountains * lines, plains], 0))
    of_plains = _mean_grid(tf.concat([mountains, plains * lines], 0))
    assert _size(of_plains) == pytest.approx(_size(of_mountains), rel=0.05)


def test_a_grid_on_plains_shows_in_patches_that_are_mostly_mountains():
    smooth = tf.reshape(tf.repeat(tf.constant([1.0, 0.01]), [16, 20]), [1, 1, -1, 1])
    dots = np.zeros((4, 4), np.float32)
    dots[1, 1] = 0.02
    printed = tf.constant(np.tile(dots, (9, 9))[None, :, :, None])
    land = smooth * _noise((64, 36, 36, 1))
    assert _size(_mean_grid(land + printed)) > 3.0 * _size(_mean_grid(land))


def test_opposite_grids_on_plains_and_in_mountains_do_not_make_up_for_one_another():
    raised = tf.reshape(tf.constant([0.0, 0.0, 0.3, 0.0] * 9), [1, -1, 1, 1])
    mountains, plains = 20.0 * (_noise() + raised), 0.2 * (_noise() - raised)
    level = tf.concat([20.0 * _noise(), 0.2 * _noise()], 0)
    assert _size(_mean_grid(tf.concat([mountains, plains], 0))) > 2.0 * _size(_mean_grid(level))


def test_each_patch_has_a_grid_of_its_own_whatever_its_unit_and_level_land_has_none():
    found = grid(_noise(), 4)
    assert found.shape == (16, 4 * 4 * GRID_STATISTICS)
    np.testing.assert_allclose(grid(100.0 * _noise(), 4), found, atol=1e-3)
    np.testing.assert_allclose(grid(_noise()[:8], 4), found[:8], atol=0.2)
    assert _size(grid(tf.ones([1, 36, 36, 1]), 4)) == 0.0


def test_rough_land_without_a_direction_has_no_grain():
    assert _size(grain([_noise()])) < 0.03


@pytest.mark.parametrize(("down", "right"), [(1.0, 0.0), (0.0, 1.0), (0.7, 0.7), (0.7, -0.7)])
def test_ridges_that_all_run_one_way_are_a_grain_whatever_the_way(down, right):
    across = down * np.arange(36.0)[:, None] + right * np.arange(36.0)[None, :]
    ridges = tf.constant(np.sin(across / 3.0)[None, :, :, None], tf.float32)
    assert grain([ridges]).shape == (GRAIN_STATISTICS,)
    assert _size(grain([ridges])) == pytest.approx(1.0, abs=0.05)
    both_ways = tf.concat([ridges, tf.image.rot90(ridges)], 0)
    assert _size(grain([both_ways])) < 0.1
