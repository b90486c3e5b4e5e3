# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import numpy as np
import pytest
from geogan.models.pyramid import pyramid
from geogan.models.straightness import STRAIGHTNESS_STATISTICS, straightness
from scipy.ndimage import gaussian_filter

_AXES, _DIAGONALS = [0, 1], [2, 3]
_ON_AXES, _FOURTH_POWER_ON_AXES, _ON_DIAGONALS, _ = range(STRAIGHTNESS_STATISTICS)


def _found(heights, octaves=0):
    """Return what is found of one field, (statistics, levels)."""
    field = np.asarray(heights, np.float32)[None, :, :, None]
    return straightness(pyramid(field, octaves)).numpy().reshape(STRAIGHTNESS_STATISTICS, octaves + 1)


def _noise(*shape):
    return np.random.default_rng(5).normal(size=shape)


def _alike_in_all_directions():
    return gaussian_filter(_noise(512, 512), 2.0)


@pytest.mark.parametrize("turn", [0, 1])
def test_of_lines_along_rows_or_columns_half_is_left_since_nothing_bends_the_other_way(turn):
    found = _found(np.rot90(np.tile(_noise(256, 1), (1, 256)), turn), octaves=2)
    np.testing.assert_allclose(found[_ON_AXES], 1.0, atol=0.01)
    assert (found[_DIAGONALS] < 0.6 * found[_AXES]).all()


@pytest.mark.parametrize("turn", [0, 1])
def test_of_lines_along_a_diagonal_more_is_left_along_diagonals(turn):
    row, col = np.mgrid[:256, :256]
    found = _found(np.rot90(_noise(511)[row + col], turn), octaves=2)
    np.testing.assert_allclose(found[_ON_DIAGONALS], 1.0, atol=0.1)
    assert (found[_AXES] < 0.6 * found[_DIAGONALS]).all()


def test_of_white_noise_hardly_anything_is_left():
    found = _found(_noise(256, 256))
    np.testing.assert_allclose(found[[_ON_AXES, _ON_DIAGONALS]], 1 / 16, rtol=0.15)


def test_a_line_in_rough_land_shows_in_squares_and_most_in_fourth_powers():
    land = _alike_in_all_directions()[:128, :128]
    with_a_line = land.copy()
    with_a_line[64] += 4.0 * land.std()
    more = (_found(with_a_line) / _found(land))[:, 0]
    assert more[_ON_AXES] > 1.1
    assert more[_FOURTH_POWER_ON_AXES] > 3.0 * more[_ON_AXES]


def test_land_alike_in_all_directions_is_as_straight_along_axes_as_along_diagonals():
    """Runs along a diagonal are longer by the root of two, and so a little less is left of them."""
    found = _found(_alike_in_all_directions())
    np.testing.assert_allclose(found[_ON_AXES], found[_ON_DIAGONALS], rtol=0.35)
    assert found[_ON_AXES] > found[_ON_DIAGONALS]


def test_it_is_the_same_however_a_field_is_turned_or_mirrored_and_in_whatever_unit():
    field = gaussian_filter(_noise(64, 64), (1.0, 3.0))
    found = _found(field, octaves=2)
    for other in (np.rot90(field), field[::-1], field.T, 7.0 * field + 30.0):
        np.testing.assert_allclose(_found(other, octaves=2), found, rtol=0.02)


def test_in_small_fields_runs_are_at_most_half_as_long():
    found = np.mean([_found(field) for field in _noise(400, 8, 8)], 0)
    np.testing.assert_allclose(found[[_ON_AXES, _ON_DIAGONALS]], 1 / 4, rtol=0.15)


def test_level_land_has_no_lines():
    assert (_found(np.full((32, 32), 5.0), octaves=1) < 0.002).all()
