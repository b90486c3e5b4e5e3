# SPDX-License-Identifier: GPL-3.0-or-later
"""What does not change how far two lands are apart, or hardly."""

from __future__ import annotations

import numpy as np
import pytest
from geogan.realism import measures
from geogan.realism.comparison import compare
from geogan.realism.measures import MEASURES, TEXTURE

from .conftest import WITHOUT_FLOW


def _assert_near(comparison, expected, near=0.02, names=MEASURES):
    for name in names:
        assert comparison.distances[name] == pytest.approx(expected.distances[name], abs=near), name
        assert comparison.floors[name] == pytest.approx(expected.floors[name], abs=near), name


def test_a_lake_is_left_out_of_both(reference, land, other_land):
    flooded = other_land.copy()
    flooded[:70, :60] = 800.0
    dry = other_land.copy()
    dry[:70, :60] = np.nan
    _assert_near(reference.compare([flooded]), reference.compare([dry]), 0)
    assert compare([np.zeros_like(land)], [land], 30.0) is None
    assert reference.compare([np.zeros_like(land)]) is None


def test_both_are_rounded_to_the_precision_of_the_source(low_land):
    gentle = low_land / 50
    fine = compare([np.rint(gentle)], [gentle], 30.0)
    alike = compare([np.rint(gentle)], [gentle], 30.0, precision=1.0)
    assert fine.distances["pits"] > 0.1
    assert max(alike.distances.values()) < 1e-12


def test_voids_around_a_field_hardly_change_anything(reference, other_land, compared):
    framed = np.pad(other_land, ((0, 64), (0, 90)), constant_values=np.nan)
    _assert_near(reference.compare([framed]), compared)


def test_a_void_inside_a_field_is_no_difference_by_itself(reference, land):
    holed = land.copy()
    holed[130:150, 100:140] = np.nan
    distances = reference.compare([holed]).distances
    assert 0 < max(distances[name] for name in TEXTURE) < 0.05
    assert distances["geomorphons"] < 0.02
    assert distances["pits"] < 0.02


def test_voids_in_part_of_the_real_land_hardly_change_the_texture(low_land, other_low_land, low_compared):
    holed = low_land.copy()
    holed[50:80, 130:150] = np.nan
    texture = compare([holed], [other_low_land], 30.0).texture
    assert texture != low_compared.texture
    assert texture == pytest.approx(low_compared.texture, rel=0.15)


def test_neither_order_nor_repetition_of_fields_changes_the_scores(reference, other_land):
    pieces = [other_land[:150], other_land[150:]]
    expected = reference.compare(pieces)
    _assert_near(reference.compare(pieces[::-1]), expected)
    _assert_near(reference.compare(pieces * 2), expected)


@pytest.mark.parametrize("turned", [np.transpose, np.flipud])
def test_turning_the_ground_hardly_changes_what_is_near(low_land, other_low_land, low_compared, turned):
    comparison = compare([turned(low_land)], [turned(other_low_land)], 30.0)
    _assert_near(comparison, low_compared, 0.05, WITHOUT_FLOW)


def test_metres_and_feet_give_the_same_scores(low_land, other_low_land, low_compared):
    in_feet = compare([low_land / 0.3048], [other_low_land / 0.3048], 30.0 / 0.3048)
    _assert_near(in_feet, low_compared, 1e-5, WITHOUT_FLOW)


def test_the_height_of_the_strips_does_not_matter(reference, other_land, compared, monkeypatch):
    monkeypatch.setattr(measures, "_STRIP_ROWS", 37)
    _assert_near(reference.compare([other_land]), compared, 1e-9)


def test_thinned_values_give_nearly_the_same_distances(reference, other_land, compared, monkeypatch):
    monkeypatch.setattr(measures, "_MOST_VALUES", 10_000)
    thinned = reference.compare([other_land])
    assert thinned.distances["slope"] != compared.distances["slope"]
    _assert_near(thinned, compared)


def test_the_fields_themselves_are_not_changed_and_may_be_integers(land):
    field = land[:64, :128]
    real, synthetic = field.astype(np.int16), field.astype(np.float32)
    assert compare([real], [synthetic], 30.0, precision=1.0) is not None
    np.testing.assert_array_equal(real, field.astype(np.int16))
    np.testing.assert_array_equal(synthetic, field.astype(np.float32))
