# SPDX-License-Identifier: GPL-3.0-or-later
"""Generating that is cancelled, or whose worker is killed: what is left, and how it goes on from there."""

from __future__ import annotations

import numpy as np
import pytest
from geogan.algorithms.bundled_model import BUNDLED_MODEL
from geogan.rasters.writing import geotiff
from geogan.test.harness.folders import names_in
from geogan.test.qgis.running.feedback import ActingFeedback, cancel
from geogan.test.qgis.running.parameters import extent
from geogan.test.qgis.running.worker import MEMORY, has_worker, kill_worker
from qgis.core import QgsProcessingException, QgsProcessingFeedback

LARGE = (-180_000.0, -180_000.0, 180_000.0, 180_000.0)  # 4 000 pixels a side
BESIDE = (-180_000.0, -179_910.0, 180_000.0, 180_090.0)  # a pixel farther north


def test_a_worker_killed_in_generating_leaves_a_sentence_and_no_file(generate, tmp_path):
    with pytest.raises(QgsProcessingException) as failure:
        generate(LARGE, feedback=ActingFeedback(kill_worker))

    assert str(failure.value).startswith(MEMORY)
    assert names_in(tmp_path) == []
    assert generate((0, 0, 900, 900)).values.shape == (10, 10), "the next run works"


def test_cancelled_generating_leaves_no_file_and_no_worker(generate, tmp_path):
    with pytest.raises(KeyError, match="OUTPUT"):  # a cancelled run has no outputs
        generate(LARGE, feedback=ActingFeedback(cancel))

    assert names_in(tmp_path) == []
    assert not has_worker()
    assert generate((0, 0, 900, 900)).values.shape == (10, 10), "the next run works"


def test_a_file_that_was_there_before_outlives_a_cancelled_run(generate, tmp_path):
    before = generate((0, 0, 900, 900))

    with pytest.raises(KeyError, match="OUTPUT"):
        generate(LARGE, feedback=ActingFeedback(cancel))

    assert np.array_equal(generate((0, 0, 900, 900), "again").values, before.values)
    assert names_in(tmp_path) == ["again.tif", "terrain.tif"]


@pytest.fixture
def partly_generated(generate, tmp_path, monkeypatch):
    """The log of a run that was cancelled beyond two fifths, and has left what it had done."""
    monkeypatch.setattr(geotiff, "KEPT_FROM_PX", 100_000)  # a large run would take long
    feedback = ActingFeedback(cancel, beyond=40.0)
    with pytest.raises(KeyError, match="OUTPUT"):
        generate(LARGE, feedback=feedback)
    assert names_in(tmp_path) == ["terrain.tif.partial", "terrain.tif.partial.json"]
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
        assert names_in(tmp_path) == ["terrain.tif"]
        assert np.array_equal(gone_on.values, generate(LARGE, "whole").values)

    @pytest.mark.parametrize(
        "other", [{"SEED": 8}, {"RESUME": False}, {"MODEL": str(BUNDLED_MODEL)}, {"EXTENT": extent(BESIDE)}]
    )
    def test_another_run_begins_anew(self, partly_generated, generate, other, tmp_path):
        feedback = QgsProcessingFeedback(False)

        generate(LARGE, feedback=feedback, **other)

        assert "Going on" not in feedback.textLog()
        assert names_in(tmp_path) == ["terrain.tif"]
