# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf
from geogan.models.area import Area
from geogan.models.networks.pyramid import mean_pool
from geogan.models.training.batches import Batches
from geogan.models.training.cascade_training import Budget, CascadeTrainer
from geogan.models.training.own_guides import own_guides, windows_of_each
from geogan.models.training.settings import TrainingSettings


@pytest.fixture
def trainer(architecture, land):
    return CascadeTrainer(architecture, [Area(land)], TrainingSettings(batch_size=8))


def _random():
    return tf.random.Generator.from_seed(3)


def test_each_landscape_has_as_many_windows_and_all_together_are_bounded():
    assert [windows_of_each(landscapes) for landscapes in (1, 3, 64)] == [64, 21, 4]


def test_own_guides_are_windows_of_the_stage_before_and_others_at_each_turn(cascade):
    guides = own_guides(cascade, 1, 0)
    stage = cascade.architecture.stages[1]
    side = Batches(stage, [Area(np.zeros((320, 288), np.float32))], 8, _random()).draw().guide.shape[1]
    assert guides.shape == (len(cascade.variety), windows_of_each(len(cascade.variety)), side, side, 1)
    np.testing.assert_array_equal(own_guides(cascade, 1, 0), guides)
    assert not np.array_equal(own_guides(cascade, 1, 1), guides)


def test_between_the_twins_guides_are_own_ones_and_the_others_are_those_of_the_real_patches(trainer):
    batches = trainer.stages[1].batches
    windows = batches._own_guides.shape[1]
    batches.take_own_guides(
        np.full_like(batches._own_guides.numpy(), 7.0) + np.arange(windows)[:, None, None, None]
    )
    batch = batches.draw()
    margin = trainer.stages[1].stage.guide_margin
    is_own = [bool(tf.reduce_all(guide == guide[0, 0])) for guide in batch.guide]
    assert is_own == [False, False, True, True, True, False, False, False]
    real = mean_pool(batch.real, trainer.stages[1].stage.factor)
    inside = batch.guide[:, margin:-margin, margin:-margin]
    for number in (0, 1, 5, 6, 7):
        np.testing.assert_allclose(inside[number], real[number], rtol=1e-5)
    np.testing.assert_array_equal(batch.guide[0], batch.guide[6])


def test_before_there_are_own_guides_all_are_those_of_the_real_patches(trainer):
    batch, stage = trainer.stages[1].batches.draw(), trainer.stages[1].stage
    margin = stage.guide_margin
    inside = batch.guide[:, margin:-margin, margin:-margin]
    np.testing.assert_allclose(inside, mean_pool(batch.real, stage.factor), rtol=1e-5)


def test_own_guides_are_taken_once_the_stages_before_know_forms(trainer):
    layout, detail = trainer.trainers
    real = detail.batches._own_guides.numpy()
    trainer.train(Budget(600.0), lambda: detail.steps, lambda progress: None)
    np.testing.assert_array_equal(detail.batches._own_guides.numpy(), real)

    layout.knows_forms, trainer._guide_maker._next_at, steps = True, 0.0, detail.steps
    trainer.train(Budget(600.0), lambda: detail.steps > steps, lambda progress: None)
    assert not np.array_equal(detail.batches._own_guides.numpy(), real)
