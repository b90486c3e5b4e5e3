# SPDX-License-Identifier: GPL-3.0-or-later
"""The same parameters give the same pixels whichever way Processing runs the algorithm.

`qgis_process` and the desktop are compared in test/end_to_end.
"""

from __future__ import annotations

import numpy as np
import pytest
from geogan.test.harness.programs import ROOT, SAMPLE
from geogan.test.qgis.running.batch import run_batch
from geogan.test.qgis.running.parameters import extent, generation
from geogan.test.qgis.running.rasters import read
from qgis.core import (
    QgsApplication,
    QgsProcessingAlgRunnerTask,
    QgsProcessingContext,
    QgsProcessingFeedback,
    QgsProcessingModelAlgorithm,
    QgsProcessingOutputLayerDefinition,
    QgsProject,
)
from qgis.PyQt.QtCore import QEventLoop

MODEL_DESIGNER_EXAMPLE = ROOT / "resources" / "models" / "train_and_generate.model3"

PLACES = [
    (-4500.0, -900.0, 900.0, 2700.0),
    (0.0, 0.0, 90.0, 90.0),
    (90_000.0, -90_000.0, 99_000.0, -81_000.0),
]


@pytest.fixture
def expected(generate):
    """The pixels that `processing.run` makes."""
    return [generate(bounds, f"expected {i}", SEED=3).values for i, bounds in enumerate(PLACES)]


def run_in_background(parameters) -> QgsProcessingContext:
    """Run `geogan:generate` as the dialog does, in a task, and return the context with what it will load."""
    algorithm = QgsApplication.processingRegistry().createAlgorithmById("geogan:generate")
    context, feedback = QgsProcessingContext(), QgsProcessingFeedback(False)
    context.setProject(QgsProject.instance())
    task = QgsProcessingAlgRunnerTask(algorithm, parameters, context, feedback)
    outcomes, waiting = [], QEventLoop()
    task.executed.connect(lambda ok, _results: (outcomes.append(ok), waiting.quit()))
    QgsApplication.taskManager().addTask(task)
    if not outcomes:
        waiting.exec_()
    assert outcomes == [True], feedback.textLog()
    return context


class TestBackgroundTask:
    def test_it_makes_the_same_pixels(self, trained, provider, expected, tmp_path):
        path = tmp_path / "task.tif"

        run_in_background(generation(trained.model, PLACES[0], path, SEED=3))

        assert np.array_equal(read(path).values, expected[0])

    def test_what_it_made_is_loaded_and_styled(self, trained, provider, project, tmp_path):
        from processing.gui.Postprocessing import handleAlgorithmResults

        algorithm = provider.algorithm("generate").create()
        path = str(tmp_path / "task.tif")
        parameters = generation(trained.model, PLACES[0], tmp_path / "task.tif")
        parameters["OUTPUT"] = QgsProcessingOutputLayerDefinition(path, project)

        context = run_in_background(parameters)
        handleAlgorithmResults(algorithm, context, QgsProcessingFeedback(False), parameters=parameters)

        shade, terrain = project.layerTreeRoot().layerOrder()
        assert [terrain.renderer().type(), shade.renderer().type()] == ["singlebandpseudocolor", "hillshade"]
        note = terrain.metadata().abstract()
        assert note.startswith("Synthetic terrain, not a survey:")
        assert note.endswith(f"with {trained.model.name}, landscape {trained.card.landscapes[0]}, seed 0.")
        assert terrain.source() == path


def test_a_batch_of_three_extents_makes_the_same_pixels(provider, trained, expected, project, tmp_path):
    rows = [
        {
            "MODEL": repr(str(trained.model)),
            "EXTENT": repr(extent(bounds)),
            "CRS": "QgsCoordinateReferenceSystem('EPSG:32616')",
            "SEED": "3",
            "OUTPUT": tmp_path / f"batch {i}.tif",
        }
        for i, bounds in enumerate(PLACES)
    ]

    run_batch(provider.algorithm("generate").create(), rows, tmp_path / "batch.json")

    made = [read(row["OUTPUT"]).values for row in rows]
    assert all(np.array_equal(each, alike) for each, alike in zip(made, expected))


class TestModelDesigner:
    @pytest.fixture
    def model(self, provider) -> QgsProcessingModelAlgorithm:
        model = QgsProcessingModelAlgorithm()
        assert model.fromFile(str(MODEL_DESIGNER_EXAMPLE))
        return model

    def test_the_example_is_valid(self, model):
        assert model.validate() == (True, [])
        assert model.canExecute() == (True, "")

    def test_it_trains_and_makes_the_pixels_that_generate_makes_of_its_model(self, model, generate, tmp_path):
        import processing

        keys = {each.description(): each.name() for each in model.destinationParameterDefinitions()}
        parameters = {
            "layers": [str(SAMPLE)],
            "minutes": 0.05,
            "extent": extent(PLACES[0]),
            "crs": "EPSG:32616",
            "seed": 3,
            keys["Trained model"]: str(tmp_path / "designed.geogan"),
            keys["Synthetic terrain"]: str(tmp_path / "designed.tif"),
        }

        processing.run(model, parameters)

        alike = generate(PLACES[0], MODEL=str(tmp_path / "designed.geogan"), SEED=3)
        assert np.array_equal(read(tmp_path / "designed.tif").values, alike.values)
