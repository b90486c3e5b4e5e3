# SPDX-License-Identifier: GPL-3.0-or-later
"""The reports and the worker speak of the same things."""

from __future__ import annotations

from geogan.algorithms.reports.evaluation_report import WIDTH_PX
from geogan.algorithms.reports.figure_texts import figure_labels
from geogan.algorithms.reports.metric_texts import EXPONENTS, LAND, LINES, METRICS, TEXTURE, metric_texts
from geogan.realism import drawing, measures
from geogan.realism.figures import LABELS


def test_the_labels_of_both_sides_are_the_same():
    assert figure_labels() == LABELS


def test_the_metrics_of_both_sides_are_the_same():
    assert set(TEXTURE) == set(measures.TEXTURE)
    assert set(LAND) == set(measures.LAND)
    assert set(LINES) == set(measures.LINES)
    assert set(EXPONENTS) == set(measures.EXPONENTS)
    assert set(metric_texts()) == set(METRICS)


def test_figures_are_as_wide_on_both_sides():
    assert WIDTH_PX == drawing.WIDTH_PX
