# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import numpy as np
import pytest
from geogan.models.networks.pyramid import pyramid
from geogan.models.terms.bends import bends_of
from geogan.models.terms.straightness import STRAIGHTNESS_STATISTICS, straightness
from scipy.ndimage import gaussian_filter

_SQUARES, _FOURTH_POWERS = range(STRAIGHTNESS_STATISTICS)


def _found(heights, octaves=0):
    """Return what is found of one field, (statistics, levels)."""
    field = np.asarray(heights, np.float32)[None, :, :, None]
    bends = [bends_of(level) for level in pyramid(field, octaves)]
    return straightness(bends).numpy().reshape(STRAIGHTNESS_STATISTICS, octaves + 1)


def _noise(*shape):
    return np.random.default_rng(5).normal(size=shape)


def _alike_in_all_directions():
    return gaussian_filter(_noise(256, 256), 2.0)


@pytest.mark.parametrize("turn", [0, 1])
def test_of_lines_along_rows_or_columns_all_is_left(turn):
    lines = np.rot90(np.tile(_noise(256, 1), (1, 256)), turn)
    np.testing.assert_allclose(_found(lines, octaves=2)[_SQUARES], 1.0, atol=0.01)


@pytest.mark.parametrize("turn", [0, 1])
def test_of_lines_along_a_diagonal_hardly_anything_is_left(turn):
    row, col = np.mgrid[:256, :256]
    found = _found(np.rot90(_noise(511)[row + col], turn))
    assert (found < 0.05).all()


def test_of_white_noise_one_over_the_length_is_left():
    assert _found(_noise(256, 256))[_SQUARES, 0] == pytest.approx(1 / 16, rel=0.15)


def test_in_small_fields_runs_are_half_a_side():
    found = np.mean([_found(field)[_SQUARES] for field in _noise(400, 10, 10)])
    assert found == pytest.approx(1 / 4, rel=0.15)


def test_a_line_in_rough_land_shows_in_squares_and_most_in_fourth_powers():
    land = _alike_in_all_directions()
    with_a_line = land.copy()
    with_a_line[128] += 4.0 * land.std()
    more = (_found(with_a_line) / _found(land))[:, 0]
    assert more[_SQUARES] > 1.1
    assert more[_FOURTH_POWERS] > 3.0 * more[_SQUARES]


def test_it_is_the_same_however_a_field_is_turned_or_mirrored_and_in_whatever_unit():
    field = gaussian_filter(_noise(66, 66), (1.0, 3.0))  # its 64 bends a side are four runs from either end
    for other in (np.rot90(field), field[::-1], field.T, 7.0 * field + 30.0):
        np.testing.assert_allclose(_found(other), _found(field), rtol=0.02)


def test_level_land_has_no_lines():
    assert (_found(np.full((32, 32), 5.0), octaves=1) < 0.002).all()
