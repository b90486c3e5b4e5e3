# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf
from geogan.models.symmetry import GRAIN_STATISTICS, GRID_STATISTICS, grain, grid


def _noise(size=(16, 36, 36, 1)):
    return tf.random.stateless_normal(size, seed=[4, 2])


def _size(statistics):
    return float(tf.norm(statistics))


@pytest.mark.parametrize("axis", [1, 2])
def test_land_that_bends_more_on_every_fourth_line_has_a_grid_along_either_axis(axis):
    lines = tf.reshape(tf.constant([1.0, 1.0, 1.3, 1.0] * 9), [1, -1, 1, 1] if axis == 1 else [1, 1, -1, 1])
    assert _size(grid(_noise() * lines, 4)) > 1.8 * _size(grid(_noise(), 4))


def test_land_that_is_raised_on_every_fourth_line_has_a_grid():
    raised = tf.reshape(tf.constant([0.0, 0.0, 0.3, 0.0] * 9), [1, -1, 1, 1])
    assert _size(grid(_noise() + raised, 4)) > 1.8 * _size(grid(_noise(), 4))


def test_blocks_of_two_are_a_grid_though_they_bend_alike_everywhere():
    blocks = tf.repeat(tf.repeat(_noise((16, 18, 18, 1)), 2, 1), 2, 2)
    assert _size(grid(blocks, 4)) > 5.0 * _size(grid(_noise(), 4))


def test_land_that_bends_more_at_places_that_no_line_shows_has_a_grid():
    places = np.ones((4, 4), np.float32)
    places[::2, ::2] = places[1::2, 1::2] = 1.3
    places[::2, 1::2] = places[1::2, ::2] = 0.7
    pattern = tf.constant(np.tile(places, (9, 9))[None, :, :, None])
    many = _noise((64, 36, 36, 1))
    assert _size(grid(many * pattern, 4)) > 1.8 * _size(grid(many, 4))


def test_a_grid_on_plains_counts_as_much_as_one_in_mountains():
    lines = tf.reshape(tf.constant([1.0, 1.0, 1.3, 1.0] * 9), [1, -1, 1, 1])
    mountains, plains = 20.0 * _noise(), 0.2 * _noise()
    of_mountains = grid(tf.concat([mountains * lines, plains], 0), 4)
    of_plains = grid(tf.concat([mountains, plains * lines], 0), 4)
    assert _size(of_plains) == pytest.approx(_size(of_mountains), rel=0.05)


def test_the_grid_does_not_depend_on_the_unit_and_level_land_has_none():
    found = grid(_noise(), 4)
    assert found.shape == (4 * 4 * GRID_STATISTICS,)
    np.testing.assert_allclose(grid(100.0 * _noise(), 4), found, atol=1e-4)
    assert _size(grid(tf.ones([1, 16, 16, 1]), 4)) == 0.0


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
