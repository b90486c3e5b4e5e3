# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf
from geogan.models.patches import Area, PatchSampler
from geogan.models.planning import needed_patch
from geogan.models.stage_statistics import measured_statistics, measured_water


def _measured(stage, areas):
    sampler = PatchSampler(areas, needed_patch(stage))
    statistics = measured_statistics(stage, sampler, tf.random.Generator.from_seed(1))
    return statistics, measured_water(stage, sampler, statistics, seed=1).numpy()


def _slope(rows, cols):
    return np.add.outer(np.arange(rows), np.arange(cols)).astype(np.float32)


def test_a_slope_holds_no_water_and_a_pitted_one_that_of_its_pits(architecture):
    stage = architecture.stages[1]
    pitted = 3.0 * _slope(160, 160)
    pitted[::8, ::8] -= 20.0  # 14 m below the lowest neighbour, which is itself 6 m lower
    statistics, water = _measured(stage, [Area(_slope(160, 160), 0), Area(pitted, 1)])
    assert water[0] == 0.0
    inside = (30.0 / 32.0) ** 2  # water leaves over the rim
    assert water[1] * statistics[1].patch_deviation == pytest.approx(inside * 14.0 / 64.0, rel=0.03)


def test_a_training_that_goes_on_measures_the_same_water(architecture, land):
    stage = architecture.stages[1]
    first, again = (_measured(stage, [Area(land)])[1] for _ in range(2))
    np.testing.assert_array_equal(first, again)
