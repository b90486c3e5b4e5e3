# SPDX-License-Identifier: GPL-3.0-or-later
"""The layout, bent: straight lines wind, and what there is of high and low land stays."""

from __future__ import annotations

import numpy as np
import pytest
from geogan.models.generation.bent import BentField, moved_by
from geogan.models.generation.world import World
from geogan.models.latent import latent_field
from hypothesis import given, settings
from hypothesis import strategies as st

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


def test_a_straight_valley_winds():
    valley = BentField(Drawn(lambda rows, cols: -np.exp(-(((cols - 150) / 3.0) ** 2))))
    course = valley.window(WORLD, 0, 0, 300).argmin(1)
    assert 3.0 < course.std() < 9.0
    assert np.abs(np.diff(course)).max() <= 3, "it does not tear"


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
