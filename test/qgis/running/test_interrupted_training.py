# SPDX-License-Identifier: GPL-3.0-or-later
"""Trainings that are cancelled, or whose worker is killed: what is left, and how they go on from there."""

from __future__ import annotations

import shutil
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest
from geogan.algorithms import train as module_of_train
from geogan.algorithms.whole_file import claimed
from geogan.models.model_file import read_card
from geogan.test.harness.folders import names_in
from geogan.test.qgis.running.feedback import ActingFeedback, cancel
from geogan.test.qgis.running.worker import MEMORY, halt_worker_and_cancel, has_worker, kill_worker
from qgis.core import QgsProcessingException

A_STEP = r" step \d+:"

# So many steps that an interruption comes in time, however fast they are.
LONG = {"EPOCHS": 1000.0, "MINUTES": 2}
STEPS_AN_EPOCH = 5  # or a few more


@dataclass(frozen=True)
class Interrupted:
    """What a training left in its folder when it was interrupted."""

    folder: Path
    log: str
    percent: float  # of the training that was done
    has_worker: bool  # whether there was one left

    @property
    def model(self) -> Path:
        return self.folder / "land.geogan"

    def copied_to(self, folder: Path) -> Interrupted:
        return replace(self, folder=Path(shutil.copytree(self.folder, folder)))


class TestCancelledTraining:
    @pytest.fixture(scope="class")
    @classmethod
    def cancelled(cls, train, tmp_path_factory) -> Interrupted:
        """A training that was cancelled after its first step."""
        folder = tmp_path_factory.mktemp("cancelled")
        feedback = ActingFeedback(cancel, A_STEP)
        trained = train(folder / "land.geogan", feedback, **LONG)
        return Interrupted(folder, trained.log, feedback.progress(), has_worker())

    def test_the_model_so_far_and_a_checkpoint_are_kept(self, cancelled):
        assert names_in(cancelled.folder) == ["land.geogan", "land.geogan.checkpoint"]
        assert f"Cancelled: the model so far is kept in {cancelled.model}." in cancelled.log

    def test_no_worker_is_left(self, cancelled):
        assert not cancelled.has_worker

    def test_the_model_so_far_generates(self, cancelled, generate):
        assert np.isfinite(generate((0, 0, 3000, 3000), MODEL=str(cancelled.model)).values).all()

    def test_where_no_checkpoint_can_be_kept_the_model_is_all_the_same(self, train, tmp_path):
        (tmp_path / "land.geogan.checkpoint").mkdir()

        trained = train(tmp_path / "land.geogan", ActingFeedback(cancel, A_STEP), **LONG)

        assert "This checkpoint is left out: " in trained.log
        assert read_card(tmp_path / "land.geogan").steps > 0

    def test_run_again_it_goes_on_and_clears_the_checkpoint(self, cancelled, train, tmp_path):
        rest = cancelled.copied_to(tmp_path / "rest")
        steps = read_card(rest.model).steps
        first_percents = []
        feedback = ActingFeedback(lambda feedback: first_percents.append(feedback.progress()), A_STEP)

        trained = train(rest.model, feedback, EPOCHS=(steps + 20) / STEPS_AN_EPOCH)

        assert f"Going on from the checkpoint: {steps} steps, " in trained.log
        assert first_percents[0] > cancelled.percent
        assert trained.outputs["STEPS"] > steps
        assert names_in(rest.folder) == ["land.geogan"]

    def test_a_checkpoint_that_cannot_be_read_does_not_hinder_the_next_training(
        self, cancelled, train, tmp_path
    ):
        torn = cancelled.copied_to(tmp_path / "torn")
        checkpoint = torn.folder / "land.geogan.checkpoint"
        checkpoint.write_bytes(checkpoint.read_bytes()[:-1000])

        trained = train(torn.model, EPOCHS=0.001)

        assert "The checkpoint cannot be read: the training starts anew." in trained.log
        assert trained.outputs["STEPS"] == 1

    def test_where_it_is_not_saved_in_time_the_last_checkpoint_is_named(
        self, cancelled, train, tmp_path, monkeypatch
    ):
        monkeypatch.setattr(module_of_train, "SAVING_S", 0.0)
        again = cancelled.copied_to(tmp_path / "again")
        before = {path.name: path.read_bytes() for path in again.folder.iterdir()}

        trained = train(again.model, ActingFeedback(halt_worker_and_cancel, A_STEP), **LONG)

        kept = f"up to the last checkpoint is kept in {again.model}.checkpoint: run it again"
        assert kept in trained.log
        assert trained.outputs == {}
        assert {path.name: path.read_bytes() for path in again.folder.iterdir()} == before

    def test_without_resume_it_starts_anew(self, cancelled, train, tmp_path):
        anew = cancelled.copied_to(tmp_path / "anew")

        trained = train(anew.model, RESUME=False, EPOCHS=0.001)

        assert "Going on" not in trained.log
        assert trained.outputs["STEPS"] == 1

    def test_a_worker_killed_later_costs_only_what_came_after_the_checkpoint(
        self, cancelled, train, tmp_path
    ):
        again = cancelled.copied_to(tmp_path / "again")
        before = {path.name: path.read_bytes() for path in again.folder.iterdir()}

        with pytest.raises(QgsProcessingException) as failure:
            train(again.model, ActingFeedback(kill_worker, A_STEP), **LONG)

        assert str(failure.value).startswith(MEMORY)
        assert str(failure.value).endswith(
            "The training up to the last checkpoint is kept: run it again to go on."
        )
        assert {path.name: path.read_bytes() for path in again.folder.iterdir()} == before


def test_two_trainings_do_not_write_one_model(train, tmp_path):
    with (
        claimed(tmp_path / "land.geogan"),
        pytest.raises(QgsProcessingException, match="Another run is writing"),
    ):
        train(tmp_path / "land.geogan", **LONG)
    assert names_in(tmp_path) == []


def test_a_training_cancelled_before_it_has_a_checkpoint_says_so(train, tmp_path, monkeypatch):
    monkeypatch.setattr(module_of_train, "SAVING_S", 0.0)

    trained = train(tmp_path / "land.geogan", ActingFeedback(halt_worker_and_cancel, A_STEP), **LONG)

    assert "Cancelled before anything could be kept" in trained.log
    assert trained.outputs == {}
    assert names_in(tmp_path) == []


def test_a_worker_killed_in_training_leaves_a_sentence_and_no_file(train, tmp_path):
    with pytest.raises(QgsProcessingException) as failure:
        train(tmp_path / "land.geogan", ActingFeedback(kill_worker, A_STEP), **LONG)

    assert str(failure.value).startswith(MEMORY)
    assert names_in(tmp_path) == []
