# SPDX-License-Identifier: GPL-3.0-or-later
"""Land that is made up meets land that is known."""

from __future__ import annotations

import numpy as np
import pytest
from geogan.errors import GeoGanError
from geogan.models.filling import multigrid
from geogan.models.filling.membrane import FADE_PX, meeting, membrane
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import ndimage

ROWS, COLS = np.mgrid[0:40, 0:50].astype(float)


def disc(row=20, col=25, radius=12):
    return (ROWS - row) ** 2 + (COLS - col) ** 2 < radius**2


def rough(seed, size=1.0):
    return size * np.random.default_rng(seed).normal(size=ROWS.shape)


@pytest.mark.parametrize("is_void", [disc(), disc(radius=4) | disc(7, 9, 5), ROWS % 2 == 0])
def test_a_plane_goes_on_through_voids(is_void):
    plane = 300.0 + 2.0 * ROWS - 3.0 * COLS
    inner = is_void & (ROWS > 0) & (ROWS < 39) & (COLS > 0) & (COLS < 49)
    found = membrane(np.where(inner, np.nan, plane), inner)
    np.testing.assert_allclose(found, plane, atol=1e-6)


@pytest.mark.parametrize("is_void", [disc(radius=18), disc(radius=18) | (rough(3) > 0)])
def test_a_large_void_is_solved_as_exactly_as_a_small_one(monkeypatch, is_void):
    heights = 50.0 * np.sin(ROWS / 5) + rough(1)
    exact = membrane(heights, is_void)
    monkeypatch.setattr(multigrid, "_DIRECT", 10)
    np.testing.assert_allclose(membrane(heights, is_void), exact, atol=1e-3)


def test_a_void_of_a_whole_tile_is_solved_in_few_rounds(monkeypatch):
    """By conjugate gradients alone it takes hundreds, and the wider it is, the more."""
    monkeypatch.setattr(multigrid, "_MOST_ROUNDS", 40)
    rows, cols = np.mgrid[0:300, 0:300]
    plane = 2.0 * rows - cols
    is_void = (rows > 0) & (rows < 299) & (cols > 0) & (cols < 299)
    np.testing.assert_allclose(membrane(plane, is_void), plane, atol=1e-2)


def test_what_cannot_be_solved_is_refused_with_a_sentence(monkeypatch):
    monkeypatch.setattr(multigrid, "_DIRECT", 10)
    monkeypatch.setattr(multigrid, "_MOST_ROUNDS", 1)
    with pytest.raises(GeoGanError, match="fill the void in parts, by a mask"):
        membrane(50.0 * np.sin(ROWS / 5) + rough(1), disc(radius=18))


@settings(max_examples=40, deadline=None)
@given(arrays(bool, (12, 15), elements=st.booleans()), st.integers(0, 100))
def test_whatever_the_voids_known_land_stays_and_a_membrane_never_leaves_the_range_of_its_rim(is_void, seed):
    is_void[5, 7] = False
    heights = np.random.default_rng(seed).normal(size=is_void.shape)
    found = membrane(np.where(is_void, np.nan, heights), is_void)
    known = heights[~is_void]
    np.testing.assert_array_equal(found[~is_void], known)
    assert known.min() - 1e-9 <= found.min() <= found.max() <= known.max() + 1e-9


def test_land_that_was_right_all_along_is_left_as_it_was_made():
    land = 20.0 * np.sin(ROWS / 4) * np.cos(COLS / 6) + rough(2)
    known = np.where(disc(), np.nan, land)
    np.testing.assert_allclose(meeting(known, land), land, atol=1e-6)


def test_land_that_is_too_high_or_tilted_is_brought_down_without_losing_its_forms():
    land = 20.0 * np.sin(ROWS / 4) * np.cos(COLS / 6)
    known = np.where(disc(), np.nan, land)
    np.testing.assert_allclose(meeting(known, land + 500.0 + 3.0 * COLS), land, atol=1e-6)


def test_the_step_across_the_rim_is_no_larger_than_the_steps_of_the_land():
    rows, cols = np.mgrid[0:120, 0:120]
    is_void = np.hypot(rows - 60, cols - 60) < 35
    known_land, made = (
        120.0 * ndimage.gaussian_filter(np.random.default_rng(seed).normal(size=rows.shape), 2.0)
        for seed in (3, 4)
    )
    across = is_void[:, 1:] != is_void[:, :-1]
    outside = ~is_void[:, 1:] & ~is_void[:, :-1]

    def step_at_rim(fade):
        filled = meeting(np.where(is_void, np.nan, known_land), made, fade)
        return np.median(np.abs(np.diff(filled, axis=1))[across])

    usual = np.median(np.abs(np.diff(known_land, axis=1))[outside])
    assert step_at_rim(FADE_PX) <= usual < step_at_rim(0.0)


def test_what_is_made_up_is_there_in_full_a_few_pixels_from_the_rim_and_absent_at_it():
    made = rough(7, 30.0)
    filled = meeting(np.where(disc(), np.nan, 0.0), made, FADE_PX)
    added = made - membrane(made, disc())
    distance = ndimage.distance_transform_edt(disc())
    is_inner = distance >= FADE_PX
    np.testing.assert_allclose(filled[is_inner], added[is_inner], atol=1e-6)
    is_first = distance == 1
    assert np.abs(filled[is_first]).mean() < 0.2 * np.abs(added[is_first]).mean()


def test_in_a_narrow_void_it_is_there_in_full_half_way_to_the_middle():
    made, is_void = rough(7, 30.0), np.abs(ROWS - 20) <= 2  # five rows, the middle three pixels from the rim
    filled = meeting(np.where(is_void, np.nan, 0.0), made, FADE_PX)
    added = made - membrane(made, is_void)
    np.testing.assert_allclose(filled[19:22], added[19:22], atol=1e-6)
    assert np.abs(filled[18]).mean() < 0.7 * np.abs(added[18]).mean()


def test_a_wide_void_beside_a_narrow_one_changes_nothing_in_it():
    made, narrow, wide = rough(7, 30.0), np.abs(ROWS - 5) <= 2, ROWS > 10
    alone, beside = (
        meeting(np.where(is_void, np.nan, 0.0), made, FADE_PX)[narrow] for is_void in (narrow, narrow | wide)
    )
    np.testing.assert_allclose(beside, alone, atol=1e-6)


def test_beside_land_made_up_before_what_is_made_up_goes_on_at_once_and_comes_in_slowly_elsewhere():
    made, is_void = rough(7, 30.0), disc(radius=18)
    is_made = is_void & (COLS < 15)
    known = np.where(is_void & ~is_made, np.nan, np.where(is_made, made, 0.0))
    filled = meeting(known, made, FADE_PX, is_made)
    added = made - membrane(made, np.isnan(known))
    far = ndimage.distance_transform_edt(is_void) > FADE_PX
    beside = far & np.isnan(known) & ndimage.binary_dilation(is_made)
    assert beside.sum() > 10
    np.testing.assert_allclose(filled[beside], (membrane(known, np.isnan(known)) + added)[beside], atol=1e-6)
    faded = meeting(known, made, FADE_PX)
    assert np.abs(filled - faded)[beside].max() > 1.0
    at_rim = np.isnan(known) & (ndimage.distance_transform_edt(is_void) == 1)
    at_rim &= ndimage.distance_transform_edt(~is_made) > 3 * FADE_PX  # the void is as wide for both there
    assert at_rim.sum() > 10
    np.testing.assert_array_equal(filled[at_rim], faded[at_rim])


def test_land_that_was_all_made_up_goes_on_as_it_was_made():
    made, is_void = rough(8, 30.0), disc()
    known = np.where(is_void, np.nan, made)
    np.testing.assert_allclose(meeting(known, made, FADE_PX, ~is_void), made, atol=1e-6)


def test_known_land_is_the_same_to_the_last_bit_in_either_precision():
    known = np.where(disc(), np.nan, rough(5, 1000.0)).astype(np.float32)
    filled = meeting(known, rough(6), FADE_PX)
    np.testing.assert_array_equal(filled[~disc()].astype(np.float32), known[~disc()])
    assert np.isfinite(filled).all()


def test_without_anything_known_land_is_as_it_was_made():
    np.testing.assert_array_equal(meeting(np.full_like(ROWS, np.nan), ROWS), ROWS)
