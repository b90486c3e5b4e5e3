# SPDX-License-Identifier: GPL-3.0-or-later
"""What is taken for an error in the data, and what is not."""

from __future__ import annotations

import numpy as np
import pytest
from geogan.rasters.reading.cleaning import clean, find_fence, find_sentinels, find_spikes, sample_valid


@pytest.fixture
def hills():
    """Smooth float32 [H, W] hills between about 300 and 700."""
    rows, cols = np.mgrid[0:700, 0:650]
    noise = np.random.default_rng(0).normal(0, 1, rows.shape)
    return (500 + 120 * np.sin(rows / 40) + 80 * np.cos(cols / 55) + noise).astype(np.float32)


def cleaned(values):
    result = values.copy()
    count = clean(result, find_fence(result[np.isfinite(result)]))
    return result, count


def test_clean_terrain_is_left_as_it_is(hills):
    result, count = cleaned(hills)
    np.testing.assert_array_equal(result, hills)
    assert count == 0


def test_a_lone_mountain_on_a_plain_stays():
    rows, cols = np.mgrid[-200:200, -200:200]
    plain = np.random.default_rng(0).uniform(0, 3, rows.shape)
    mountain = 800 * np.exp(-(rows**2 + cols**2) / (2 * 12**2))
    result, count = cleaned((plain + mountain).astype(np.float32))
    assert count == 0
    assert np.nanmax(result) > 790


def test_a_patch_of_clouds_far_above_the_land_goes(hills):
    hills[100:140, 200:230] = 30_000
    result, count = cleaned(hills)
    assert count == 40 * 30
    assert np.isnan(result[100:140, 200:230]).all()


def test_infinite_values_become_void(hills):
    hills[5, 5], hills[6, 6] = np.inf, -np.inf
    result, _ = cleaned(hills)
    assert np.isnan(result[5, 5])
    assert np.isnan(result[6, 6])


@pytest.mark.parametrize("place", [(0, 0), (0, 300), (350, 0), (511, 20), (512, 20), (699, 649)])
@pytest.mark.parametrize("height", [250, -250])
def test_a_lone_spike_or_pit_goes_wherever_it_is(hills, place, height):
    hills[place] += height
    result, count = cleaned(hills)
    assert count == 1
    assert np.isnan(result[place])


def test_a_spike_beside_a_void_goes(hills):
    hills[300:310, 300:310] = np.nan
    hills[299, 305] += 300
    result, count = cleaned(hills)
    assert count == 1
    assert np.isnan(result[299, 305])


def test_a_cliff_a_ridge_and_a_summit_are_no_spikes():
    rows, cols = np.mgrid[0:100, 0:100]
    cliff = np.where(cols < 50, 0, 500).astype(np.float32)
    ridge = (1000 - 20 * np.abs(rows - 50)).astype(np.float32)
    summit = (1000 - 200 * np.hypot(rows - 50, cols - 50)).astype(np.float32)
    for land in (cliff, ridge, summit):
        assert not find_spikes(land, relief=500.0).any()


def test_rough_ground_is_no_field_of_spikes():
    rough = np.random.default_rng(0).normal(0, 50, (300, 300)).astype(np.float32)
    assert not find_spikes(rough, relief=200.0).any()


def test_a_pixel_alone_in_a_void_is_no_spike():
    values = np.full((5, 5), np.nan, np.float32)
    values[2, 2] = 100
    assert not find_spikes(values, relief=10.0).any()


@pytest.mark.parametrize("sentinel", [-9999, -32768, 32767, 0])
def test_a_sentinel_far_from_the_land_is_found(sentinel):
    heights = np.random.default_rng(0).integers(2000, 2600, 10_000).astype(np.int16)
    heights[:300] = sentinel
    assert find_sentinels(heights) == [sentinel]


def test_sentinels_of_float_rasters_are_found_to_the_last_bit():
    heights = np.random.default_rng(0).uniform(0, 900, 5000).astype(np.float32)
    heights[:9] = np.finfo(np.float32).min
    heights[9:20] = -9999
    assert find_sentinels(heights) == [-9999.0, float(np.finfo(np.float32).min)]


def test_zero_is_no_sentinel_where_the_land_meets_the_sea():
    heights = np.random.default_rng(0).integers(0, 600, 10_000)
    heights[:5000] = 0
    assert find_sentinels(heights) == []


def test_a_raster_of_two_values_has_no_sentinels():
    assert find_sentinels(np.array([0] * 50 + [1] * 50, np.uint8)) == []


def test_values_without_spread_get_no_fence():
    fence = find_fence(np.full(1000, 7.0))
    assert (fence.low, fence.high, fence.relief) == (-np.inf, np.inf, 0.0)


def test_a_sample_is_drawn_at_random_and_holds_no_voids():
    values = np.arange(4_000_000, dtype=np.float32).reshape(2000, 2000)
    values[:, 0] = np.nan
    sample = sample_valid([values], seed=1)
    assert 990_000 < sample.size <= 1_000_000
    assert np.isfinite(sample).all()
    assert sample.mean() == pytest.approx(2_000_000, rel=0.01)


def test_a_few_valid_values_in_a_vast_void_are_all_found():
    values = np.full((2000, 2000), np.nan, np.float32)
    values[1999, 1999] = 5
    assert sample_valid([values], seed=1).tolist() == [5]
