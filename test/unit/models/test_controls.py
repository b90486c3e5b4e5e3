# SPDX-License-Identifier: GPL-3.0-or-later
"""Control heights, and which land fits them."""

from __future__ import annotations

import numpy as np
import pytest
from geogan.models.controls import LAYOUT_REACH, Controls, Landscape, fitting_land, likeness, neighbours

HILLS, MOUNTAINS = Landscape(400.0, 150.0), Landscape(1500.0, 650.0)


def controls(*cells: tuple[int, int, float], sides=None) -> Controls:
    rows, cols, heights = np.array(cells, float).reshape(-1, 3).T
    sides = np.zeros((len(cells), 3)) if sides is None else np.array(sides, float)
    return Controls(rows.astype(int), cols.astype(int), heights, sides)


def test_controls_of_one_cell_become_their_mean_below_zero_too():
    fine = controls((-1, -1, 10.0), (-1, 0, 5.0), (0, 0, 20.0), (3, 2, 40.0), (4, 0, 7.0))
    coarse = fine.coarsened(4, 0.0)
    assert coarse.rows.tolist() == [-1, -1, 0, 1]
    assert coarse.cols.tolist() == [-1, 0, 0, 0]
    assert coarse.heights.tolist() == [10.0, 5.0, 30.0, 7.0]


def test_a_cell_lies_above_its_river_and_below_its_ridge():
    fine = controls((0, 0, 100.0), (0, 5, 100.0), (0, 9, 100.0), sides=[(1, 0, 0), (-1, 0, 0), (0, 1, 2)])
    coarse = fine.coarsened(4, 30.0)
    assert coarse.heights.tolist() == [130.0, 70.0, 100.0]
    np.testing.assert_array_equal(coarse.sides, fine.sides)


def test_no_controls_stay_none():
    assert len(controls().coarsened(16, 5.0)) == 0


def test_without_controls_the_land_is_the_first_landscape_as_it_is():
    assert fitting_land(controls(), [MOUNTAINS, HILLS]) == (0, 1.0, 1500.0)


def test_a_single_height_moves_the_land_half_of_the_way():
    assert fitting_land(controls((0, 0, 500.0)), [HILLS]).base == pytest.approx(450.0)


def test_many_heights_decide_where_the_land_lies_and_how_high_it_is():
    rng = np.random.default_rng(2)
    cells = [(30 * row, 30 * col, rng.normal(3000.0, 75.0)) for row in range(12) for col in range(12)]
    fit = fitting_land(controls(*cells), [HILLS])
    assert fit.base == pytest.approx(3000.0, abs=40.0)
    assert fit.relief == pytest.approx(75.0 / HILLS.deviation, abs=0.1)


def test_a_range_beside_a_plain_makes_the_land_no_more_rugged_than_it_is_nearby():
    """Heights that rise evenly over hundreds of cells are far from their mean, but near their neighbours."""
    cells = [(row, col, 40.0 * col) for row in range(0, 40, 10) for col in range(0, 200, 10)]
    fit = fitting_land(controls(*cells), [MOUNTAINS], base=4000.0)
    spread = np.std([height for *_, height in cells])
    assert fit.relief < 0.6 * spread / MOUNTAINS.deviation


def test_heights_nearby_are_told_apart_by_how_alike_land_is_there():
    """White heights two cells apart are those of land with a far larger variance."""
    random = np.random.default_rng(5)
    cells = [(2 * row, 2 * col, random.normal(400.0, 30.0)) for row in range(40) for col in range(40)]
    unlike = 1.0 - likeness(np.array(2.0) / LAYOUT_REACH)
    relief = fitting_land(controls(*cells), [HILLS]).relief
    assert 30.0 / HILLS.deviation < relief < 30.0 / HILLS.deviation / np.sqrt(unlike)


@pytest.mark.parametrize("relief", [None, 0.5])
def test_rivers_below_and_ridges_above_say_nothing_of_the_relief_that_the_model_adds(relief):
    cells = [(row, col, 400.0 + (-60.0 if col % 2 else 60.0)) for row in range(30) for col in range(30)]
    sides = [(1.0 if col % 2 else -1.0, 0.0, 0.0) for _, col, _ in cells]
    detailed = HILLS._replace(rise=60.0)
    of_lines = fitting_land(controls(*cells, sides=sides), [detailed], relief)
    of_spots = fitting_land(controls(*cells), [detailed], relief)
    assert of_lines.base == pytest.approx(of_spots.base, abs=1.0)
    assert of_lines.relief < 0.8 * of_spots.relief if relief is None else of_lines.relief == relief


def test_a_line_of_level_heights_counts_as_few():
    """Its heights say nearly the same, so that one peak beside it does not get drowned."""
    coast = [(0, col, 0.0) for col in range(100)]
    fit = fitting_land(controls(*coast, (15, 50, 1200.0)), [MOUNTAINS])
    assert fit.base > 100.0


def test_the_landscape_is_the_one_whose_relief_is_nearest():
    low = controls((0, 0, 300.0), (0, 40, 500.0), (40, 0, 400.0))
    high = controls((0, 0, 300.0), (0, 40, 2500.0), (40, 0, 1400.0))
    assert fitting_land(low, [MOUNTAINS, HILLS]).landscape == 1
    assert fitting_land(high, [MOUNTAINS, HILLS]).landscape == 0


def test_no_height_is_left_so_far_from_the_mean_that_the_networks_would_not_know_it():
    coast = [(0, col, 0.0) for col in range(0, 400, 4)]
    fit = fitting_land(controls(*coast, (20, 200, 1500.0)), [HILLS])
    assert 1500.0 - fit.base <= 4.0 * fit.relief * HILLS.deviation + 1e-6


@pytest.mark.parametrize("landscapes", [[MOUNTAINS, HILLS], [HILLS, MOUNTAINS]])
def test_a_given_relief_does_not_choose_the_landscape(landscapes):
    low = controls((0, 0, 300.0), (0, 40, 500.0), (40, 0, 400.0))
    fit = fitting_land(low, landscapes, relief=2.0)
    assert landscapes[fit.landscape] is HILLS
    assert fit.relief == 2.0


def test_relief_and_base_are_taken_as_they_are_given():
    fit = fitting_land(controls((0, 0, 500.0)), [HILLS, MOUNTAINS], relief=3.0, base=-20.0)
    assert (fit.relief, fit.base) == (3.0, -20.0)


def test_neighbours_are_counted_within_half_the_reach():
    random = np.random.default_rng(3)
    places = np.unique(random.integers(-200, 200, (700, 2)), axis=0)
    cells = controls(*((row, col, 0.0) for row, col in places))
    away = np.hypot(*(places[:, None] - places).T)
    np.testing.assert_array_equal(neighbours(cells), (away < LAYOUT_REACH / 2).sum(0))
