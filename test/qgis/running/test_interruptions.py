# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs that are cancelled, or whose worker is killed: what is left behind, and how it goes on from there."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest
from geogan.algorithms import train as module_of_train
from geogan.algorithms.bundled_model import BUNDLED_MODEL
from geogan.algorithms.whole_file import claimed
from geogan.models.model_file import read_card
from geogan.rasters.writing import geotiff
from geogan.test.harness.processes import Process, wait_until, worker_of
from geogan.test.qgis.running.feedback import ActingFeedback, cancel
from geogan.test.qgis.running.parameters import extent, generation
from geogan.worker.pool import close_idle_workers
from qgis.core import (
    QgsApplication,
    QgsProcessingContext,
    QgsProcessingException,
    QgsProcessingFeedback,
)

A_STEP = r" step \d+:"
LARGE = (-180_000.0, -180_000.0, 180_000.0, 180_000.0)  # 4 000 pixels a side
BESIDE = (-180_000.0, -179_910.0, 180_000.0, 180_090.0)  # a pixel farther north

# So many steps that an interruption comes in time, however fast they are.
LONG = {"EPOCHS": 1000.0, "MINUTES": 2}
STEPS_AN_EPOCH = 5  # or a few more

MEMORY = (
    "The worker was killed by the system (signal 9), most likely because memory ran out. "
    "Use a smaller preset, patch size or batch size, or close other programs."
)


def kill_worker(_feedback) -> None:
    worker_of(os.getpid()).kill()


def halt_worker_and_cancel(feedback) -> None:
    """Cancel when the worker cannot answer any more: it saves nothing, however quick it would be."""
    worker_of(os.getpid()).halt()
    feedback.cancel()


def files_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def has_worker() -> bool:
    return bool(Process(os.getpid()).children)


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
        assert files_in(cancelled.folder) == ["land.geogan", "land.geogan.checkpoint"]
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
        assert files_in(rest.folder) == ["land.geogan"]

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
    assert files_in(tmp_path) == []


def test_a_training_cancelled_before_it_has_a_checkpoint_says_so(train, tmp_path, monkeypatch):
    monkeypatch.setattr(module_of_train, "SAVING_S", 0.0)

    trained = train(tmp_path / "land.geogan", ActingFeedback(halt_worker_and_cancel, A_STEP), **LONG)

    assert "Cancelled before anything could be kept" in trained.log
    assert trained.outputs == {}
    assert files_in(tmp_path) == []


def test_a_worker_killed_in_training_leaves_a_sentence_and_no_file(train, tmp_path):
    with pytest.raises(QgsProcessingException) as failure:
        train(tmp_path / "land.geogan", ActingFeedback(kill_worker, A_STEP), **LONG)

    assert str(failure.value).startswith(MEMORY)
    assert files_in(tmp_path) == []


def test_a_worker_killed_in_generating_leaves_a_sentence_and_no_file(generate, tmp_path):
    with pytest.raises(QgsProcessingException) as failure:
        generate(LARGE, feedback=ActingFeedback(kill_worker))

    assert str(failure.value).startswith(MEMORY)
    assert files_in(tmp_path) == []
    assert generate((0, 0, 900, 900)).values.shape == (10, 10), "the next run works"


def test_cancelled_generating_leaves_no_file_and_no_worker(generate, tmp_path):
    with pytest.raises(KeyError, match="OUTPUT"):  # a cancelled run has no outputs
        generate(LARGE, feedback=ActingFeedback(cancel))

    assert files_in(tmp_path) == []
    assert not has_worker()
    assert generate((0, 0, 900, 900)).values.shape == (10, 10), "the next run works"


def test_a_file_that_was_there_before_outlives_a_cancelled_run(generate, tmp_path):
    before = generate((0, 0, 900, 900))

    with pytest.raises(KeyError, match="OUTPUT"):
        generate(LARGE, feedback=ActingFeedback(cancel))

    assert np.array_equal(generate((0, 0, 900, 900), "again").values, before.values)
    assert files_in(tmp_path) == ["again.tif", "terrain.tif"]


@pytest.fixture
def partly_generated(generate, tmp_path, monkeypatch):
    """The log of a run that was cancelled beyond two fifths, and has left what it had done."""
    monkeypatch.setattr(geotiff, "KEPT_FROM_PX", 100_000)  # a large run would take long
    feedback = ActingFeedback(cancel, beyond=40.0)
    with pytest.raises(KeyError, match="OUTPUT"):
        generate(LARGE, feedback=feedback)
    assert files_in(tmp_path) == ["terrain.tif.partial", "terrain.tif.partial.json"]
    return feedback.textLog()


class TestGeneratingThatWasInterrupted:
    """The same run goes on, and no other one."""

    def test_run_again_it_makes_the_rest_of_the_same_pixels(self, partly_generated, generate, tmp_path):
        assert f"What is done is kept in {tmp_path / 'terrain.tif.partial'}." in partly_generated
        with pytest.raises(QgsProcessingException):
            generate(LARGE, feedback=ActingFeedback(kill_worker, beyond=20.0))
        feedback, percents = QgsProcessingFeedback(False), []
        feedback.progressChanged.connect(percents.append)

        gone_on = generate(LARGE, feedback=feedback)

        assert "Going on from" in feedback.textLog()
        assert next(percent for percent in percents if percent > 0) > 15
        assert files_in(tmp_path) == ["terrain.tif"]
        assert np.array_equal(gone_on.values, generate(LARGE, "whole").values)

    @pytest.mark.parametrize(
        "other", [{"SEED": 8}, {"RESUME": False}, {"MODEL": str(BUNDLED_MODEL)}, {"EXTENT": extent(BESIDE)}]
    )
    def test_another_run_begins_anew(self, partly_generated, generate, other, tmp_path):
        feedback = QgsProcessingFeedback(False)

        generate(LARGE, feedback=feedback, **other)

        assert "Going on" not in feedback.textLog()
        assert files_in(tmp_path) == ["terrain.tif"]


def test_with_an_idle_time_of_nothing_no_worker_stays(generate, monkeypatch):
    monkeypatch.setattr("geogan.algorithms.worker_job.idle_seconds", lambda: 0.0)
    generate((0, 0, 900, 900))
    assert wait_until(lambda: not has_worker(), 5.0)


def test_a_run_that_is_refused_leaves_no_worker_behind_that_nobody_needs(generate, monkeypatch):
    close_idle_workers()
    monkeypatch.setattr("geogan.algorithms.worker_job.idle_seconds", lambda: 0.0)
    with pytest.raises(QgsProcessingException, match="atlantis"):
        generate((0, 0, 900, 900), LANDSCAPE="atlantis")
    assert wait_until(lambda: not has_worker(), 5.0)


@pytest.fixture
def nothing_kept(monkeypatch):
    """No worker is there before, and none is kept after a job."""
    close_idle_workers()
    monkeypatch.setattr("geogan.algorithms.worker_job.idle_seconds", lambda: 0.0)


def test_a_run_that_fails_before_its_worker_is_needed_leaves_none(train, nothing_kept, tmp_path):
    with pytest.raises(QgsProcessingException, match="is too small"):
        train(tmp_path / "land.geogan", PIXEL_SIZE=3000)
    assert wait_until(lambda: not has_worker(), 5.0)


def test_a_cancel_while_layers_are_read_leaves_no_worker(train, tmp_path):
    close_idle_workers()
    was_loading = []

    def see_and_cancel(feedback):
        was_loading.append(has_worker())
        feedback.cancel()

    trained = train(tmp_path / "land.geogan", ActingFeedback(see_and_cancel, "Reading layers"))

    assert trained.outputs == {}
    assert was_loading == [True]
    assert wait_until(lambda: not has_worker(), 5.0)


def test_tensorflow_is_loading_before_qgis_reads_what_the_run_is_given(
    provider, trained, tmp_path, monkeypatch
):
    close_idle_workers()
    assert wait_until(lambda: not has_worker(), 5.0)
    algorithm = QgsApplication.processingRegistry().createAlgorithmById("geogan:generate")
    gather, was_loading = type(algorithm).gather, []

    def listening(*given):
        was_loading.append(has_worker())
        gather(*given)

    monkeypatch.setattr(type(algorithm), "gather", listening)
    parameters = generation(trained.model, (0, 0, 900, 900), tmp_path / "land.tif")

    assert algorithm.prepare(parameters, QgsProcessingContext(), QgsProcessingFeedback(False))

    assert was_loading == [True]
    close_idle_workers()


def test_closing_the_plugin_ends_the_idle_worker(generate):
    generate((0, 0, 900, 900))
    worker = worker_of(os.getpid())

    close_idle_workers()

    assert worker.is_gone_within(5.0)
