# SPDX-License-Identifier: GPL-3.0-or-later
"""Workers that wait for the next run: when they start, and when they end."""

from __future__ import annotations

import os

import pytest
from geogan.test.harness.processes import wait_until, worker_of
from geogan.test.qgis.running.feedback import ActingFeedback
from geogan.test.qgis.running.parameters import generation
from geogan.test.qgis.running.worker import has_worker
from geogan.worker.pool import close_idle_workers
from qgis.core import (
    QgsApplication,
    QgsProcessingContext,
    QgsProcessingException,
    QgsProcessingFeedback,
)


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
