# SPDX-License-Identifier: GPL-3.0-or-later
"""Land that has given heights in some places."""

from __future__ import annotations

import numpy as np
import pytest
from geogan.models.controls import Controls, likeness
from geogan.models.generation.cascade import BLOCK_PX
from geogan.models.generation.land_sides import LandSides
from geogan.models.generation.side_by_side import side_by_side
from geogan.models.generation.sketched import SketchedField, sketched
from geogan.models.generation.world import World
from hypothesis import given, settings
from hypothesis import strategies as st

WORLD = World(3, 0)
FREE, RIVER, RIDGE = (0.0, 0.0, 0.0), (1.0, 0.0, 0.0), (-1.0, 0.0, 0.0)


class Rough:
    """A field of noise, the same however it is cut."""

    def __init__(self, mean: float = 0.0, deviation: float = 50.0) -> None:
        land = np.random.default_rng(7).normal(mean, deviation, (400, 400))
        self._land = land.astype(np.float32)

    def window(self, world: World, row: int, col: int, side: int) -> np.ndarray:
        rows, cols = np.arange(row, row + side) % 400, np.arange(col, col + side) % 400
        return self._land[np.ix_(rows, cols)]


def controls(places: dict[tuple[int, int], float], side=FREE) -> Controls:
    ordered = sorted(places)
    rows, cols = np.array(ordered, int).reshape(-1, 2).T
    heights = np.array([places[place] for place in ordered], float)
    return Controls(rows, cols, heights, np.tile(np.array(side), (len(ordered), 1)))


def field(places: Controls, land=None, reach: float = 6.0, near: int = 4, shore: int = 64) -> SketchedField:
    return SketchedField(land or Rough(), places, reach, LandSides(places, near, shore), WORLD)


@given(
    st.dictionaries(
        st.tuples(st.integers(-20, 20), st.integers(-20, 20)), st.floats(-1000, 1000), min_size=1, max_size=40
    )
)
@settings(max_examples=30, deadline=None)
def test_the_heights_given_are_met_wherever_they_lie(places):
    land = field(controls(places)).window(WORLD, -25, -25, 50)
    for (row, col), height in places.items():
        assert land[row + 25, col + 25] == np.float32(height)


def test_beyond_the_reach_land_is_as_it_was_and_within_it_follows():
    sketch, land = field(controls({(50, 50): 900.0})), Rough()
    was, now = land.window(WORLD, 0, 0, 100), sketch.window(WORLD, 0, 0, 100)
    rows, cols = np.mgrid[0:100, 0:100]
    distance = np.hypot(rows - 50, cols - 50)
    np.testing.assert_array_equal(now[distance >= 6], was[distance >= 6])
    assert ((now - was)[distance < 5] > 0).all()


def test_between_controls_the_land_is_neither_level_nor_thrown_about():
    """A spreading that overshoots would throw land up beside heights that differ."""
    places = {(50, col): 10.0 * (col % 7) for col in range(20, 80)}
    land = field(controls(places)).window(WORLD, 40, 20, 20)
    assert 20.0 < land.std() < 120.0


@given(st.integers(-30, 30), st.integers(-30, 30), st.integers(1, 60))
@settings(max_examples=30, deadline=None)
def test_any_window_has_the_same_bits(row, col, side):
    rng = np.random.default_rng(1)
    places = {(int(r), int(c)): float(h) for r, c, h in rng.uniform(-25, 25, (60, 3))}
    along_river = {(5, c): 20.0 - c for c in range(-20, 20)}
    sketch = controls({**places, **along_river})
    on_river = np.array([(r, c) in along_river for r, c in zip(sketch.rows.tolist(), sketch.cols.tolist())])
    sketch = Controls(sketch.rows, sketch.cols, sketch.heights, np.where(on_river[:, None], RIVER, FREE))
    steered = field(sketch)
    whole = steered.window(WORLD, -40, -40, 140)
    part = steered.window(WORLD, row, col, side)
    np.testing.assert_array_equal(part, whole[row + 40 : row + 40 + side, col + 40 : col + 40 + side])


def test_land_beside_a_river_lies_above_it_and_beside_a_ridge_below():
    places = {(50, col): 0.0 for col in range(100)}
    for side, wrong in ((RIVER, np.less), (RIDGE, np.greater)):
        land = field(controls(places, side)).window(WORLD, 0, 0, 100)
        assert not wrong(land[48:53], 0.0).any()
        free = field(controls(places)).window(WORLD, 0, 0, 100)
        assert wrong(free[48:53], 0.0).mean() > 0.3


def test_what_is_turned_keeps_its_roughness():
    places = {(50, col): 0.0 for col in range(100)}
    turned = field(controls(places, RIVER)).window(WORLD, 0, 0, 100)[51]
    free = field(controls(places)).window(WORLD, 0, 0, 100)[51]
    assert turned.std() > 0.4 * free.std()
    assert len(np.unique(turned)) > 90


def test_land_and_sea_lie_on_their_sides_of_a_coast():
    rows, cols = np.mgrid[0:80, 0:80]
    distance = np.hypot(rows - 40, cols - 40)
    on_coast = (distance > 19.5) & (distance < 20.5)
    coast = controls({(int(r), int(c)): 0.0 for r, c in zip(rows[on_coast], cols[on_coast])})
    inwards = np.stack([np.zeros(len(coast)), 40.0 - coast.rows, 40.0 - coast.cols], 1)
    coast = Controls(coast.rows, coast.cols, coast.heights, inwards)
    land = field(coast).window(WORLD, 0, 0, 80)
    assert (land[distance < 18] > 0).all()
    assert (land[(distance > 22) & (distance < 40)] < 0).all()


@pytest.mark.parametrize("side", [(0.03, 0.0, 0.0), (0.0, -0.0008, -0.0016)])
def test_a_cell_without_a_clear_side_leaves_the_land_free(side):
    """A river beside a ridge, or all of an island in one cell: what is left of their sides is chance."""
    places = controls({(40, 40): 50.0}, side)
    free = controls({(40, 40): 50.0})
    np.testing.assert_array_equal(field(places).window(WORLD, 0, 0, 80), field(free).window(WORLD, 0, 0, 80))


def test_without_controls_land_is_the_models_own():
    np.testing.assert_array_equal(
        field(controls({})).window(WORLD, 3, 4, 50), Rough().window(WORLD, 3, 4, 50)
    )


def test_likeness_is_a_covariance_in_the_plane():
    rng = np.random.default_rng(0)
    places = rng.uniform(0, 20, (300, 2))
    distances = np.hypot(*(places[:, None] - places[None]).transpose(2, 0, 1))
    assert np.linalg.eigvalsh(likeness(distances / 6.0)).min() > 0


@pytest.fixture(scope="module")
def statistics_of_three(cascade_of_three):
    return [stage._generator.statistics[0] for stage in cascade_of_three._stages]


def test_a_cascade_meets_the_heights_and_its_blocks_fit_each_other(cascade_of_three, statistics_of_three):
    places = {(500 + i, 505 + i): 300.0 + i for i in range(16)} | {(40, 30): 900.0, (-700, 80): 100.0}
    steered = sketched(cascade_of_three, statistics_of_three, controls(places), WORLD)
    again = sketched(cascade_of_three, statistics_of_three, controls(places), WORLD)
    corners = [(row, col) for row in (0, BLOCK_PX) for col in (0, BLOCK_PX)]
    blocks = [block for _, block in side_by_side(lambda corner: steered.block(3, *corner), corners, 4)]
    land = np.block([blocks[:2], blocks[2:]])
    for (row, col), height in places.items():
        if row >= 0:
            assert land[row, col] == np.float32(height)
    np.testing.assert_array_equal(again.block(3, BLOCK_PX, 0), blocks[2])


def test_the_large_forms_follow_the_heights_given(cascade_of_three, statistics_of_three):
    """Not only the pixels under the controls, as a last touch would have it."""
    rows, cols = np.mgrid[100:240:4, 100:240:4]
    places = {(int(r), int(c)): 5000.0 for r, c in zip(rows.flat, cols.flat)}
    before = cascade_of_three.block(3, 0, 0)
    land = sketched(cascade_of_three, statistics_of_three, controls(places), WORLD).block(3, 0, 0)
    between = land[102:238:4, 102:238:4]
    assert abs(between.mean() - 5000.0) < 0.2 * abs(before[102:238, 102:238].mean() - 5000.0)


def test_the_cascade_itself_stays_as_it_was(cascade_of_three, statistics_of_three):
    before = cascade_of_three.block(3, 0, 0)
    sketched(cascade_of_three, statistics_of_three, controls({(9, 9): 9e3}), WORLD).block(3, 0, 0)
    np.testing.assert_array_equal(cascade_of_three.block(3, 0, 0), before)
