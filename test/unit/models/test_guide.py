# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from geogan.errors import GeoGanError
from geogan.models.generation.cascade import BLOCK_PX
from geogan.models.generation.guide import GivenField, MeansOfFour, following, most_alike
from geogan.models.generation.world import World
from geogan.models.networks.noise import world_noise

WORLD = World(3, 0)


def test_a_given_field_is_what_was_given_and_its_rim_beyond():
    field = GivenField(10, -20, np.arange(12.0).reshape(3, 4))
    np.testing.assert_array_equal(field.window(WORLD, 11, -19, 2), [[5, 6], [9, 10]])
    np.testing.assert_array_equal(field.window(WORLD, 8, -21, 3), [[0, 0, 1]] * 3)
    np.testing.assert_array_equal(field.window(WORLD, 99, 99, 2), [[11, 11]] * 2)


def test_a_cascade_that_is_given_its_own_coarse_field_makes_its_own_land(cascade):
    cells = BLOCK_PX // 4 + 40
    own = cascade.guide(1).window(WORLD, -20, -20, cells)
    guided = cascade.guided_by(GivenField(-20, -20, own), 1)
    np.testing.assert_array_equal(guided.block(3, 0, 0), cascade.field(1).window(WORLD, 0, 0, BLOCK_PX))


@pytest.mark.parametrize(("stage", "factor"), [(1, 16), (1, 8), (2, 4), (2, 2)])
def test_land_follows_a_guide_given_to_any_guided_stage(cascade_of_three, stage, factor):
    cells = BLOCK_PX // factor
    rows, cols = np.mgrid[0:cells, 0:cells] * factor / 40.0
    guide = (500.0 + 100.0 * np.sin(rows) * np.cos(cols)).astype(np.float32)
    followed = following(cascade_of_three, GivenField(0, 0, guide), factor)
    land = followed.cascade.block(3, 0, 0)
    means = land.reshape(cells, factor, cells, factor).mean((1, 3))
    inside = slice(64 // factor, -64 // factor)
    assert np.corrcoef(guide[inside, inside].ravel(), means[inside, inside].ravel())[0, 1] > 0.9
    assert followed.stage == stage


def test_guiding_a_cascade_leaves_the_cascade_as_it_was(cascade):
    before = cascade.block(3, 0, 0)
    cascade.guided_by(GivenField(0, 0, np.zeros((4, 4))), 1).block(3, 0, 0)
    np.testing.assert_array_equal(cascade.block(3, 0, 0), before)


@pytest.mark.parametrize("factor", [1, 3, 7, 32])
def test_a_factor_that_no_stage_has_is_refused(cascade_of_three, factor):
    with pytest.raises(GeoGanError, match=f"no stage that makes a guide {factor} times finer"):
        following(cascade_of_three, GivenField(0, 0, np.zeros((9, 9))), factor)


@pytest.mark.parametrize(("factor", "stage"), [(8, 2), (2, 2)])
def test_cells_between_those_of_stages_guide_the_last_stage_one_octave_off(cascade_of_three, factor, stage):
    rows, cols = np.mgrid[-8:300, -8:300]
    guide = GivenField(-8, -8, 500.0 + 100.0 * np.sin(rows / 2.0) * np.cos(cols / 3.0))
    land = following(cascade_of_three, guide, factor).cascade.block(3, 0, 0)

    world = cascade_of_three.world(3, 0)
    half = MeansOfFour(cascade_of_three.field(stage, guide))  # on cells half as large as the guide's
    wanted = half if factor == 2 else cascade_of_three.field(2, half)
    np.testing.assert_array_equal(land, wanted.window(world, 0, 0, BLOCK_PX))


@pytest.mark.parametrize("factor", [16, 8, 4, 2])
def test_a_free_guide_is_counted_from_where_the_cells_of_the_world_begin(cascade_of_three, factor):
    rows, cols = np.mgrid[-40:400, -40:400]
    guide = GivenField(-40, -40, 500.0 + 100.0 * np.sin(rows / 9.0) * np.cos(cols / 7.0))
    free = following(cascade_of_three, guide, factor, is_free=True).cascade
    bound = following(cascade_of_three, guide, factor).cascade
    down, right = cascade_of_three.origin(7)

    land = np.block([[free.block(7, row, col) for col in (0, BLOCK_PX)] for row in (0, BLOCK_PX)])
    on_cells = bound._stages[-1].window(bound.world(7, 0), down, right, 2 * BLOCK_PX)

    assert (down, right) != (0, 0)
    assert free.origin(7) == (down, right)
    np.testing.assert_allclose(land, on_cells, atol=0.01)


def test_guiding_layers_keep_a_free_guide_on_their_cells(cascade_of_three):
    told = cascade_of_three.conditioned_by(GivenField(0, 0, np.zeros((4, 4, 1))))
    guided = told.guided_by(GivenField(0, 0, np.zeros((4, 4))), 1, is_free=True)
    assert guided.origin(7) == (0, 0)


@pytest.mark.parametrize("factor", [8, 2])
def test_land_of_such_cells_has_no_seams_between_blocks(cascade_of_three, factor):
    rows, cols = np.mgrid[-40:400, -40:400]
    guide = GivenField(-40, -40, 500.0 + 100.0 * np.sin(rows / 9.0) * np.cos(cols / 7.0))
    cascade = following(cascade_of_three, guide, factor).cascade
    whole = np.block([cascade.block(3, 0, 0), cascade.block(3, 0, BLOCK_PX)])
    across = cascade._stages[-1].window(cascade.world(3, 0), 0, BLOCK_PX // 2, BLOCK_PX)
    np.testing.assert_array_equal(across, whole[:, BLOCK_PX // 2 : BLOCK_PX // 2 + BLOCK_PX])


def test_a_field_of_means_is_halved_on_the_lattice_of_the_world():
    values = np.arange(30.0).reshape(5, 6)
    field = GivenField(-3, 7, values)
    means = MeansOfFour(field).window(WORLD, -1, 4, 1)
    np.testing.assert_array_equal(means, [[values[1:3, 1:3].mean()]])
    np.testing.assert_array_equal(field.halved().window(WORLD, -1, 4, 1), means)


@pytest.mark.parametrize("corner", [(0, 0), (-3, 7)])
def test_the_means_of_a_long_strip_are_a_strip(corner):
    values = np.random.default_rng(1).normal(size=(8, 3001))
    field = GivenField(*corner, values)
    halved = field.halved()
    rows, cols = halved.values.shape
    assert (rows, cols) in ((4, 1501), (5, 1501), (5, 1502))
    whole = MeansOfFour(field).window(WORLD, corner[0] // 2, corner[1] // 2, cols)
    np.testing.assert_array_equal(halved.values, whole[:rows])


@pytest.mark.parametrize(("factor", "shape"), [(16, (6, 40)), (8, (3, 20)), (4, (6, 40)), (2, (3, 20))])
def test_a_guide_is_told_on_the_cells_of_the_stage_that_it_guides(cascade_of_three, factor, shape):
    followed = following(cascade_of_three, GivenField(0, 0, np.zeros((6, 40))), factor)
    assert followed.own_guide().values.shape == shape


def test_the_landscape_most_alike_has_forms_as_high_as_the_guides(statistics):
    (hills,) = statistics[1]
    landscapes = [replace(hills, form_deviation=deviation) for deviation in (3.0, 30.0, 300.0)]
    noise = np.random.default_rng(2).normal(size=(40, 40)).astype(np.float32)
    found = [most_alike(1000.0 + height * noise, landscapes) for height in (0.0, 2.0, 20.0, 500.0)]
    assert found == [0, 0, 1, 2]
    assert most_alike(noise[:3], landscapes) == 0


@pytest.mark.parametrize("factor", [4, 2])
def test_along_a_row_the_noise_of_each_block_of_free_land_is_drawn_once(
    cascade_of_three, monkeypatch, factor
):
    drawn = []

    def counted(stage, index, seed, row, col, size):
        drawn.append(col)
        return world_noise(stage, index, seed, row, col, size)

    monkeypatch.setattr("geogan.models.generation.stage_field.world_noise", counted)
    guide = GivenField(0, 0, np.zeros((40, 40)))
    free = following(cascade_of_three, guide, factor, is_free=True).cascade
    for col in range(3):
        free.block(11, 0, col * BLOCK_PX)
    assert len(set(drawn[:3])) == 3
    assert len(drawn) == 3
