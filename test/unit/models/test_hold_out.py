# SPDX-License-Identifier: GPL-3.0-or-later
"""What is held out from a training is land like the rest, wide enough to measure, and known afterwards."""

import json

import numpy as np
import pytest
from geogan.models.area import Area
from geogan.models.training.hold_out import Strip, split_at, split_by_place, strips_to_hold_out
from hypothesis import given
from hypothesis import strategies as st

ENDS = (Strip(0, 0, 180), Strip(0, 1020, 1200), Strip(1, 0, 150), Strip(1, 850, 1000))  # of 1200 x 1000 px


def _land(rows, cols):
    """Return land that varies most along its rows, so that its steepness is the same at each of them."""
    return Area(np.add.outer(np.sin(np.arange(rows) / 3.0), np.zeros(cols)).astype(np.float32))


def _place(strip):
    lines = slice(strip.first, strip.end)
    return (slice(None), lines) if strip.axis else lines


def test_held_out_parts_and_training_parts_share_no_pixel():
    area = Area(np.arange(500 * 300, dtype=np.float32).reshape(500, 300), 1)
    training, held_out = split_by_place([area], 0.3)
    assert held_out[0].values.shape == (150, 300)
    assert np.intersect1d(training[0].values, held_out[0].values).size == 0
    assert training[0].values.size + held_out[0].values.size == area.values.size
    assert training[0].landscape == held_out[0].landscape == 1


def test_a_strip_of_sea_is_not_held_out_where_the_other_end_is_land():
    values = _land(500, 300).values.copy()
    values[400:] = 0.0
    training, held_out = split_by_place([Area(values)], 0.3)
    np.testing.assert_array_equal(held_out[0].values, values[:150])
    np.testing.assert_array_equal(training[0].values, values[150:])


@pytest.mark.parametrize("like", ENDS)
def test_the_end_that_is_held_out_is_the_one_most_like_the_whole(like):
    random = np.random.default_rng(5)
    steepness = np.full((1200, 1000), 4.0)
    steepness[300:900, 250:750] = 2.0
    for end in ENDS:
        if end != like:
            steepness[_place(end)] = 8.0 if end.first else 1.0
    steepness[_place(like)] = steepness.mean()
    area = Area((steepness * random.standard_normal(steepness.shape)).astype(np.float32))
    assert strips_to_hold_out([area], 0.15) == [like]


def test_what_is_left_of_a_long_area_keeps_its_width():
    values = _land(1200, 640).values.copy()
    values[:200], values[1000:] = 3.0 * values[:200], 3.0 * values[1000:]  # no end of the rows is like it
    (strip,) = strips_to_hold_out([Area(values)], 0.15)
    assert strip.axis == 0, "512 px of width would be left of 1200 px, less than half"


@pytest.mark.parametrize(
    ("side", "held_px"), [(1200, 180), (853, 128), (600, 128), (384, 128), (383, 0), (300, 0)]
)
def test_a_strip_is_wide_enough_for_windows_of_flow_or_none_is_held_out(side, held_px):
    training, held_out = split_by_place([_land(side, side)], 0.15)
    assert [sorted(area.values.shape) for area in held_out] == ([[held_px, side]] if held_px else [])
    assert sorted(training[0].values.shape) == [side - held_px, side]


def test_a_small_share_holds_out_a_strip_that_is_wide_enough_and_no_share_none():
    for share, held_px in ((0.02, 128), (0.0, 0)):
        _, held_out = split_by_place([_land(1000, 1000)], share)
        assert sum(area.values.size for area in held_out) == 1000 * held_px


def test_of_a_short_side_no_more_than_was_asked_for_is_held_out():
    _, held_out = split_by_place([_land(300, 300)], 0.3)
    assert sorted(held_out[0].values.shape) == [90, 300]


@pytest.mark.parametrize("land", [slice(352, 500), slice(0, 148)])
def test_an_area_whose_land_lies_at_one_end_is_trained_on_whole(land):
    values = np.full((500, 300), np.nan, np.float32)
    values[land] = _land(148, 300).values
    area = Area(values)
    training, held_out = split_by_place([area], 0.3)
    assert training[0] is area
    assert held_out == []


def test_an_area_too_small_to_hold_anything_out_is_trained_on_whole():
    area = _land(200, 300)
    training, held_out = split_by_place([area], 0.2)
    assert training[0] is area
    assert held_out == []


@given(
    shape=st.tuples(st.integers(130, 700), st.integers(130, 700)),
    share=st.floats(0.1, 0.5),
    seed=st.integers(0, 99),
)
def test_strips_that_went_through_a_model_file_split_the_areas_again(shape, share, seed):
    values = np.random.default_rng(seed).standard_normal(shape).astype(np.float32)
    areas = [Area(values), _land(100, 100)]
    strips = strips_to_hold_out(areas, share)
    plain = json.loads(json.dumps([strip and strip.to_json() for strip in strips]))
    again = [each and Strip.from_json(each) for each in plain]
    for ours, theirs in zip(split_by_place(areas, share), split_at(areas, again)):
        assert len(ours) == len(theirs)
        for one, other in zip(ours, theirs):
            np.testing.assert_array_equal(one.values, other.values)
