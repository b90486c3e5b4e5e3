# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import heapq

import numpy as np
import pytest
from geogan.realism.flow import drainage_areas, fill_depressions, flow_lengths, whole_catchments
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

ROWS, COLS = np.mgrid[0:41, 0:41].astype(float)
SYMMETRIES = [
    lambda field, turns=turns, mirror=mirror: np.rot90(field[::mirror], turns)
    for turns in range(4)
    for mirror in (1, -1)
]

# Few different heights, so that there are many ties and flats; NaN is a void.
small_fields = arrays(
    np.float32,
    array_shapes(min_dims=2, max_dims=2, max_side=9),
    elements=st.sampled_from([0.0, 1.0, 2.0, 3.0, 4.0, 5.0, np.nan]),
)


def _neighbours(field, row, col):
    for down in (-1, 0, 1):
        for right in (-1, 0, 1):
            if (down or right) and 0 <= row + down < field.shape[0] and 0 <= col + right < field.shape[1]:
                yield row + down, col + right


def _priority_flood(field):
    """Barnes, Lehman & Mulla 2014, algorithm 1, word for word and slow."""
    filled = np.full(field.shape, np.nan)
    closed = np.isnan(field)
    queue = []
    for row, col in np.argwhere(~closed):
        around = list(_neighbours(field, row, col))
        if len(around) < 8 or any(np.isnan(field[cell]) for cell in around):
            heapq.heappush(queue, (field[row, col], row, col))
            closed[row, col] = True
    while queue:
        height, row, col = heapq.heappop(queue)
        filled[row, col] = height
        for cell in _neighbours(field, row, col):
            if not closed[cell]:
                closed[cell] = True
                heapq.heappush(queue, (max(height, field[cell]), *cell))
    return filled


@given(small_fields)
@settings(max_examples=200, deadline=None)
def test_filled_heights_are_those_of_the_priority_flood(field):
    np.testing.assert_array_equal(fill_depressions(field).heights, _priority_flood(field))


def test_filled_heights_of_noise_are_those_of_the_priority_flood():
    noise = np.random.default_rng(1).normal(size=(70, 90))
    noise[30:33, 40:60] = np.nan
    np.testing.assert_array_equal(fill_depressions(noise).heights, _priority_flood(noise))


@given(small_fields)
@settings(max_examples=200, deadline=None)
def test_all_water_runs_down_to_a_neighbour_and_leaves(field):
    filled = fill_depressions(field)
    heights, receivers = filled.heights.ravel(), filled.receivers
    leaving = receivers == field.size
    land = ~np.isnan(heights)
    assert drainage_areas(filled).ravel()[leaving].sum() == land.sum()
    assert ((receivers == -1) == ~land).all()
    for cell in np.flatnonzero(land & ~leaving):
        assert divmod(receivers[cell], field.shape[1]) in _neighbours(field, *divmod(cell, field.shape[1]))
        assert heights[receivers[cell]] <= heights[cell]


def test_water_takes_the_steepest_way_and_diagonals_are_longer():
    steep_diagonal = np.array([[9.0, 9, 9], [9, 5, 3], [9, 9, 2]])  # down by 2, and by 3 / sqrt(2) = 2.1
    steep_straight = np.array([[9.0, 9, 9], [9, 5, 3], [9, 9, 2.5]])  # down by 2, and by 2.5 / sqrt(2) = 1.8
    assert fill_depressions(steep_diagonal).receivers[4] == 8
    assert fill_depressions(steep_straight).receivers[4] == 5


def test_a_plane_has_no_fill_and_drains_straight():
    filled = fill_depressions(-3 * ROWS)
    np.testing.assert_array_equal(filled.heights, -3 * ROWS)
    np.testing.assert_array_equal(drainage_areas(filled), ROWS + 1)
    np.testing.assert_array_equal(flow_lengths(filled), ROWS)


def test_a_diagonal_plane_drains_along_diagonals_of_sqrt_2():
    lengths = flow_lengths(fill_depressions(-ROWS - COLS))
    np.testing.assert_allclose(lengths, np.sqrt(2) * np.minimum(ROWS, COLS), rtol=1e-12)


def test_a_gutter_gathers_what_falls_beside_it():
    filled = fill_depressions(10 * np.abs(COLS - 20) - ROWS)
    areas, lengths = drainage_areas(filled), flow_lengths(filled)
    np.testing.assert_array_equal(areas[:, 20], 41 * (ROWS[:, 20] + 1))
    np.testing.assert_array_equal(areas[:, :20], COLS[:, :20] + 1)
    np.testing.assert_array_equal(lengths[:, 20], 20 + ROWS[:, 20])


def test_a_network_drawn_by_hand_has_its_areas_and_lengths():
    o = np.nan
    field = np.array(
        [
            [o, o, o, o, o, o],
            [o, 5, o, o, 6, o],
            [o, o, 4, 5, o, o],
            [o, o, 3, o, o, o],
            [o, o, 2, o, o, o],
        ]
    )
    areas = [
        [o, o, o, o, o, o],
        [o, 1, o, o, 1, o],
        [o, o, 2, 2, o, o],
        [o, o, 5, o, o, o],
        [o, o, 6, o, o, o],
    ]
    d = np.sqrt(2)
    lengths = [
        [o, o, o, o, o, o],
        [o, 0, o, o, 0, o],
        [o, o, d, d, o, o],
        [o, o, 2 * d, o, o, o],
        [o, o, 2 * d + 1, o, o, o],
    ]
    filled = fill_depressions(field)
    np.testing.assert_array_equal(filled.heights, field)
    np.testing.assert_array_equal(drainage_areas(filled), areas)
    np.testing.assert_allclose(flow_lengths(filled), lengths)


def test_a_bowl_is_filled_up_to_the_lowest_point_of_its_rim():
    bowl = (ROWS - 20) ** 2 + (COLS - 20) ** 2
    np.testing.assert_array_equal(fill_depressions(bowl).heights, np.maximum(bowl, 400))


def test_water_crosses_a_filled_bowl_to_the_notch_in_its_rim():
    bowl = (ROWS - 20) ** 2 + (COLS - 20) ** 2
    bowl[40, 20] = 100
    filled = fill_depressions(bowl)
    assert filled.heights.min() == 100
    assert drainage_areas(filled)[40, 20] == drainage_areas(filled).max() > 1000


def test_a_void_drains_what_lies_around_it_and_is_left_out():
    bowl = (ROWS - 20) ** 2 + (COLS - 20) ** 2
    bowl[20, 20] = np.nan
    filled = fill_depressions(bowl)
    np.testing.assert_array_equal(filled.heights, bowl)
    for result in (drainage_areas(filled), flow_lengths(filled)):
        np.testing.assert_array_equal(np.isnan(result), np.isnan(bowl))
    leaving = (filled.receivers == bowl.size).reshape(bowl.shape)
    np.testing.assert_array_equal(np.argwhere(leaving).min(axis=0), [19, 19])
    np.testing.assert_array_equal(np.argwhere(leaving).max(axis=0), [21, 21])


def test_catchments_are_whole_where_no_water_can_come_from_beyond():
    roof = fill_depressions(-np.abs(ROWS - 20))
    whole = whole_catchments(roof)
    expected = np.zeros((41, 41), bool)
    expected[1:-1, 1:-1] = True  # water runs straight from the ridge, which ends at both sides
    np.testing.assert_array_equal(whole, expected)
    assert not whole_catchments(fill_depressions(-ROWS)).any()


def test_a_void_upstream_makes_a_catchment_unknown():
    roof = -np.abs(ROWS - 20)
    roof[25, 12] = np.nan
    whole = whole_catchments(fill_depressions(roof))
    assert not whole[26:, 11:14].any()
    assert whole[26:40, 15:40].all()
    assert whole[15:20, 1:40].all()


@pytest.mark.parametrize("symmetry", SYMMETRIES)
def test_turned_and_mirrored_land_drains_alike(symmetry):
    land = np.random.default_rng(2).random(size=(50, 60)) - np.arange(50)[:, None]  # nothing to fill: no ties
    land[20:24, 31:33] = np.nan
    filled, turned = fill_depressions(land), fill_depressions(symmetry(land))
    for measure in (drainage_areas, flow_lengths, whole_catchments):
        np.testing.assert_allclose(measure(turned), symmetry(measure(filled)), rtol=1e-12)


@pytest.mark.parametrize("symmetry", SYMMETRIES)
def test_turned_and_mirrored_land_is_filled_alike(symmetry):
    noise = np.random.default_rng(3).normal(size=(50, 60))
    np.testing.assert_array_equal(
        fill_depressions(symmetry(noise)).heights, symmetry(fill_depressions(noise).heights)
    )


@pytest.mark.parametrize("shape", [(1, 1), (1, 7), (2, 2)])
def test_a_field_of_rim_alone_is_as_it_was(shape):
    field = np.arange(np.prod(shape), dtype=float).reshape(shape) % 3
    np.testing.assert_array_equal(fill_depressions(field).heights, field)


def test_voids_alone_have_no_water():
    filled = fill_depressions(np.full((4, 5), np.nan))
    assert filled.levels == ()
    assert np.isnan(drainage_areas(filled)).all()
    assert not whole_catchments(filled).any()
