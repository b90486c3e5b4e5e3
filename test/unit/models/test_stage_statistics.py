# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf
from geogan.errors import GeoGanError
from geogan.models.area import Area
from geogan.models.training.patches import PatchSampler
from geogan.models.training.planning import needed_patch
from geogan.models.training.settings import TrainingSettings
from geogan.models.training.stage_statistics import measured_hollows, measured_statistics
from geogan.models.training.stage_training import StageTrainer


def _measured(stage, areas):
    sampler = PatchSampler(areas, needed_patch(stage))
    statistics = measured_statistics(stage, sampler, tf.random.Generator.from_seed(1))
    return statistics, measured_hollows(stage, sampler, statistics, seed=1)


def _slope(rows, cols):
    return np.add.outer(np.arange(rows), np.arange(cols)).astype(np.float32)


def test_a_slope_has_no_hollows_and_a_pitted_one_its_pits_and_their_water(architecture):
    stage = architecture.stages[1]
    pitted = 3.0 * _slope(160, 160)
    pitted[::8, ::8] -= 20.0  # 14 m below the lowest neighbour, which is itself 6 m lower
    statistics, (water, pits) = _measured(stage, [Area(_slope(160, 160), 0), Area(pitted, 1)])
    assert water[0] == 0.0
    assert (pits[0].numpy() == 0.0).all()
    assert pits[1, -1] > 0.0
    inside = (30.0 / 32.0) ** 2  # water leaves over the rim
    assert float(water[1]) * statistics[1].patch_deviation == pytest.approx(inside * 14.0 / 64.0, rel=0.03)


def test_land_without_relief_is_refused_with_a_sentence(architecture):
    level = np.zeros((600, 600), np.float32)
    level[300, 300] = 1e-12
    with pytest.raises(GeoGanError, match="The layers are nearly level"):
        StageTrainer(architecture.stages[0], [Area(level)], TrainingSettings(batch_size=4))


def test_a_training_that_goes_on_measures_the_same_hollows(architecture, land):
    stage = architecture.stages[1]
    first, again = (_measured(stage, [Area(land)])[1] for _ in range(2))
    np.testing.assert_array_equal(first.water, again.water)
    np.testing.assert_array_equal(first.pits, again.pits)
