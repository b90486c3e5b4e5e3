# SPDX-License-Identifier: GPL-3.0-or-later
"""Ground that is too small, too void or too level for all that is measured, or for any of it."""

from __future__ import annotations

import numpy as np
import pytest
from geogan.realism.comparison import compare
from geogan.realism.measures import LEVEL_SHARE, LINES
from geogan.realism.relief import slope
from scipy import stats

from .conftest import WITHOUT_FLOW


def test_a_narrow_strip_is_compared_with_the_floors_of_the_whole(low_land, other_low_land, low_compared):
    strip = low_land[:120, :70]
    assert compare([strip], [other_low_land], 30.0) is None
    comparison = compare([strip], [other_low_land], 30.0, floor_of=[low_land])
    scale = slope(strip, 30.0).mean() / slope(low_land, 30.0).mean()
    assert comparison.floors["slope"] * scale == pytest.approx(low_compared.floors["slope"], rel=1e-3)
    assert comparison.real["mean_slope"] == pytest.approx(slope(strip, 30.0).mean(), rel=1e-3)


def test_fields_without_room_for_flow_have_no_score_of_land(low_compared):
    assert low_compared.texture > 0
    assert low_compared.land is None
    assert set(low_compared.distances) == set(low_compared.floors) == {*WITHOUT_FLOW, *LINES}
    plain = {"mean_slope", "pit_share", "straightness", LEVEL_SHARE}
    assert set(low_compared.real) == set(low_compared.synthetic) == plain


def test_the_smallest_ground_that_can_be_measured_is_64_by_128_px(land):
    assert compare([land[:64, :128]], [land[:64, :64]], 30.0) is not None
    assert compare([land[:64, :127]], [land[:64, :64]], 30.0) is None
    assert compare([land[:63, :128]], [land[:64, :64]], 30.0) is None
    assert compare([land[:64, :128]], [land[:64, :63]], 30.0) is None


def test_synthetic_ground_needs_room_for_the_windows_that_the_real_has(reference, land):
    assert reference.compare([land[:128, :128]]) is not None
    assert reference.compare([land[:127, :128]]) is None


def test_the_windows_are_those_that_most_pairs_of_parts_have_room_for(land):
    # Of 128 x 260 px the left and right halves alone hold windows of 128 px; all parts hold those of 64 px.
    assert compare([land[:128, :260]], [land[:64, :64]], 30.0) is not None


def test_parts_that_are_void_are_left_out_of_the_floors(land, other_land):
    field = land[:, :140]
    comparison = compare([np.hstack([np.full_like(field, np.nan), field])], [other_land], 30.0)
    apart = stats.wasserstein_distance(slope(field[:150], 30.0).ravel(), slope(field[150:], 30.0).ravel())
    assert comparison.floors["slope"] == pytest.approx(apart / slope(field, 30.0).mean(), rel=0.01)


@pytest.mark.parametrize(
    "nothing",
    [
        [],
        [np.full((100, 200), np.nan)],
        [np.full((100, 200), 7.0)],
        [np.add.outer(np.arange(100), np.arange(200))],
    ],
    ids=["no field", "all void", "all level", "a plane"],
)
def test_ground_without_heights_or_forms_cannot_be_compared_with(land, nothing):
    assert compare(nothing, [land], 30.0) is None


@pytest.mark.parametrize(
    "nothing", [[], [np.full((100, 200), np.nan)], [np.zeros((0, 0))], [np.ones((5, 5))]]
)
def test_nothing_cannot_be_compared(reference, nothing):
    assert reference.compare(nothing) is None
