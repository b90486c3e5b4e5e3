# SPDX-License-Identifier: GPL-3.0-or-later
"""No result takes the place of what it is made from, whatever the algorithm and the parameter."""

from __future__ import annotations

import shutil
from pathlib import Path

import processing
import pytest
from geogan.algorithms.bundled_model import BUNDLED_MODEL
from geogan.algorithms.evaluate import EvaluateAlgorithm
from geogan.algorithms.fillvoids import FillVoidsAlgorithm
from geogan.algorithms.generate import GenerateAlgorithm
from geogan.algorithms.inputs import check_inputs_stay
from geogan.algorithms.modelinfo import ModelInfoAlgorithm
from geogan.algorithms.sketch import SketchAlgorithm
from geogan.algorithms.train import TrainAlgorithm
from geogan.test.harness.programs import SAMPLE
from osgeo import gdal, ogr
from qgis.core import (
    QgsProcessingContext,
    QgsProcessingException,
    QgsProcessingFeatureSourceDefinition,
    QgsProcessingOutputLayerDefinition,
    QgsProject,
    QgsProperty,
    QgsRasterDataProvider,
    QgsRasterLayer,
)

pytestmark = pytest.mark.usefixtures("qgis_processing", "home")

PLACE = "500000,503000,4100000,4103000 [EPSG:32616]"
CRS = {"CRS": "EPSG:32616"}


@pytest.fixture
def files(tmp_path) -> dict[str, Path]:
    """A raster, vectors and a model, by what they are called in the tests below."""
    made = {"dem": tmp_path / "dem.tif", "model": tmp_path / "own.geogan", "shapes": tmp_path / "shapes.gpkg"}
    shutil.copy(SAMPLE, made["dem"])
    shutil.copy(BUNDLED_MODEL, made["model"])
    source = ogr.GetDriverByName("GPKG").CreateDataSource(str(made["shapes"]))
    for name, kind in (("points", ogr.wkbPoint), ("polygons", ogr.wkbPolygon)):
        source.CreateLayer(name, None, kind)
    return made


@pytest.mark.parametrize(
    ("algorithm", "asked", "output", "lost"),
    [
        (TrainAlgorithm, {"LAYERS": ["{dem}"], "MODEL": "m.geogan"}, "REPORT", "dem"),
        (
            TrainAlgorithm,
            {"LAYERS": [str(SAMPLE)], "GUIDES": ["{dem}"], "MODEL": "m.geogan"},
            "REPORT",
            "dem",
        ),
        (TrainAlgorithm, {"LAYERS": ["{dem}"], "BASE_MODEL": "{model}"}, "MODEL", "model"),
        (EvaluateAlgorithm, {"SYNTHETIC": str(SAMPLE), "REAL": "{dem}"}, "REPORT", "dem"),
        (EvaluateAlgorithm, {"SYNTHETIC": "{dem}", "REAL": str(SAMPLE)}, "REPORT", "dem"),
        (ModelInfoAlgorithm, {"MODEL": "{model}"}, "REPORT", "model"),
        (GenerateAlgorithm, {"MODEL": "{model}", "EXTENT": PLACE, **CRS}, "OUTPUT", "model"),
        (GenerateAlgorithm, {"EXTENT": "{dem}", **CRS}, "OUTPUT", "dem"),
        (
            FillVoidsAlgorithm,
            {"INPUT": str(SAMPLE), "MASK": "{shapes}|layername=polygons"},
            "OUTPUT",
            "shapes",
        ),
        (
            SketchAlgorithm,
            {"POINTS": "{shapes}|layername=points", "EXTENT": PLACE, **CRS},
            "OUTPUT",
            "shapes",
        ),
    ],
)
def test_what_is_read_is_not_written_over(files, monkeypatch, tmp_path, algorithm, asked, output, lost):
    def filled(value):
        return [filled(each) for each in value] if isinstance(value, list) else value.format(**files)

    monkeypatch.chdir(tmp_path)
    before = files[lost].read_bytes()

    parameters = {**{key: filled(value) for key, value in asked.items()}, output: str(files[lost])}
    with pytest.raises(QgsProcessingException) as failure:
        processing.run(algorithm().create(), parameters)

    said = str(failure.value)
    assert "which would be lost. Choose another name." in said or "MODEL and BASE_MODEL are the same" in said
    assert files[lost].read_bytes() == before
    assert not list(tmp_path.glob("*.partial"))


def test_layers_of_the_project_and_what_dialogs_make_are_seen_through(files):
    layer = QgsRasterLayer(str(files["dem"]), "survey")
    project, context = QgsProject(), QgsProcessingContext()
    project.addMapLayer(layer)
    context.setProject(project)
    algorithm = SketchAlgorithm().create()
    points = QgsProcessingFeatureSourceDefinition(f"{files['shapes']}|layername=points", False)
    for parameters, named in (
        ({"EXTENT": layer.id(), "OUTPUT": str(files["dem"])}, "survey"),
        ({"EXTENT": PLACE, "POINTS": points, "OUTPUT": str(files["shapes"])}, "shapes"),
    ):
        for output in (
            parameters["OUTPUT"],
            QgsProcessingOutputLayerDefinition(QgsProperty.fromValue(parameters["OUTPUT"])),
        ):
            with pytest.raises(Exception, match=f"a file of the input {named}"):
                check_inputs_stay(algorithm, {**parameters, "OUTPUT": output}, context)


def test_what_a_vrt_of_vrts_is_made_of_is_not_written_over(files, tmp_path):
    gdal.Translate(str(tmp_path / "inner.vrt"), str(files["dem"]))
    gdal.Translate(str(tmp_path / "outer.vrt"), str(tmp_path / "inner.vrt"))
    parameters = {"INPUT": str(tmp_path / "outer.vrt"), "OUTPUT": str(files["dem"])}
    with pytest.raises(Exception, match="which would be lost"):
        check_inputs_stay(FillVoidsAlgorithm().create(), parameters, QgsProcessingContext())


def test_what_qgis_computes_a_layer_of_is_not_written_over(files):
    dem = QgsRasterLayer(str(files["dem"]), "dem")
    asked = QgsRasterDataProvider.VirtualRasterParameters()
    asked.crs, asked.extent, asked.width, asked.height = dem.crs(), dem.extent(), dem.width(), dem.height()
    asked.formula = '"dem@1" + 1000'
    of = QgsRasterDataProvider.VirtualRasterInputLayers()
    of.name, of.uri, of.provider = "dem", dem.source(), "gdal"
    asked.rInputLayers = [of]
    uri = QgsRasterDataProvider.encodeVirtualRasterProviderUri(asked)
    parameters = {"INPUT": QgsRasterLayer(uri, "computed", "virtualraster"), "OUTPUT": str(files["dem"])}
    with pytest.raises(Exception, match="a file of the input computed, which would be lost"):
        check_inputs_stay(FillVoidsAlgorithm().create(), parameters, QgsProcessingContext())


def test_another_output_and_a_temporary_one_are_let_through(files, tmp_path):
    algorithm, context = GenerateAlgorithm().create(), QgsProcessingContext()
    older = tmp_path / "older.tif"
    gdal.Translate(str(older), str(files["dem"]))
    for output in (str(older), str(tmp_path / "new.tif"), "TEMPORARY_OUTPUT"):
        parameters = {"MODEL": str(files["model"]), "EXTENT": str(files["dem"]), "OUTPUT": output}
        check_inputs_stay(algorithm, parameters, context)
