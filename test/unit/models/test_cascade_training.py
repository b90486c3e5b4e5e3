# SPDX-License-Identifier: GPL-3.0-or-later
"""A training of all stages: its clock, what ends it, and how it goes on."""

from __future__ import annotations

import numpy as np
import pytest
from geogan.models.area import Area
from geogan.models.training import cascade_training
from geogan.models.training.cascade_training import Budget, CascadeTrainer, fingerprint
from geogan.models.training.planning import needed_patch, planned_cascade
from geogan.models.training.settings import TrainingSettings

from .conftest import SETTINGS, silent

ENDLESS = Budget(seconds=1e9, epochs=None)


@pytest.fixture(scope="module")
def compiled(architecture, land):
    """Return a training whose steps are compiled, which takes many seconds, and its state at the start."""
    training = CascadeTrainer(architecture, [Area(land)], SETTINGS)
    for stage in training.trainers:
        stage.compile()
    return training, (training.weights(), training.progress_state(), 0)


@pytest.fixture
def training(compiled, land):
    """Return that training at its start. That a stage knows forms, after thousands of steps, would stay."""
    training, at_start = compiled
    training.seconds = 0.0
    training.move_to([Area(land)])
    for stage in training.trainers:
        stage.go_on_from(*at_start)
    return training


class _Turns:
    """Counts turns, and cancels after some of them."""

    def __init__(self, turns):
        self._turns, self.told = turns, []

    def is_cancelled(self):
        return len(self.told) >= self._turns

    def tell(self, progress):
        self.told.append(progress)


def test_epochs_end_a_training_before_its_time_and_the_progress_is_honest(training, land, monkeypatch):
    monkeypatch.setattr(cascade_training, "_TURN_S", 0.0)  # a fast machine would be done in the first turn
    epoch_patches = land.size / training.architecture.stages[-1].patch ** 2
    turns = _Turns(1000)
    training.train(Budget(seconds=600.0, epochs=1.0), turns.is_cancelled, turns.tell)
    most_patches = max(stage.steps for stage in training.trainers) * SETTINGS.batch_size
    assert epoch_patches <= most_patches <= epoch_patches + SETTINGS.batch_size
    assert {progress.stage for progress in turns.told} == {"layout", "detail"}
    fractions = [progress.fraction for progress in turns.told]
    assert fractions == sorted(fractions)
    assert fractions[-1] == 1.0
    assert turns.told[-1].seconds_left == 0.0
    assert turns.told[-1].patches_per_second > 0
    assert training.seconds < 300.0


def test_a_training_ends_when_its_time_is_up(training):
    turns = _Turns(1000)
    training.train(Budget(seconds=3.0), turns.is_cancelled, turns.tell)
    assert training.seconds == pytest.approx(3.0, abs=1.0)
    assert turns.told[-1].fraction == 1.0


def test_a_cancelled_training_stops_after_the_step(training):
    turns = _Turns(1)
    training.train(ENDLESS, turns.is_cancelled, turns.tell)
    assert len(turns.told) == 1


def test_a_training_moves_to_other_areas_and_a_stage_without_room_there_keeps_its_own(training, land):
    layout, detail = training.trainers
    room = needed_patch(detail.stage)
    training.move_to([Area(land[:room, :room] + 5000.0)])
    assert np.min(detail.batches.draw().real) > 4000.0
    assert np.max(layout.batches.draw().real) < 4000.0
    turns = _Turns(2)
    training.train(ENDLESS, turns.is_cancelled, turns.tell)
    assert all(np.isfinite(loss) for told in turns.told for loss in told.losses.values())


def test_a_training_that_goes_on_ends_where_one_without_a_break_does(training, land):
    """Weights, optimisers, averages and random numbers are all restored."""

    def steps(trainer, count):
        for _ in range(count):
            for stage in trainer.trainers:
                stage.step(1e-3)

    steps(training, 3)
    weights, state = training.weights(), training.progress_state()
    statistics = [stage.statistics for stage in training.trainers]
    after = CascadeTrainer(training.architecture, [Area(land)], SETTINGS, statistics)
    for stage in after.trainers:
        stage.go_on_from(weights, state, 3)
    steps(training, 3)
    steps(after, 3)

    assert [stage.steps for stage in after.trainers] == [6, 6]
    for name, array in training.weights().items():
        np.testing.assert_allclose(after.weights()[name], array, rtol=1e-4, atol=1e-6, err_msg=name)


def test_other_layers_settings_or_networks_are_another_training(architecture, land):
    area = Area(land)
    base = fingerprint([area], SETTINGS, architecture)
    assert fingerprint([Area(land.copy())], SETTINGS, architecture) == base
    changed = land.copy()
    changed[5, 5] += 1.0
    others = [
        fingerprint([Area(changed)], SETTINGS, architecture),
        fingerprint([Area(land, 1)], SETTINGS, architecture),
        fingerprint([area, area], SETTINGS, architecture),
        fingerprint([area], TrainingSettings(seed=4), architecture),
        fingerprint([area], SETTINGS, architecture, b"a base model"),
        fingerprint([area], SETTINGS, planned_cascade([area], "fast", 64, silent)),
    ]
    assert len({base, *others}) == 7
