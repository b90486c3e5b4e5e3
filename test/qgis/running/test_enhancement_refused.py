# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs of `geogan:enhance` that are refused or cancelled, and how far they are."""

from __future__ import annotations

from functools import partial
from tempfile import TemporaryDirectory

import pytest
from geogan.test.qgis.running.feedback import ActingFeedback, cancel
from qgis.core import QgsProcessingException, QgsProcessingFeedback


def test_the_progress_bar_never_goes_back_and_ends_at_its_end(enhance, coarse):
    feedback, percents = QgsProcessingFeedback(False), []
    feedback.progressChanged.connect(percents.append)

    enhance(coarse(), feedback=feedback)

    assert percents == sorted(percents)
    assert percents[-1] == 100.0


@pytest.mark.parametrize("at", ["Reading layers", "Generating", "Fitting the land"])
def test_a_cancelled_run_leaves_no_file_behind(enhance, coarse, tmp_path, monkeypatch, at):
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    made_there = partial(TemporaryDirectory, dir=scratch)
    monkeypatch.setattr("geogan.algorithms.enhance.temporary_folder", made_there)
    feedback = ActingFeedback(cancel, at)

    with pytest.raises(KeyError, match="OUTPUT"):  # a cancelled run has no outputs
        enhance(coarse(), feedback=feedback)

    assert feedback.has_acted
    assert not list(scratch.iterdir())
    assert list(tmp_path.iterdir()) == [scratch]


def test_an_output_that_cannot_be_written_is_refused_before_any_work(enhance, coarse, monkeypatch):
    monkeypatch.setattr("geogan.algorithms.enhance.ready_worker", None)
    with pytest.raises(QgsProcessingException, match="does not exist"):
        enhance(coarse(), "nowhere/fine")


def test_a_layer_finer_than_the_model_is_refused_and_nothing_is_left(enhance, coarse, tmp_path):
    with pytest.raises(QgsProcessingException, match="pixels of 60 are less than one and a half times"):
        enhance(coarse(60.0))
    assert not list(tmp_path.glob("*.tif*"))
