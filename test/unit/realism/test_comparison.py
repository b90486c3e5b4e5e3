# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from geogan.realism import measures
from geogan.realism.comparison import Reference, compare
from geogan.realism.measures import EXPONENTS, FIGURES, LAND, LEVEL_SHARE, LINES, MEASURES, TEXTURE
from geogan.realism.relief import slope, strict_minima
from osgeo import gdal
from scipy import stats

SAMPLE = Path(__file__).parents[3] / "resources" / "sample" / "jacksboro_fault.tif"
WITHOUT_FLOW = (*TEXTURE, "geomorphons", "pits")
PROPORTIONAL = ("slope", "curvature_1", "curvature_2", "curvature_4", "relief_16", "relief_64")


def _crests(power_law_noise, seed):
    """Sharp crests between hollows, in metres: unlike noise, not alike turned upside down."""
    return 1000.0 - 300.0 * np.abs(power_law_noise((300, 280), 2.0, seed))


@pytest.fixture(scope="module")
def land(power_law_noise):
    return _crests(power_law_noise, 16)


@pytest.fixture(scope="module")
def other_land(power_law_noise):
    return _crests(power_law_noise, 17)


@pytest.fixture(scope="module")
def low_land(land):
    """Too low for windows of flow, which take the longest."""
    return land[:128, :192]


@pytest.fixture(scope="module")
def other_low_land(other_land):
    return other_land[:128, :192]


@pytest.fixture(scope="module")
def low_compared(low_land, other_low_land):
    return compare([low_land], [other_low_land], 30.0)


@pytest.fixture(scope="module")
def reference(land):
    return Reference([land], 30.0)


@pytest.fixture(scope="module")
def compared(reference, other_land):
    return reference.compare([other_land])


def _assert_near(comparison, expected, near=0.02, names=MEASURES):
    for name in names:
        assert comparison.distances[name] == pytest.approx(expected.distances[name], abs=near), name
        assert comparison.floors[name] == pytest.approx(expected.floors[name], abs=near), name


def test_equal_fields_have_no_distance_and_score_below_1(reference, land):
    comparison = reference.compare([land.copy()])
    assert comparison.distances == pytest.approx(dict.fromkeys(MEASURES, 0.0), abs=1e-12)
    assert comparison.real == comparison.synthetic
    assert set(comparison.floors) == set(MEASURES)
    assert 0 < comparison.texture < 0.5
    assert 0 < comparison.land < 0.5


def test_a_score_is_the_geometric_mean_of_distance_over_floor(compared):
    for score, names in ((compared.texture, TEXTURE), (compared.land, LAND)):
        ratios = [(compared.distances[name] + 0.01) / (compared.floors[name] + 0.01) for name in names]
        assert score == pytest.approx(stats.gmean(ratios))


def test_the_scores_have_the_measures_of_the_design():
    assert tuple(TEXTURE) == (*PROPORTIONAL, "spectrum", "patches")
    assert tuple(LAND) == ("geomorphons", "pits", "fill")
    assert (*LINES, *EXPONENTS) == ("straightness", "drainage_exponent", "hack_exponent")


def test_a_floor_is_the_median_distance_of_the_four_pairs_of_opposite_parts(compared, land):
    parts = [
        (land[:, :140], land[:, 140:]),
        (land[:150], land[150:]),
        (land[:150, :140], land[150:, 140:]),
        (land[:150, 140:], land[150:, :140]),
    ]
    apart = [stats.wasserstein_distance(*(slope(part, 30.0).ravel() for part in pair)) for pair in parts]
    assert compared.floors["slope"] == pytest.approx(np.median(apart) / slope(land, 30.0).mean(), rel=0.01)


def test_the_parts_of_several_fields_are_pooled(low_land):
    west, east = low_land[:, :96], low_land[:, 96:] + 60.0 * np.arange(96.0)
    apart = compare([np.hstack([west, east])], [low_land], 30.0).floors["slope"]
    pooled = compare([west, east], [low_land], 30.0).floors["slope"]
    assert pooled < 0.5 * apart


def test_stationary_ground_has_floors_near_0():
    white = np.random.default_rng(19).normal(size=(128, 512))
    floors = compare([white], [white], 1.0).floors
    assert max(floors[name] for name in WITHOUT_FLOW) < 0.1


def test_more_of_the_same_ground_scores_about_1(compared):
    assert 0.5 < compared.texture < 2
    assert 0.3 < compared.land < 3


def test_noise_passes_as_texture_and_fails_as_land():
    sample = gdal.Open(str(SAMPLE)).ReadAsArray()
    comparison = compare([sample], [sample[:300, :300]], 80.0, 1.0, with_noise=True)
    assert set(comparison.noise) == set(MEASURES)
    assert comparison.noise_texture < 1
    assert comparison.noise_land > 3 * comparison.noise_texture
    assert comparison.noise_land > 2 * comparison.land


def test_noise_is_compared_only_when_asked_for(compared, reference, other_land):
    assert (compared.noise, compared.noise_texture, compared.noise_land) == ({}, None, None)
    first, second = (reference.compare([other_land], with_noise=True) for _ in range(2))
    assert first == second
    assert set(first.noise) == set(MEASURES)
    assert (first.texture, first.land) == (compared.texture, compared.land)


def test_smoother_ground_scores_worse_the_smoother_it_is(reference, land):
    smooth = (land + np.roll(land, 1, 0) + np.roll(land, 1, 1)) / 3
    smoother = (smooth + np.roll(smooth, 2, 0) + np.roll(smooth, 2, 1)) / 3
    scores = [reference.compare([field]).texture for field in (land, smooth, smoother)]
    assert scores == sorted(scores)
    assert scores[2] > 1.5 * scores[1] > 2 * scores[0]


def test_ground_twice_as_high_is_as_far_as_the_mean(reference, land):
    distances = reference.compare([2 * land]).distances
    assert [distances[name] for name in PROPORTIONAL] == pytest.approx([1.0] * len(PROPORTIONAL))
    assert distances["spectrum"] == pytest.approx(np.log10(4))
    assert 0.5 < distances["patches"] < 1  # mean size over standard deviation
    water = ("pits", "fill", *EXPONENTS)  # finds the same way on either
    assert [distances[name] for name in water] == pytest.approx([0.0] * 4, abs=1e-9)


def test_a_quarter_of_the_pits_is_a_distance_of_ln_4():
    tilted = 1e-3 * np.add.outer(np.arange(127.0), 0.7 * np.arange(258.0))
    dense, sparse = tilted.copy(), tilted.copy()
    dense[1::2, 1::2] -= 1
    sparse[1::4, 1::4] -= 1
    comparison = compare([dense], [sparse], 1.0)
    assert comparison.distances["pits"] == pytest.approx(np.log(4), rel=0.03)
    assert comparison.real["pit_share"] == pytest.approx(1 / 4, rel=0.03)
    assert comparison.synthetic["pit_share"] == pytest.approx(1 / 16, rel=0.03)


def test_walls_along_the_rows_are_far_in_lines_and_in_neither_score(reference, land):
    walls = land + 400.0 * (np.arange(len(land))[:, None] // 8 % 2)
    apart = reference.compare([walls])
    shares = apart.real["straightness"], apart.synthetic["straightness"]
    assert shares[1] > 2 * shares[0]
    assert apart.distances["straightness"] == pytest.approx(np.log(shares[1] / shares[0]), abs=1e-3)
    assert "straightness" not in {*TEXTURE, *LAND}


def test_land_without_any_depression_is_finitely_far():
    for name in ("pits", "fill"):
        measure = LAND[name][0]
        assert measure.distance(0.0, 99e-5, 1.0) == pytest.approx(np.log(100))
        assert measure.distance(99e-5, 0.0, 1.0) == pytest.approx(np.log(100))
        assert measure.distance(0.0, 0.0, 1.0) == 0


def test_the_plain_figures_are_those_of_the_fields(compared, land, other_land):
    for figures, field in ((compared.real, land), (compared.synthetic, other_land)):
        assert set(figures) == {*FIGURES, LEVEL_SHARE}
        assert figures["mean_slope"] == pytest.approx(slope(field, 30.0).mean(), rel=1e-3)
        assert figures["pit_share"] == pytest.approx(strict_minima(field).mean())


def test_the_differences_of_the_exponents_are_distances(compared):
    for name in EXPONENTS:
        apart = abs(compared.real[name] - compared.synthetic[name])
        assert compared.distances[name] == pytest.approx(apart)


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


def test_a_plane_and_a_chessboard_are_finitely_far(reference, land):
    rows, cols = np.indices((300, 280))
    for field in (3.0 * rows + 2.0 * cols, 1000.0 + (rows + cols) % 2):
        comparison = reference.compare([field])
        assert 3 < comparison.texture < 1000
        assert 1 < comparison.land < 1000
