# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf
from geogan.models.networks.pyramid import pyramid
from geogan.models.terms.chessboard import chessboard
from scipy.ndimage import gaussian_filter


def _found(heights, octaves=0):
    """Return what is found of one field, by level, coarse to fine."""
    field = np.asarray(heights, np.float32)[None, :, :, None]
    return chessboard(pyramid(field, octaves)).numpy()[0]


def _noise(*shape):
    return np.random.default_rng(5).normal(size=shape)


def _board(side):
    return (-1.0) ** np.add.outer(np.arange(side), np.arange(side))


def test_a_chessboard_is_as_many_as_a_window_has_cells():
    assert _found(_board(64)) == pytest.approx(64.0, abs=0.01)


@pytest.mark.parametrize(("side", "window"), [(10, 4), (8, 3), (4, 3)])
def test_in_small_fields_windows_are_half_a_side_and_at_least_three_cells(side, window):
    assert _found(_board(side)) == pytest.approx(window**2, abs=0.01)


def test_where_each_cell_is_chance_it_is_somewhat_below_four():
    assert 3.0 < _found(_noise(256, 256)) < 4.0


def test_land_whose_forms_are_larger_than_cells_has_hardly_any():
    assert _found(gaussian_filter(_noise(256, 256), 1.0)) < 0.05


def test_it_is_found_at_the_resolution_of_its_cells():
    land = 0.02 * _noise(128, 128) + np.kron(_board(32), np.ones((4, 4)))
    found = _found(land, octaves=3)
    assert np.argmax(found) == 1  # of cells of eight, four, two and one pixel
    assert found[1] > 50.0


def test_one_that_turns_over_in_places_is_found_as_well():
    board = _board(128)
    board[:, 64:] *= -1.0
    assert _found(board + 0.1 * _noise(128, 128)) > 50.0


def test_on_plains_it_counts_as_much_as_its_size_beside_that_of_the_plain():
    rough = gaussian_filter(_noise(128, 128), 1.0)
    rough[:, :64] *= 0.01
    seen = rough + 0.02 * rough.std() * _board(128) * (np.arange(128) < 64)
    assert _found(seen) > 10.0 * _found(rough)


def test_it_is_the_same_however_a_field_is_turned_or_mirrored_and_in_whatever_unit():
    field = gaussian_filter(_noise(65, 65), (0.5, 1.0))  # its 64 differences a side are eight windows
    for other in (np.rot90(field), field[::-1], field.T, 7.0 * field + 30.0):
        np.testing.assert_allclose(_found(other), _found(field), rtol=0.02)


def test_level_land_has_none_and_pulls_at_nothing():
    level = tf.fill([1, 32, 32, 1], 5.0)
    with tf.GradientTape() as tape:
        tape.watch(level)
        found = chessboard(pyramid(level, 1))
    assert (found.numpy() < 0.002).all()
    assert (tape.gradient(found, level).numpy() == 0.0).all()
