# SPDX-License-Identifier: GPL-3.0-or-later
"""The distances between lands, their floors, and the scores that these give."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from geogan.realism.comparison import compare
from geogan.realism.measures import EXPONENTS, FIGURES, LAND, LEVEL_SHARE, LINES, MEASURES, TEXTURE
from geogan.realism.relief import slope, strict_minima
from osgeo import gdal
from scipy import stats

from .conftest import WITHOUT_FLOW

SAMPLE = Path(__file__).parents[3] / "resources" / "sample" / "jacksboro_fault.tif"
PROPORTIONAL = ("slope", "curvature_1", "curvature_2", "curvature_4", "relief_16", "relief_64")


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


def test_a_plane_and_a_chessboard_are_finitely_far(reference, land):
    rows, cols = np.indices((300, 280))
    for field in (3.0 * rows + 2.0 * cols, 1000.0 + (rows + cols) % 2):
        comparison = reference.compare([field])
        assert 3 < comparison.texture < 1000
        assert 1 < comparison.land < 1000


def test_the_plain_figures_are_those_of_the_fields(compared, land, other_land):
    for figures, field in ((compared.real, land), (compared.synthetic, other_land)):
        assert set(figures) == {*FIGURES, LEVEL_SHARE}
        assert figures["mean_slope"] == pytest.approx(slope(field, 30.0).mean(), rel=1e-3)
        assert figures["pit_share"] == pytest.approx(strict_minima(field).mean())


def test_the_differences_of_the_exponents_are_distances(compared):
    for name in EXPONENTS:
        apart = abs(compared.real[name] - compared.synthetic[name])
        assert compared.distances[name] == pytest.approx(apart)
