# SPDX-License-Identifier: GPL-3.0-or-later
"""The layers of a training, read in turns where they are too large."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from geogan.algorithms.sources import gather_layers
from geogan.algorithms.train import TrainAlgorithm
from geogan.algorithms.training_layers import TrainingLayers
from geogan.rasters.reading import areas
from osgeo import gdal
from qgis.core import QgsProcessingContext, QgsProcessingFeedback


class Feedback(QgsProcessingFeedback):
    """Remembers what it was told, and can be cancelled."""

    def __init__(self):
        super().__init__()
        self.lines = []

    def pushInfo(self, info):
        self.lines.append(info)


@pytest.fixture
def feedback(qgis_app):
    return Feedback()


@pytest.fixture
def layers(dem_layer, feedback, monkeypatch):
    """The sample, over its share: windows of 64 pixels are read of it."""
    monkeypatch.setattr(areas, "WINDOW_PX", 64)
    sources = gather_layers([dem_layer], QgsProcessingContext())
    return TrainingLayers(sources, (), None, None, 3, feedback, budget_px=5 * 64 * 64)


def test_each_turn_reads_other_parts_of_a_large_layer(layers, feedback):
    with layers:
        first, *turns = [layers.areas(), *(layers.other_areas(turn) for turn in (1, 2))]
    assert all(area.is_part for area in first)
    for turn in turns:
        assert len(turn) == len(first)
        assert not any(np.array_equal(a.values, b.values) for a, b in zip(first, turn))
    assert sum("are used at a time" in line for line in feedback.lines) == 1


def test_layers_that_lie_over_one_another_are_told_of(layers, dem_layer, feedback):
    with layers:
        assert not any("lie over one another" in line for line in feedback.lines)
    sources = gather_layers([dem_layer, dem_layer.clone()], QgsProcessingContext())
    with TrainingLayers(sources, (), None, None, 3, feedback):
        assert sum("lie over one another" in line for line in feedback.lines) == 1


def test_after_a_cancel_no_other_parts_are_read_and_the_training_is_left_to_save_itself(layers, feedback):
    with layers:
        layers.areas()
        feedback.cancel()
        assert layers.other_areas(1) == []


def test_a_layer_that_has_gone_meanwhile_does_not_end_the_training(layers, sample):
    with layers:
        layers.areas()
        sample.unlink()
        gdal.VSICurlClearCache()
        assert layers.other_areas(1) == []


def test_other_parts_have_the_numbers_of_the_guiding_layers_of_their_place(dem_layer, feedback, monkeypatch):
    monkeypatch.setattr(areas, "WINDOW_PX", 64)
    sources = gather_layers([dem_layer], QgsProcessingContext())
    guided = TrainingLayers(sources, sources, None, None, 3, feedback, budget_px=10 * 64 * 64)
    with guided as layers:
        for area in (*layers.areas(), *layers.other_areas(1)):
            known = np.isfinite(area.values)
            told = area.conditions[known, 0]  # the same layer, bilinear instead of cubic
            assert np.corrcoef(told, area.values[known])[0, 1] > 0.99


def test_a_model_says_that_it_is_made_of_layers_whose_turn_comes_later_too(dem_layer, feedback):
    algorithm = TrainAlgorithm()
    sources = gather_layers([dem_layer], QgsProcessingContext())
    algorithm._sources = [*sources, replace(sources[0], name="later", licence="CC BY 4.0")]
    began_with = areas.Area("sample dem", np.ones((4, 5), np.float32), "")
    layers = algorithm._provenance([began_with])["layers"]
    assert layers == [
        {"name": "sample dem", "pixels": 20},
        {"name": "later", "pixels": 0, "licence": "CC BY 4.0"},
    ]
