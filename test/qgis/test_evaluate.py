# SPDX-License-Identifier: GPL-3.0-or-later
"""Which layers `geogan:evaluate` takes, before anything is measured."""

from __future__ import annotations

import pytest
from geogan.algorithms.evaluate import EvaluateAlgorithm
from geogan.errors import GeoGanError
from qgis.core import QgsProcessingContext, QgsProcessingFeedback

SHAPES = (
    '{"type": "FeatureCollection", "features": [{"type": "Feature", "properties": {}, "geometry": '
    '{"type": "Point", "coordinates": [1, 2]}}]}'
)


@pytest.fixture
def gathered(provider, sample):
    """Gather the sample as both layers to compare, with such layers of a training."""

    def gathered(training) -> EvaluateAlgorithm:
        algorithm = EvaluateAlgorithm()
        algorithm.initAlgorithm()
        parameters = {"SYNTHETIC": str(sample), "REAL": str(sample), "TRAINING": training}
        algorithm.gather(parameters, QgsProcessingContext(), QgsProcessingFeedback())
        return algorithm

    return gathered


@pytest.mark.parametrize("training", [None, []])
def test_layers_of_the_training_may_be_left_out(gathered, training):
    assert len(gathered(training)._sources) == 2


def test_a_vector_among_the_layers_of_the_training_is_named(gathered, sample, tmp_path):
    shapes = tmp_path / "peaks.geojson"
    shapes.write_text(SHAPES)

    with pytest.raises(GeoGanError) as failure:
        gathered([str(sample), str(shapes)])

    assert str(failure.value) == "Layer peaks is not a raster. Choose rasters only."


def test_a_layer_of_the_training_that_is_gone_is_told(gathered, sample):
    with pytest.raises(GeoGanError, match="Only 1 of 2 layers can be opened"):
        gathered([str(sample), "/no/such.tif"])
