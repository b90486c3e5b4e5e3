# SPDX-License-Identifier: GPL-3.0-or-later
"""The benchmark of land that follows something: its pages, and sketches drawn of real land."""

from __future__ import annotations

from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import pytest
from geogan.realism.comparison import Reference
from geogan.test.bench.guided import drawn, drawn_bars, filled, filled_bars, ground
from geogan.test.bench.guided.drawn import PEAK_PX, Drawn, largest_miss, share_of_lakes, sketch_of
from geogan.test.bench.guided.filled import Filling, bends_at, steps_across
from geogan.test.bench.guided.pages import PAGES, table
from geogan.test.bench.guided.refined import OURS, Result, spread_over_error, way
from geogan.test.bench.guided.refined_bars import summary
from geogan.test.harness.programs import BUNDLED_MODEL, SAMPLE
from scipy import ndimage


def test_each_way_has_a_line_with_the_medians_of_its_seeds():
    columns = next(page.columns for page in PAGES if page.kind is Result)
    seeds = [Result(height, 0.1, 0.97, 1.1, 0.3, 1.65, 0.5) for height in (30.0, 10.0, 20.0)]
    smooth = [Result(8.0, 0.2, 0.8, 9.0, 2.0, 3.7)]
    lines = table({"bicubic": smooth, "ours": seeds}, Result, columns).splitlines()
    assert lines[0] == f"|  | {' | '.join(columns)} |"
    assert lines[2:] == [
        "| bicubic | 8 | 0.2 | 0.8 | 9 | 2 | 3.7 | – |",
        "| ours | 20 | 0.1 | 0.97 | 1.1 | 0.3 | 1.65 | 0.5 |",
    ]


def test_what_misses_its_bar_is_named_in_the_summary():
    others = {
        "bilinear": (20.0, 5.0, 3.0, 4.0),
        "bicubic": (10.0, 4.0, 2.0, 2.0),
        "cubic spline": (30.0, 6.0, 4.0, 4.0),
    }
    slope_errors = {2: 0.1, 4: 0.12, 8: 0.1}
    ours = {2: (11.4, 3.0, 1.1, 1.1), 4: (11.6, 3.0, 1.2, 1.3), 8: (11.0, 4.1, 2.0, 2.1)}
    found = {}
    for factor, measured in ours.items():
        for name, (height, distribution, texture, land) in {**others, OURS: measured}.items():
            slope_error = slope_errors[factor] if name == OURS else 0.1
            median = Result(height, slope_error, 1.0, distribution, texture, land, 0.5)
            others_of_it = [
                replace(median, height_error=each * height, land=each * land) for each in (0.5, 9.0)
            ]
            found[way(factor, name)] = [others_of_it[1], median, others_of_it[0]]

    lines = summary({"Alps": found}).splitlines()

    assert lines[-4:] == [
        "| *bar* | at most 1.15 | at most 1.15 | at most 1.15 | at most 1.2 | at most 1 | at most 1 |",
        "| Alps, 2 times | 1.14 | 1 | 1.1 | 1.1 | 0.75 | 0.55 |",
        "| Alps, 4 times | 1.16 **NO** | 1.2 **NO** | 1.2 **NO** | 1.3 **NO** | 0.75 | 0.624 |",
        "| Alps, 8 times | 1.1 | 1 | 2 **NO** | 2.1 **NO** | 1.02 **NO** | 1.02 **NO** |",
    ]


def test_voids_that_are_steeper_rougher_or_bend_more_at_their_rim_are_named_in_the_summary():
    filled_voids = {
        5: Filling(20.0, 0.8, 0.5, 1.0, 0.9, 1.2),
        20: Filling(20.0, 1.4, 1.3, 1.0, 1.1, 1.6),
        60: Filling(20.0, 1.0, 1.0, 1.0, 1.0, 0.9),
    }
    interpolated_bends = {5: 1.5, 20: 1.5, 60: 0.45}
    found = {}
    for radius, ours in filled_voids.items():
        bend = interpolated_bends[radius]
        found[filled.way(radius, filled.INTERPOLATED)] = [Filling(10.0, 0.7, 1.6, 4.0, 0.6, bend)]
        luckier, unluckier = replace(ours, rim_step=0.5, slope=0.1), replace(ours, rim_step=9.0, slope=9.0)
        found[filled.way(radius, filled.OURS)] = [unluckier, ours, luckier]

    lines = filled_bars.summary({"Alps": found}).splitlines()
    alike = "at least 0.75 and at most 1.33"

    assert lines[-4:] == [
        f"| *bar* | at most 1 | at most 1 | at most 1 | {alike} | {alike} |",
        "| Alps, 10 px wide | 0.9 | 1.2 **NO** | 0.8 | 0.8 | 0.5 **NO** |",
        "| Alps, 40 px wide | 1.1 **NO** | 1.6 **NO** | 1.07 **NO** | 1.4 **NO** | 1.3 |",
        "| Alps, 120 px wide | 1 | 0.9 | 2 **NO** | 1 | 1 |",
    ]


def test_one_seed_that_misses_its_sketch_or_has_a_lake_is_named_in_the_summary():
    met = Drawn(0.6, 0.0, 90.0, 1.0, 0.5, 0.8)
    found = {
        name: {drawn.OURS: [met, worst, met]}
        for name, worst in {
            "Alps": met,
            "Andes": Drawn(1.2, 0.0, 90.0, 1.0, 0.5, 0.8),
            "Fens": Drawn(0.9, 0.1, 90.0, 1.0, 0.5, 0.8),
        }.items()
    }
    assert drawn_bars.summary(found).splitlines()[-4:] == [
        "| *bar* | at most 1 | at most 0 |",
        "| Alps | 0.6 | 0 |",
        "| Andes | 1.2 **NO** | 0 |",
        "| Fens | 0.9 | 0.1 **NO** |",
    ]


def test_the_spread_is_1_where_the_real_land_is_one_more_like_the_others():
    random = np.random.default_rng(5)
    real, *lands = random.normal(0.0, 30.0, (4, 200, 200))
    calm = [0.5 * land for land in lands]
    assert spread_over_error(lands, real) == pytest.approx(1.0, abs=0.02)
    assert spread_over_error(calm, real) < 0.6


def test_the_distance_of_slopes_is_small_for_land_as_steep_and_large_for_smooth_land():
    real = np.random.default_rng(3).normal(0.0, 30.0, (256, 256))
    reference = Reference([real], 90.0)
    alike, smooth = np.rot90(real).copy(), ndimage.uniform_filter(real, 5)
    distances = [reference.compare([land]).ratio("slope") for land in (alike, smooth)]
    assert distances[0] < 2.0
    assert distances[1] > 10.0


@pytest.mark.parametrize(("shape", "axis"), [((640, 1192), 1), ((1200, 600), 0)])
def test_of_land_that_a_model_is_trained_on_the_other_half_is_measured_with_a_margin(shape, axis):
    learnt, measured = ground.halves(shape)
    seen = np.zeros(shape, int)
    seen[learnt] += 1
    seen[measured] += 2
    assert set(np.unique(seen)) == {1, 2}, "each pixel is in one of both"
    assert np.mean(seen == 1) == pytest.approx(0.5, abs=0.01)
    assert learnt[axis].stop % max(ground.FACTORS) == 0, "or a coarse cell would have both"

    real = ground.Ground(Path("real.tif"), 30.0, None, measured)
    inside = np.zeros(shape, bool)
    inside[real.inside(shape, 64)] = True
    expected = ndimage.binary_erosion(seen == 2, np.ones((3, 3)), iterations=64)
    np.testing.assert_array_equal(inside, expected)


def test_a_model_is_trained_for_land_of_other_pixels_than_the_bundled_models_on_the_half_not_measured(
    tmp_path, monkeypatch
):
    learnt = []
    monkeypatch.setattr(ground, "_trained", lambda layer, *_: learnt.append(ground.read(layer)) or "trained")
    bundled, other = (ground.ground_of(SAMPLE, size, None, tmp_path) for size in (90.0, 120.0))
    assert (bundled.model, bundled.measured) == (BUNDLED_MODEL, (slice(None), slice(None)))
    real = ground.read(other.real)
    assert other.model == "trained"
    np.testing.assert_array_equal(*learnt, real[ground.halves(real.shape)[0]])
    assert other.measured == ground.halves(real.shape)[1]


def test_of_land_that_the_bundled_model_makes_finer_all_is_measured_but_a_margin():
    assert ground.Ground(Path("real.tif"), 90.0, None).inside((100, 80), 16) == (slice(16, 84), slice(16, 64))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_each_page_names_all_that_is_measured(page):
    assert len(page.columns) == len(fields(page.kind))
    assert page.head.startswith("# ")


@pytest.fixture(scope="module")
def valley():
    """Land with one river, in the column 60, that falls towards the first row, and a peak beside it."""
    rows, cols = np.mgrid[0:200, 0:120].astype(float)
    hill = 300.0 * np.exp(-((rows - 100) ** 2 + (cols - 95) ** 2) / 200.0)
    return rows + 3.0 * np.abs(cols - 60) + hill


def test_the_rivers_and_peaks_of_land_are_drawn(valley):
    rivers, peaks = sketch_of(valley)
    (main,) = (river for river in rivers if river[-1][0] == 0)
    assert {col for _, col, _ in main} == {60}
    heights = [height for _, _, height in main]
    assert heights == sorted(heights, reverse=True)
    assert any(abs(row - 100) < 3 and abs(col - 95) < 3 for ((row, col, _),) in peaks)
    assert all(
        valley[row, col] >= valley[max(0, row - PEAK_PX) : row, col].max(initial=0)
        for ((row, col, _),) in peaks
    )


def test_land_meets_its_own_sketch_and_has_no_lakes(valley):
    rivers, peaks = sketch_of(valley)
    assert largest_miss(valley, [*rivers, *peaks]) == 0.0
    assert share_of_lakes(valley, rivers) == 0.0


def test_a_lake_between_the_vertices_of_a_river_is_seen():
    plain = np.add.outer(np.arange(20.0), np.zeros(20))
    plain[9:12, 9:12] -= 30.0
    river = [(18, 10, 18.0), (2, 10, 2.0)]
    assert share_of_lakes(plain, [river]) == pytest.approx(3 / 17)


def test_a_dam_makes_a_lake_and_lifted_land_misses_its_sketch(valley):
    rivers, peaks = sketch_of(valley)
    dammed = valley.copy()
    dammed[20] = 1000.0
    assert share_of_lakes(dammed, rivers) > 0.3
    assert largest_miss(valley + 10.0, peaks) == pytest.approx(10.0 / np.ptp(valley))


def test_steps_and_bends_are_those_across_the_rim():
    rows, cols = np.mgrid[0:30, 0:40].astype(float)
    is_void = np.zeros((30, 40), bool)
    is_void[10:20, 10:25] = True
    plane = 2.0 * rows + 2.0 * cols
    assert set(steps_across(plane, is_void)) == {2.0}
    assert not bends_at(plane, is_void).any()
    lifted = plane + 9.0 * is_void
    assert set(steps_across(lifted, is_void)) == {7.0, 11.0}
    assert set(bends_at(lifted, is_void)) == {9.0}
    folded = 5.0 * np.maximum(cols - 10, 0)  # along the first column of the void
    assert max(bends_at(folded, is_void)) == 5.0
