# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from geogan.errors import GeoGanError
from geogan.models.architecture import CascadeArchitecture
from geogan.models.cascade import BLOCK_PX, World
from geogan.models.guide import GivenField, first_guided_stage, most_alike

WORLD = World(3, 0)


def test_a_given_field_is_what_was_given_and_its_rim_beyond():
    field = GivenField(10, -20, np.arange(12.0).reshape(3, 4))
    np.testing.assert_array_equal(field.window(WORLD, 11, -19, 2), [[5, 6], [9, 10]])
    np.testing.assert_array_equal(field.window(WORLD, 8, -21, 3), [[0, 0, 1]] * 3)
    np.testing.assert_array_equal(field.window(WORLD, 99, 99, 2), [[11, 11]] * 2)


def test_a_cascade_that_is_given_its_own_coarse_field_makes_its_own_land(cascade):
    cells = BLOCK_PX // 4 + 40
    own = cascade._stages[0].window(WORLD, -20, -20, cells)
    guided = cascade.guided_by(GivenField(-20, -20, own), 1)
    np.testing.assert_array_equal(guided.block(3, 0, 0), cascade.block(3, 0, 0))


@pytest.mark.parametrize(("first", "factor"), [(1, 16), (2, 4)])
def test_land_follows_a_guide_given_to_any_guided_stage(cascade_of_three, first, factor):
    cells = BLOCK_PX // factor
    rows, cols = np.mgrid[0:cells, 0:cells] * factor / 40.0
    guide = (500.0 + 100.0 * np.sin(rows) * np.cos(cols)).astype(np.float32)
    land = cascade_of_three.guided_by(GivenField(0, 0, guide), first).block(3, 0, 0)
    means = land.reshape(cells, factor, cells, factor).mean((1, 3))
    inside = slice(64 // factor, -64 // factor)
    assert np.corrcoef(guide[inside, inside].ravel(), means[inside, inside].ravel())[0, 1] > 0.9
    stages = CascadeArchitecture(tuple(stage._generator.stage for stage in cascade_of_three._stages))
    assert first_guided_stage(stages, factor) == first


def test_guiding_a_cascade_leaves_the_cascade_as_it_was(cascade):
    before = cascade.block(3, 0, 0)
    cascade.guided_by(GivenField(0, 0, np.zeros((4, 4))), 1).block(3, 0, 0)
    np.testing.assert_array_equal(cascade.block(3, 0, 0), before)


def test_a_factor_that_no_stage_has_is_refused(architecture):
    with pytest.raises(GeoGanError, match="no stage that makes a guide 7 times finer"):
        first_guided_stage(architecture, 7)


def test_the_landscape_most_alike_has_forms_as_high_as_the_guides(statistics):
    (hills,) = statistics[1]
    landscapes = [replace(hills, form_deviation=deviation) for deviation in (3.0, 30.0, 300.0)]
    noise = np.random.default_rng(2).normal(size=(40, 40)).astype(np.float32)
    found = [most_alike(1000.0 + height * noise, landscapes) for height in (0.0, 2.0, 20.0, 500.0)]
    assert found == [0, 0, 1, 2]
    assert most_alike(noise[:3], landscapes) == 0
