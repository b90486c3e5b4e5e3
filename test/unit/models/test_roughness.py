# SPDX-License-Identifier: GPL-3.0-or-later
"""Made-up land is brought to the roughness of the real land around it."""

from __future__ import annotations

import numpy as np
import pytest
from geogan.models.filling.roughness import as_rough_as, roughness_around
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import ndimage

FACTOR = 4
SHAPE = (160, 240)
ROWS, COLS = np.mgrid[: SHAPE[0], : SHAPE[1]]
FORMS = 200.0 * np.sin(ROWS / 50.0) * np.cos(COLS / 60.0)


def disc(row, col, radius=20):
    return (ROWS - row) ** 2 + (COLS - col) ** 2 < radius**2


def details(seed, size):
    return size * np.random.default_rng(seed).normal(size=SHAPE)


def roughness(land, where):
    return np.abs(ndimage.laplace(land))[where].mean()


@pytest.mark.parametrize("size", [0.6, 1.0, 1.7])
def test_what_is_made_is_as_rough_in_a_void_as_the_land_around(size):
    void, real = disc(80, 120), FORMS + details(1, size)
    made = FORMS + details(2, 1.0)
    found = as_rough_as(np.where(void, np.nan, real), made, FACTOR)
    assert roughness(found, void) == pytest.approx(roughness(real, ~void), rel=0.1)


def test_each_void_takes_the_roughness_of_its_own_surroundings():
    real = FORMS + details(1, 1.0) * np.where(COLS < 120, 0.6, 1.6)
    left, right = disc(80, 40), disc(80, 200)
    found = as_rough_as(np.where(left | right, np.nan, real), FORMS + details(2, 1.0), FACTOR)
    for void, size in ((left, 0.6), (right, 1.6)):
        assert roughness(found, void) == pytest.approx(size * roughness(details(2, 1.0), void), rel=0.15)


def test_large_forms_stay_and_no_cell_of_their_means_shows():
    made = (FORMS + 3.0 * ROWS).astype(np.float32)
    known = np.where(disc(80, 120), np.nan, made + details(1, 5.0)).astype(np.float32)  # far rougher
    found = as_rough_as(known, made, FACTOR)
    assert found.dtype == np.float32
    inner = (slice(8, -8), slice(8, -8))
    np.testing.assert_allclose(found[inner], made[inner], atol=0.5)
    bends = np.abs(np.diff(found[inner].astype(float), 2, axis=1)).mean(0)
    by_place = [bends[place::FACTOR].mean() for place in range(FACTOR)]
    assert max(by_place) < 1.1 * min(by_place)


def test_details_are_at_most_doubled_and_at_least_halved():
    made = FORMS + details(2, 1.0)
    for size, most in ((20.0, 2.0), (0.0, 0.5)):
        known = np.where(disc(80, 120), np.nan, FORMS + details(1, size))
        assert roughness_around(known, made, FACTOR) == pytest.approx(most)


def test_where_nothing_is_known_what_is_made_stays():
    made = FORMS + details(2, 1.0)
    found = as_rough_as(np.full(SHAPE, np.nan), made, FACTOR)
    np.testing.assert_allclose(found, made, atol=1e-9)


def test_a_smooth_surface_at_the_edge_of_a_window_is_not_taken_for_land():
    """There it stands for what a void holds beyond."""
    edge = np.ones(SHAPE, bool)
    edge[FACTOR:-FACTOR, FACTOR:-FACTOR] = False
    real, void = FORMS + details(1, 1.0), COLS > 100
    known = np.where(void, np.nan, real)
    surrounded = np.where(void & edge, FORMS, known)
    made = FORMS + details(2, 1.0)
    expected = roughness_around(np.where(edge, np.nan, known), made, FACTOR)
    assert roughness_around(surrounded, made, FACTOR) == pytest.approx(expected, rel=0.02)


@settings(max_examples=30, deadline=None)
@given(arrays(bool, (10, 12), elements=st.booleans()), st.sampled_from([0.0, 1.0, 1e4]))
def test_voids_of_any_shape_in_land_of_any_height_give_finite_land(is_void, size):
    void = np.kron(is_void, np.ones((4, 4), bool))
    rows, cols = void.shape
    known = np.where(void, np.nan, size * np.round(FORMS[:rows, :cols]))
    assert np.isfinite(as_rough_as(known, size * FORMS[:rows, :cols], FACTOR)).all()
