# SPDX-License-Identifier: GPL-3.0-or-later
"""What `geogan:evaluate` says of two layers, through `processing.run` and a real worker."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from geogan.algorithms.reports.metric_texts import METRICS
from geogan.test.harness.programs import SAMPLE
from geogan.test.qgis.running.feedback import ActingFeedback
from geogan.test.qgis.running.rasters import east_of, west_of, write
from osgeo import gdal
from qgis.core import QgsProcessingException, QgsProcessingFeedback

SCORES = ("REALISM", "TEXTURE", "LAND", "NOVELTY")


@pytest.fixture(scope="module")
def evaluate(provider):
    import processing

    def run(feedback: QgsProcessingFeedback | None = None, **parameters: Any) -> dict[str, Any]:
        return processing.run("geogan:evaluate", parameters, feedback=feedback)

    return run


@pytest.fixture(scope="module")
def metric_sample(tmp_path_factory) -> Path:
    """The sample in metres, without the voids that turning it leaves at the rim."""
    folder = tmp_path_factory.mktemp("metric")
    warped = gdal.Warp(
        "", str(SAMPLE), format="MEM", dstSRS="EPSG:32616", xRes=90, yRes=90, resampleAlg="cubic"
    )
    heights = warped.ReadAsArray(20, 20, 300, 300)
    return write(folder / "real.tif", heights)


@pytest.fixture(scope="module")
def smoothed(metric_sample, tmp_path_factory) -> Path:
    """The sample upside down and smoothed: all its forms are wrong, and none is sharp."""
    heights = 2000 - gdal.Open(str(metric_sample)).ReadAsArray()
    for axis in (0, 1):
        heights = (np.roll(heights, 2, axis) + np.roll(heights, -2, axis) + heights) / 3
    return write(tmp_path_factory.mktemp("smoothed") / "smooth.tif", heights)


@pytest.fixture(scope="module")
def compared(evaluate, metric_sample, smoothed, tmp_path_factory) -> tuple[dict[str, Any], str]:
    """Outputs and log of one comparison with a report."""
    feedback = QgsProcessingFeedback(False)
    report = tmp_path_factory.mktemp("report") / "report.html"
    outputs = evaluate(
        feedback,
        SYNTHETIC=str(smoothed),
        REAL=str(metric_sample),
        TRAINING=[str(metric_sample)],
        REPORT=str(report),
    )
    return outputs, feedback.textLog()


def test_every_score_and_metric_is_a_number(compared):
    outputs, _ = compared

    for name in (*SCORES, *(metric.upper() for metric in METRICS)):
        assert isinstance(outputs[name], float), name
        assert np.isfinite(outputs[name]), name


def test_realism_is_the_geometric_mean_of_texture_and_land(compared):
    outputs, _ = compared

    assert outputs["REALISM"] == pytest.approx(np.sqrt(outputs["TEXTURE"] * outputs["LAND"]))


def test_smooth_land_is_told_from_the_real_one(compared):
    outputs, log = compared

    assert outputs["TEXTURE"] > 1.15
    assert "Texture: does it look alike close by? No" in log or "close by? Nearly" in log


def test_a_layer_compared_with_itself_is_alike_and_copied(evaluate, metric_sample):
    outputs = evaluate(SYNTHETIC=str(metric_sample), REAL=str(metric_sample), TRAINING=[str(metric_sample)])

    assert outputs["TEXTURE"] < 0.5
    assert outputs["LAND"] < 0.5
    assert outputs["NOVELTY"] < 0.1
    assert outputs["SLOPE"] == outputs["FILL"] == 0.0
    assert "REPORT" not in outputs


def test_novelty_is_held_against_the_real_layer_where_the_model_was_not_trained_on_it(
    evaluate, metric_sample, tmp_path
):
    heights = gdal.Open(str(metric_sample)).ReadAsArray()
    learnt, unseen = write(tmp_path / "learnt.tif", heights[:150]), tmp_path / "unseen.tif"
    write(unseen, heights[150:])
    feedback = QgsProcessingFeedback(False)

    outputs = evaluate(feedback, SYNTHETIC=str(unseen), REAL=str(unseen), TRAINING=[str(learnt)])

    assert outputs["NOVELTY"] == pytest.approx(1.0)
    assert "as far from the land of the training as unseen real land is" in feedback.textLog()


def test_the_report_holds_all_its_figures_and_loads_nothing(compared):
    outputs, _ = compared

    html = Path(outputs["REPORT"]).read_text(encoding="utf-8")

    assert html.count('<img width="760"') == html.count("data:image/png;base64,") == 6
    assert "<script" not in html
    assert set(re.findall(r"(?:src|href)=(.{5})", html)) == {'"data'}
    assert "://" not in html


def test_the_report_names_the_layers_and_explains_every_metric(compared):
    from geogan.algorithms.reports.metric_texts import metric_texts

    outputs, _ = compared
    html = Path(outputs["REPORT"]).read_text(encoding="utf-8")

    assert "smooth compared with real" in html
    for text in metric_texts().values():
        assert text.meaning.replace("'", "&#x27;") in html


def test_layers_in_degrees_and_feet_are_compared_at_the_coarser_pixel_size(evaluate, tmp_path):
    feedback = QgsProcessingFeedback(False)
    west, east = west_of(SAMPLE, tmp_path / "west.tif"), east_of(SAMPLE, tmp_path / "east.tif")

    outputs = evaluate(feedback, SYNTHETIC=str(west), REAL=str(east))

    assert outputs["TEXTURE"] > 0
    assert outputs["NOVELTY"] is None
    log = feedback.textLog()
    assert "Layer west is in degrees: it is brought to EPSG:32616." in log
    assert re.search(r"Layer west was resampled from [\d.]+ m to 90 m\.", log)
    assert "Layer east was resampled" not in log


def test_too_little_land_is_said_in_a_sentence(evaluate, metric_sample, tmp_path):
    heights = gdal.Open(str(metric_sample)).ReadAsArray()
    small = write(tmp_path / "small.tif", heights[:70, :70])

    with pytest.raises(QgsProcessingException, match="There is too little land to compare"):
        evaluate(SYNTHETIC=str(metric_sample), REAL=str(small), REPORT=str(tmp_path / "report.html"))

    assert not (tmp_path / "report.html").exists()


def test_a_narrow_layer_is_named(evaluate, metric_sample, tmp_path):
    heights = gdal.Open(str(metric_sample)).ReadAsArray()
    narrow = write(tmp_path / "narrow.tif", heights[:40])

    with pytest.raises(QgsProcessingException, match=r"Layer narrow is too small: 300 x 40 pixels of 90 m"):
        evaluate(SYNTHETIC=str(narrow), REAL=str(metric_sample))


def test_a_cancel_leaves_no_report(evaluate, metric_sample, smoothed, tmp_path):
    report = tmp_path / "report.html"
    feedback = ActingFeedback(lambda acting: acting.cancel(), on_line="Worker:")

    outputs = evaluate(feedback, SYNTHETIC=str(smoothed), REAL=str(metric_sample), REPORT=str(report))

    assert feedback.has_acted
    assert outputs == {}
    assert not report.exists()
