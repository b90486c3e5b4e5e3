# SPDX-License-Identifier: GPL-3.0-or-later
"""The layout, turned and bent: straight lines lie askew and wind, and what there is of high and low stays."""

from __future__ import annotations

import numpy as np
import pytest
from geogan.models.generation.bent import BentField, moved_by, places, turn_of
from geogan.models.generation.world import World
from geogan.models.latent import latent_field
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage

WORLD = World(7, 0)


class Drawn:
    """A field that is a function of row and column, endless."""

    def __init__(self, height):
        self._height = height

    def window(self, world, row, col, side):
        rows, cols = np.meshgrid(np.arange(row, row + side), np.arange(col, col + side), indexing="ij")
        return self._height(rows, cols).astype(np.float32)


class Rough:
    """Forms of a few cells, as a layout has."""

    def window(self, world, row, col, side):
        white = latent_field(world.seed, 0, row - 3, col - 3, side + 7, side + 7, 1)[..., 0]
        weights = np.exp(-0.5 * (np.arange(-3, 4) / 1.2) ** 2)
        down = sum(weight * white[step : step + side] for step, weight in enumerate(weights))
        return sum(weight * down[:, step : step + side] for step, weight in enumerate(weights))


@settings(max_examples=25, deadline=None)
@given(st.integers(-(10**7), 10**7), st.integers(-(10**7), 10**7), st.integers(0, 90), st.integers(0, 90))
def test_windows_that_overlap_agree_to_the_last_bit(row, col, down, right):
    bent = BentField(Rough())
    wide = bent.window(WORLD, row, col, 120)
    np.testing.assert_array_equal(
        bent.window(WORLD, row + down, col + right, 30), wide[down : down + 30, right : right + 30]
    )


def test_a_straight_valley_lies_askew_and_winds():
    cosine, sine = turn_of(WORLD.seed)
    along = 150 * (sine + cosine)  # the column of the layout that passes through the middle of the window
    valley = BentField(Drawn(lambda rows, cols: -np.exp(-(((cols - along) / 3.0) ** 2))))
    is_low = valley.window(WORLD, 0, 0, 300) < -0.5
    rows, cols = (each - each.mean() for each in np.nonzero(is_low))
    angle = 0.5 * np.arctan2(2.0 * np.mean(rows * cols), np.mean(cols**2) - np.mean(rows**2))
    assert 10.0 < abs(np.degrees(angle)) < 80.0
    beside = np.cos(angle) * rows - np.sin(angle) * cols
    assert 3.0 < beside.std() < 9.0
    assert ndimage.label(is_low, np.ones((3, 3)))[1] == 1, "it does not tear"


@given(st.integers(0, 2**31 - 1))
def test_each_seed_turns_it_by_20_to_70_degrees(seed):
    cosine, sine = turn_of(seed)
    assert cosine**2 + sine**2 == pytest.approx(1.0, abs=1e-12)
    assert 20.0 < np.degrees(np.arctan2(sine, cosine)) < 70.1


def test_it_is_turned_and_moved_and_nothing_else():
    cosine, sine = turn_of(3)
    rows, cols = places(3, -90, 4000, 70)
    down, right = moved_by(3, -90, 4000, 70)
    np.testing.assert_allclose(cosine * rows + sine * cols, np.arange(-90, -20)[:, None] + down)
    np.testing.assert_allclose(cosine * cols - sine * rows, np.arange(4000, 4070) + right)


def test_cells_are_read_as_far_from_their_places_as_is_said():
    down, right = moved_by(3, -5000, 700, 4000)
    for moved in (down, right):
        assert abs(moved.mean()) < 0.5
        assert moved.std() == pytest.approx(np.hypot(1.5, 4.5), rel=0.05)


def test_no_land_is_squeezed_or_spread():
    """Moves along contours have no divergence: an area keeps its size, whatever becomes of its shape."""
    down, right = moved_by(3, 40, 80, 800)
    divergence = np.gradient(down, axis=0) + np.gradient(right, axis=1)
    assert np.abs(divergence).mean() < 0.01 * np.abs(np.gradient(down, axis=1)).mean()


def test_the_land_is_as_high_and_as_rough_as_it_was():
    straight, bent = (field.window(WORLD, 0, 0, 700).astype(float) for field in (Rough(), BentField(Rough())))
    for percent in (2, 25, 50, 75, 98):
        assert np.percentile(bent, percent) == pytest.approx(np.percentile(straight, percent), abs=0.15)
    was, now = (np.mean(np.abs(np.diff(field, axis=0))) for field in (straight, bent))
    assert now == pytest.approx(was, rel=0.15)


def test_a_plain_stays_a_plain():
    plain = BentField(Drawn(lambda rows, cols: np.full(rows.shape, 1234.5)))
    np.testing.assert_allclose(plain.window(WORLD, -40, 9, 50), 1234.5, rtol=1e-6)


def test_each_seed_bends_otherwise_and_all_landscapes_of_one_alike():
    one, other = moved_by(1, 0, 0, 50), moved_by(2, 0, 0, 50)
    assert np.abs(one[0] - other[0]).max() > 1.0
    slope = BentField(Drawn(lambda rows, cols: rows + 2.0 * cols))
    np.testing.assert_array_equal(*(slope.window(World(1, number), 0, 0, 50) for number in (0, 1)))
