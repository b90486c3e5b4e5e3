# SPDX-License-Identifier: GPL-3.0-or-later
"""The guided algorithms as steps of one model of the Model Designer."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from geogan.test.harness.sample import resampled_sample
from geogan.test.qgis.running.parameters import extent
from geogan.test.qgis.running.rasters import read
from osgeo import gdal
from qgis.core import (
    QgsFeature,
    QgsGeometry,
    QgsProcessingModelAlgorithm,
    QgsProcessingModelChildAlgorithm,
    QgsProcessingModelChildParameterSource,
    QgsProcessingModelOutput,
    QgsProcessingModelParameter,
    QgsProcessingParameterFeatureSource,
    QgsProcessingParameterRasterLayer,
    QgsVectorLayer,
)

VOID = -32768
FROM_LAYER = QgsProcessingModelChildParameterSource.fromModelParameter("layer")
PLACE = (0.0, 0.0, 9000.0, 9000.0)


@pytest.fixture
def model(provider, trained) -> QgsProcessingModelAlgorithm:
    """A coarse layer is made finer, its voids are filled; lands are made along it, and one from a sketch."""
    filled = QgsProcessingModelChildParameterSource.fromChildOutput("enhance", "OUTPUT")
    place = {"EXTENT": extent(PLACE), "CRS": "EPSG:32616"}
    on_the_layer = {"EXTENT": extent((741_000.0, 4_052_000.0, 747_000.0, 4_058_000.0)), "CRS": "EPSG:32616"}
    model = QgsProcessingModelAlgorithm("guided", "test")
    layer = QgsProcessingParameterRasterLayer("layer", "Layer")
    model.addModelParameter(layer, QgsProcessingModelParameter("layer"))
    drawn = QgsProcessingParameterFeatureSource("points", "Points")
    model.addModelParameter(drawn, QgsProcessingModelParameter("points"))
    sketch = {"POINTS": QgsProcessingModelChildParameterSource.fromModelParameter("points")}
    for name, given in {
        "enhance": {"INPUT": FROM_LAYER},
        "fillvoids": {"INPUT": filled},
        "sketch": {**place, **sketch, "POINTS_ELEVATION": "height", "POINTS_KIND": "kind"},
        "generate": {**on_the_layer, "GUIDE": FROM_LAYER, "REALISATIONS": 2, "SPREAD": True},
    }.items():
        model.addChildAlgorithm(_step(name, {**given, "MODEL": str(trained.model), "SEED": 2}))
    return model


def _step(name: str, given: dict[str, Any]) -> QgsProcessingModelChildAlgorithm:
    """Return a step with the defaults of all that is not given, as the designer's dialog has them."""
    step = QgsProcessingModelChildAlgorithm(f"geogan:{name}")
    step.setChildId(name)
    inputs = (each for each in step.algorithm().parameterDefinitions() if not each.isDestination())
    for key, value in {**{each.name(): each.defaultValue() for each in inputs}, **given}.items():
        is_source = isinstance(value, QgsProcessingModelChildParameterSource)
        source = value if is_source else QgsProcessingModelChildParameterSource.fromStaticValue(value)
        step.addParameterSources(key, [source])
    output = QgsProcessingModelOutput(name, name)
    output.setChildId(name)
    output.setChildOutputName("OUTPUT")
    step.setModelOutputs({name: output})
    return step


@pytest.fixture
def coarse(tmp_path) -> Path:
    """The sample, averaged to 360 m, with a void."""
    path = tmp_path / "coarse.tif"
    inland = (738_000.0, 4_050_000.0, 752_400.0, 4_062_960.0)
    resampled_sample(path, 360.0, inland, outputType=gdal.GDT_Int16, dstNodata=VOID)
    dataset = gdal.Open(str(path), gdal.GA_Update)
    dataset.GetRasterBand(1).WriteArray(np.full((2, 3), VOID, np.int16), 2, 2)
    return path


@pytest.fixture
def peak() -> QgsVectorLayer:
    """A peak in the middle of the place."""
    points = QgsVectorLayer("Point?crs=EPSG:32616&field=height:double&field=kind:string(9)", "peak", "memory")
    feature = QgsFeature(points.fields())
    feature.setGeometry(QgsGeometry.fromWkt("POINT(4545 4455)"))
    feature.setAttributes([777.0, "peak"])
    assert points.dataProvider().addFeature(feature)
    return points


def test_each_step_makes_what_its_algorithm_makes(model, provider, trained, coarse, peak, tmp_path):
    import processing

    keys = {each.description(): each.name() for each in model.destinationParameterDefinitions()}
    made = {name: str(tmp_path / f"{name}.tif") for name in ("enhance", "fillvoids", "sketch", "generate")}
    assert model.validate() == (True, [])

    destinations = {keys[name]: path for name, path in made.items()}
    processing.run(model, {"layer": str(coarse), "points": peak, **destinations})

    fine, filled = read(made["enhance"]).values, read(made["fillvoids"]).values
    assert (fine == VOID)[8:16, 8:20].all()
    assert (filled != VOID).all()
    np.testing.assert_array_equal(filled[fine != VOID], fine[fine != VOID])
    assert read(made["sketch"]).values[50, 50] == pytest.approx(777.0, abs=0.01)
    ensemble = read(made["generate"])
    assert ensemble.bounds == pytest.approx((740_970, 4_051_980, 747_000, 4_058_010), abs=1e-6)
    assert len(ensemble.values) == 4, "two lands, their mean and their standard deviation"
    alone = {"INPUT": str(coarse), "MODEL": str(trained.model), "SEED": 2}
    alone["OUTPUT"] = str(tmp_path / "alone.tif")
    np.testing.assert_array_equal(read(processing.run("geogan:enhance", alone)["OUTPUT"]).values, fine)
