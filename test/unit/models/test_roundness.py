# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import numpy as np
import pytest
from geogan.models.networks.pyramid import pyramid
from geogan.models.terms.bends import bends_of
from geogan.models.terms.roundness import ROUNDNESS_STATISTICS, roundness

_TOO_SMALL_TO_SEE = 2e-3
_DOMES, _BOWLS, _SQUARES_OF_DOMES, _SQUARES_OF_BOWLS = range(ROUNDNESS_STATISTICS)


def _found(heights, octaves=0):
    """Return what is found of one field, (statistics, levels)."""
    field = np.asarray(heights, np.float32)[None, :, :, None]
    bends = [bends_of(level) for level in pyramid(field, octaves)]
    return roundness(bends).numpy().reshape(ROUNDNESS_STATISTICS, octaves + 1)


def _squares(side=32):
    """Return the squared distance from the middle, down the rows and along them."""
    return (np.arange(side)[:, None] - side / 2) ** 2 / side, (np.arange(side)[None] - side / 2) ** 2 / side


def test_a_bowl_is_round_all_over_at_each_resolution():
    down, right = _squares()
    found = _found(down + right, octaves=2)
    np.testing.assert_allclose(found[[_BOWLS, _SQUARES_OF_BOWLS]], 1.0, rtol=0.01)
    assert (found[[_DOMES, _SQUARES_OF_DOMES]] < _TOO_SMALL_TO_SEE).all()


def test_a_dome_is_no_bowl():
    down, right = _squares()
    found = _found(-down - right)
    np.testing.assert_allclose(found[[_DOMES, _SQUARES_OF_DOMES]], 1.0, rtol=0.01)
    assert (found[[_BOWLS, _SQUARES_OF_BOWLS]] < _TOO_SMALL_TO_SEE).all()


@pytest.mark.parametrize(("along", "across"), [(1.0, 0.0), (0.0, -1.0), (0.0, 0.0), (1.0, -1.0)])
def test_valleys_ridges_plains_and_saddles_are_not_round(along, across):
    down, right = _squares()
    assert (_found(along * right + across * down) < _TOO_SMALL_TO_SEE).all()


def test_a_ridge_is_not_round_whatever_way_it_runs():
    row, col = np.mgrid[:32, :32]
    for turn in (0.3, np.pi / 4, 2.5):
        assert (_found(-((np.cos(turn) * row + np.sin(turn) * col) ** 2) / 32) < _TOO_SMALL_TO_SEE).all()


def test_knobs_on_ridges_show_in_domes_of_their_own_size_and_most_in_squares():
    ridges = np.tile(np.random.default_rng(1).normal(size=(64, 1)).repeat(4, 0)[:64], (1, 64))
    knobs = ridges.copy()
    for row, col in ((16, 16), (16, 24), (24, 20), (40, 44)):
        knobs[row : row + 4, col : col + 4] += 4.0
    more = _found(knobs, octaves=3) / _found(ridges, octaves=3)
    of_domes = more[_SQUARES_OF_DOMES]
    assert of_domes[1] == of_domes.max(), "four pixels wide: at cells of four"
    assert of_domes[1] > 5.0 * more[_DOMES][1]


def test_higher_or_upside_down_land_is_as_round():
    heights = np.random.default_rng(2).normal(size=(32, 32)).cumsum(0)
    found, higher, below = (_found(each, octaves=2) for each in (heights, 9.0 * heights + 300.0, -heights))
    np.testing.assert_allclose(higher, found, rtol=1e-2)
    np.testing.assert_allclose(below[[_BOWLS, _DOMES]], found[[_DOMES, _BOWLS]], rtol=1e-4)
