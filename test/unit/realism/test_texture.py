# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import numpy as np
import pytest
from geogan.realism import texture
from geogan.realism.texture import TEXTURE, texture_score


@pytest.fixture(scope="module")
def land(power_law_noise):
    """Sharp crests between hollows, 512 x 384 px in metres: unlike noise, not alike turned upside down."""
    return _crests(power_law_noise, 16)


@pytest.fixture(scope="module")
def other_land(power_law_noise):
    return _crests(power_law_noise, 17)


def _crests(power_law_noise, seed):
    return 1000.0 - 300.0 * np.abs(power_law_noise((512, 384), 2.0, seed))


def _with_random_phases(land):
    """Noise with the power spectrum of the land and its mirror images."""
    mirrored = np.block([[land, land[:, ::-1]], [land[::-1], land[::-1, ::-1]]])
    white = np.fft.rfft2(np.random.default_rng(18).normal(size=mirrored.shape))
    amplitude = np.abs(np.fft.rfft2(mirrored))
    return np.fft.irfft2(amplitude * white / np.abs(white), mirrored.shape)[: land.shape[0], : land.shape[1]]


def _assert_same(score, expected, rel=1e-6):
    assert score.value == pytest.approx(expected.value, rel=rel)
    assert score.distances == pytest.approx(expected.distances, rel=rel, abs=1e-9)
    assert score.floors == pytest.approx(expected.floors, rel=rel, abs=1e-9)


def test_equal_fields_have_no_distance_and_score_below_1(land):
    score = texture_score([land], [land.copy()], 30.0)
    assert score.distances == pytest.approx(dict.fromkeys((*TEXTURE, "pits"), 0.0), abs=1e-12)
    assert set(score.floors) == set(score.distances)
    assert 0 < score.value < 0.5


def test_the_value_is_the_geometric_mean_of_distance_over_floor_without_pits(land, other_land):
    score = texture_score([land], [other_land], 30.0)
    names = ("slope", "curvature_1", "curvature_2", "curvature_4", "relief_16", "relief_64", "spectrum")
    product = np.prod([(score.distances[name] + 0.01) / (score.floors[name] + 0.01) for name in names])
    assert score.value == pytest.approx(product ** (1 / 7))


def test_stationary_ground_has_floors_near_0(power_law_noise):
    white = np.random.default_rng(19).normal(size=(640, 640))
    floors = texture_score([white], [white], 1.0).floors
    assert max(floors[name] for name in TEXTURE) < 0.05
    assert floors["pits"] < 0.05


def test_more_of_the_same_ground_scores_about_1(power_law_noise):
    rough = [power_law_noise((384, 384), 3.0, seed) for seed in (20, 21)]
    assert 0.4 < texture_score(rough[:1], rough[1:], 1.0).value < 1.6


def test_noise_with_the_spectrum_of_the_land_differs_in_form_alone(land):
    score = texture_score([land], [_with_random_phases(land)], 30.0)
    assert score.distances["spectrum"] < score.floors["spectrum"]
    for form in ("slope", "curvature_1", "curvature_2", "curvature_4", "relief_16"):
        assert score.distances[form] > 2 * score.floors[form]


def test_smoother_ground_scores_worse_the_smoother_it_is(land):
    smooth = (land + np.roll(land, 1, 0) + np.roll(land, 1, 1)) / 3
    smoother = (smooth + np.roll(smooth, 2, 0) + np.roll(smooth, 2, 1)) / 3
    values = [texture_score([land], [field], 30.0).value for field in (land, smooth, smoother)]
    assert values == sorted(values)
    assert values[2] > 1.5 * values[1] > 2 * values[0]


def test_ground_twice_as_high_is_as_far_as_the_mean(land):
    distances = texture_score([land], [2 * land], 30.0).distances
    for name in ("slope", "curvature_1", "curvature_2", "curvature_4", "relief_16", "relief_64"):
        assert distances[name] == pytest.approx(1.0)
    assert distances["spectrum"] == pytest.approx(np.log10(4))
    assert distances["pits"] == 0


def test_a_quarter_of_the_pits_is_a_distance_of_ln_4():
    tilted = 1e-3 * np.add.outer(np.arange(258.0), 0.7 * np.arange(258.0))
    dense, sparse = tilted.copy(), tilted.copy()
    dense[1::2, 1::2] -= 1
    sparse[1::4, 1::4] -= 1
    assert texture_score([dense], [sparse], 1.0).distances["pits"] == pytest.approx(np.log(4), rel=0.02)


def test_ground_without_any_relief_has_a_bad_but_finite_score(land):
    assert 5 < texture_score([land], [np.zeros_like(land)], 30.0, precision=1.0).value < 1000


def test_both_are_rounded_to_the_precision_of_the_source(land):
    gentle = land / 50
    fine = texture_score([np.rint(gentle)], [gentle], 30.0)
    alike = texture_score([np.rint(gentle)], [gentle], 30.0, precision=1.0)
    assert fine.distances["pits"] > 0.1
    assert max(alike.distances.values()) < 1e-12


def test_voids_around_a_field_change_nothing(land, other_land):
    framed = np.pad(other_land, ((0, 64), (0, 90)), constant_values=np.nan)
    _assert_same(texture_score([land], [framed], 30.0), texture_score([land], [other_land], 30.0))


def test_a_void_inside_a_field_is_no_difference_by_itself(land):
    holed = land.copy()
    holed[200:230, 100:140] = np.nan
    distances = texture_score([land], [holed], 30.0).distances
    assert 0 < max(distances.values()) < 0.05


def test_neither_order_nor_repetition_of_fields_changes_the_score(land, other_land):
    pieces = [other_land[:200], other_land[200:]]
    expected = texture_score([land], pieces, 30.0)
    _assert_same(texture_score([land], pieces[::-1], 30.0), expected)
    _assert_same(texture_score([land], pieces * 2, 30.0), expected, rel=1e-3)
    _assert_same(texture_score([land, land], pieces, 30.0), expected, rel=1e-3)


@pytest.mark.parametrize("turned", [np.transpose, np.flipud, np.fliplr])
def test_turning_the_ground_does_not_change_the_score(land, other_land, turned):
    expected = texture_score([land], [other_land], 30.0)
    _assert_same(texture_score([turned(land)], [turned(other_land)], 30.0), expected)


def test_metres_and_feet_give_the_same_score(land, other_land):
    in_feet = texture_score([land / 0.3048], [other_land / 0.3048], 30.0 / 0.3048)
    _assert_same(in_feet, texture_score([land], [other_land], 30.0))


def test_the_height_of_the_strips_does_not_matter(land, other_land, monkeypatch):
    expected = texture_score([land], [other_land], 30.0)
    monkeypatch.setattr(texture, "_STRIP_ROWS", 37)
    _assert_same(texture_score([land], [other_land], 30.0), expected)


def test_thinned_values_give_nearly_the_same_distances(land, other_land, monkeypatch):
    expected = texture_score([land], [other_land], 30.0)
    monkeypatch.setattr(texture, "_MOST_VALUES", 20_000)
    thinned = texture_score([land], [other_land], 30.0)
    assert thinned.distances != expected.distances
    assert thinned.distances == pytest.approx(expected.distances, abs=0.02)


def test_the_fields_themselves_are_not_changed(land):
    real, synthetic = land.astype(np.float32), land.astype(np.float32)
    texture_score([real], [synthetic], 30.0, precision=1.0)
    np.testing.assert_array_equal(real, land.astype(np.float32))
    np.testing.assert_array_equal(synthetic, land.astype(np.float32))


def test_the_smallest_ground_that_can_be_measured_is_64_by_128_px(land):
    assert texture_score([land[:64, :128]], [land[:64, :64]], 30.0) is not None
    assert texture_score([land[:64, :127]], [land[:64, :64]], 30.0) is None
    assert texture_score([land[:63, :128]], [land[:64, :64]], 30.0) is None
    assert texture_score([land[:64, :128]], [land[:64, :63]], 30.0) is None


def test_parts_that_are_void_are_left_out_of_the_floor(land):
    half_void = land.copy()
    half_void[:, :192] = np.nan
    top_bottom = texture_score([land[:, 192:]], [land], 30.0)
    score = texture_score([half_void], [land], 30.0)
    assert score.distances == pytest.approx(top_bottom.distances, rel=0.05, abs=0.01)
    assert score.floors["slope"] > 0


@pytest.mark.parametrize("nothing", [[], [np.full((300, 300), np.nan)], [np.full((300, 300), 7.0)]])
def test_ground_without_heights_or_slopes_cannot_be_scored(land, nothing):
    assert texture_score(nothing, [land], 30.0) is None
