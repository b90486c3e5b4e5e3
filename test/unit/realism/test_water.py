# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import numpy as np
import pytest
from geogan.realism import water
from geogan.realism.water import without_level_water
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays


@pytest.fixture
def land():
    return np.random.default_rng(31).normal(500.0, 20.0, size=(90, 110)).astype(np.float32)


def test_a_lake_becomes_void_and_the_land_around_it_stays(land):
    land[20:60, 30:70] = 480.0
    lake = np.zeros(land.shape, bool)
    lake[20:60, 30:70] = True
    np.testing.assert_array_equal(np.isnan(without_level_water(land)), lake)
    np.testing.assert_array_equal(without_level_water(land)[~lake], land[~lake])
    assert np.isfinite(land).all()


def test_a_pond_of_one_pixel_less_than_asked_for_stays(land):
    land[20:30, 30:40] = 480.0
    assert np.isnan(without_level_water(land, 100)).sum() == 100
    assert np.isnan(without_level_water(land, 101)).sum() == 0


def test_waters_of_different_height_that_touch_are_counted_on_their_own(land):
    land[20:30, 30:40] = 480.0
    land[20:30, 40:49] = 481.0
    land[30:39, 30:40] = 479.0
    voids = np.isnan(without_level_water(land, 100))
    assert voids.sum() == 100
    assert voids[20:30, 30:40].all()


def test_waters_that_touch_at_a_corner_alone_are_two(land):
    land[20:30, 30:40] = land[30:40, 40:50] = 480.0
    assert not np.isnan(without_level_water(land, 101)).any()


def test_a_winding_river_is_one_water(land):
    land[10, 5:100] = land[10:20, 99] = land[20, 5:100] = 480.0
    assert np.isnan(without_level_water(land, 199)).sum() == 95 + 9 + 95


def test_terraces_of_whole_metres_are_land():
    slope = np.rint(np.add.outer(np.arange(200.0), np.arange(300.0)) / 4)
    np.testing.assert_array_equal(without_level_water(slope), slope)


def test_voids_stay_void_and_are_no_water(land):
    land[:50] = np.nan
    np.testing.assert_array_equal(without_level_water(land), land)


def test_a_sea_in_a_high_field_is_found_in_every_strip(land, monkeypatch):
    monkeypatch.setattr(water, "_STRIP_ROWS", 16)
    land[:, 40:] = 0.0
    np.testing.assert_array_equal(np.isnan(without_level_water(land, 300)), land == 0)


@pytest.mark.parametrize("shape", [(0, 0), (0, 5), (5, 0), (1, 1), (1, 9)])
def test_fields_of_any_size_are_accepted(shape):
    assert without_level_water(np.zeros(shape)).shape == shape
    assert np.isnan(without_level_water(np.zeros(shape), 1)).all()


@given(
    arrays.arrays(
        np.float32, arrays.array_shapes(min_dims=2, max_dims=2, max_side=9), elements=st.sampled_from([1, 2])
    ),
    st.integers(1, 9),
)
def test_a_pixel_is_water_where_a_flood_from_it_reaches_enough_pixels(field, least_px):
    expected = [[len(_flood(field, pixel)) >= least_px for pixel in row] for row in _pixels(field.shape)]
    np.testing.assert_array_equal(np.isnan(without_level_water(field, least_px)), expected)


def _pixels(shape):
    return [[(row, col) for col in range(shape[1])] for row in range(shape[0])]


def _flood(field, start):
    reached, wet = {start}, [start]
    while wet:
        row, col = wet.pop()
        for beside in ((row + 1, col), (row - 1, col), (row, col + 1), (row, col - 1)):
            inside = 0 <= beside[0] < field.shape[0] and 0 <= beside[1] < field.shape[1]
            if inside and beside not in reached and field[beside] == field[start]:
                reached.add(beside)
                wet.append(beside)
    return reached
