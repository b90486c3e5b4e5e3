# SPDX-License-Identifier: GPL-3.0-or-later
"""Real runs of train and generate in this process, with a real worker beside it. One model serves most."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from geogan.algorithms.provider import GeoGanProvider
from geogan.models.model_card import ModelCard
from geogan.models.model_file import read_card
from geogan.test.harness.programs import SAMPLE
from geogan.test.qgis.running.coarse_layers import CELL, write_coarse
from geogan.test.qgis.running.drawn_layers import EXTENT
from geogan.test.qgis.running.holed_layers import write_holed
from geogan.test.qgis.running.parameters import QUICK, generation
from geogan.test.qgis.running.rasters import Raster, east_of, read, west_of
from geogan.worker.pool import close_idle_workers
from qgis.core import QgsApplication, QgsProcessingFeedback, QgsRasterLayer


@dataclass(frozen=True)
class Trained:
    """A training that has run."""

    outputs: dict[str, Any]
    log: str

    @property
    def model(self) -> Path:
        return Path(self.outputs["MODEL"])

    @property
    def card(self) -> ModelCard:
        return read_card(self.model)


@pytest.fixture(scope="session", autouse=True)
def worker(tmp_path_factory):
    """The Python that runs the tests is the worker's, and no test leaves one behind."""
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("GEOGAN_WORKER", os.environ.get("GEOGAN_WORKER", sys.executable))
        environment.setenv("GEOGAN_HOME", str(tmp_path_factory.mktemp("home")))
        yield
        close_idle_workers()


@pytest.fixture(autouse=True)
def tensorflow_stays_out_of_qgis():
    """Whatever a test ran, TensorFlow is in the worker and not here."""
    yield
    assert not {name.partition(".")[0] for name in sys.modules} & {"tensorflow", "keras"}


@contextmanager
def registered_provider() -> Iterator[None]:
    """Have the provider in the registry, whether the module's own is there already or not."""
    registry = QgsApplication.processingRegistry()
    if registry.providerById("geogan"):
        yield
        return
    provider = GeoGanProvider()
    registry.addProvider(provider)
    yield
    registry.removeProvider(provider)


def train_model(feedback: QgsProcessingFeedback | None = None, **parameters: Any) -> Trained:
    import processing

    feedback = feedback or QgsProcessingFeedback(False)
    return Trained(processing.run("geogan:train", parameters, feedback=feedback), feedback.textLog())


@pytest.fixture(scope="session")
def unlike_layers(tmp_path_factory) -> list[str]:
    """Two layers that differ in CRS, pixel size, data type and nodata."""
    folder = tmp_path_factory.mktemp("layers")
    return [str(west_of(SAMPLE, folder / "west.tif")), str(east_of(SAMPLE, folder / "east.tif"))]


@pytest.fixture(scope="session")
def trained(qgis_processing, worker, unlike_layers, tmp_path_factory) -> Trained:
    """A model of both layers, trained for seconds, with its report."""
    folder = tmp_path_factory.mktemp("trained model")
    west = QgsRasterLayer(unlike_layers[0], "west")
    metadata = west.metadata()
    metadata.setLicenses(["public domain"])
    west.setMetadata(metadata)
    with registered_provider():
        return train_model(
            LAYERS=[west, *unlike_layers[1:]],
            MINUTES=0.15,
            PRESET="fast",
            MODEL=str(folder / "appalachian.geogan"),
            REPORT=str(folder / "report.html"),
        )


@pytest.fixture(scope="module")
def train(provider):
    """Run a quick training on the sample; parameters override."""

    def run(model: Path, feedback: QgsProcessingFeedback | None = None, **parameters: Any) -> Trained:
        return train_model(feedback, **{"LAYERS": [str(SAMPLE)], **QUICK, "MODEL": str(model), **parameters})

    return run


@pytest.fixture
def generate(provider, trained, tmp_path):
    """Generate terrain for (xmin, ymin, xmax, ymax) in UTM zone 16 and read what was written."""
    import processing

    def run(
        bounds: tuple[float, float, float, float],
        name: str = "terrain",
        feedback: QgsProcessingFeedback | None = None,
        **parameters: Any,
    ) -> Raster:
        output = tmp_path / f"{name}.tif"
        described = generation(trained.model, bounds, output, **parameters)
        return read(processing.run("geogan:generate", described, feedback=feedback)["OUTPUT"])

    return run


@pytest.fixture
def sketch(provider, trained, tmp_path):
    """Make land of layers with the model; return the raster and what the algorithm returned."""
    import processing

    def sketch(points=None, lines=None, name="land", feedback=None, **parameters) -> tuple[Raster, dict]:
        asked = {"EXTENT": EXTENT, "CRS": "EPSG:32633", "MODEL": str(trained.model)}
        asked["OUTPUT"] = str(tmp_path / f"{name}.tif")
        if points is not None:
            asked |= {"POINTS": points, "POINTS_ELEVATION": "elevation", "POINTS_KIND": "kind"}
        if lines is not None:
            fields = {"ELEVATION": "elevation", "END_ELEVATION": "ending", "KIND": "kind"}
            asked |= {"LINES": lines, **{f"LINES_{key}": field for key, field in fields.items()}}
        outputs = processing.run("geogan:sketch", {**asked, **parameters}, feedback=feedback)
        return read(outputs["OUTPUT"]), outputs

    return sketch


@pytest.fixture(scope="module")
def coarse(tmp_path_factory):
    """Write the sample as a layer of coarse pixels of a size, with a void or without one."""
    folder = tmp_path_factory.mktemp("coarse layers")
    return lambda size=CELL, void=False: write_coarse(folder, size, void)


@pytest.fixture
def enhance(provider, trained, tmp_path):
    """Enhance a layer with the model; return the raster and what the algorithm returned."""
    import processing

    def enhance(layer: Path, name: str = "fine", feedback=None, **parameters) -> tuple[Raster, dict]:
        asked = {"INPUT": str(layer), "MODEL": str(trained.model), "OUTPUT": str(tmp_path / f"{name}.tif")}
        outputs = processing.run("geogan:enhance", {**asked, **parameters}, feedback=feedback)
        return read(outputs["OUTPUT"]), outputs

    return enhance


@pytest.fixture(scope="module")
def holed(tmp_path_factory) -> Path:
    """The sample with voids."""
    return write_holed(tmp_path_factory.mktemp("holed"))


@pytest.fixture
def fill(provider, trained, tmp_path):
    """Fill a layer with the model; return the raster and what the algorithm returned."""
    import processing

    def fill(layer, name: str = "filled", feedback=None, **parameters) -> tuple[Raster, dict]:
        layer = layer if isinstance(layer, QgsRasterLayer) else str(layer)
        asked = {"INPUT": layer, "MODEL": str(trained.model), "OUTPUT": str(tmp_path / f"{name}.tif")}
        outputs = processing.run("geogan:fillvoids", {**asked, **parameters}, feedback=feedback)
        return read(outputs["OUTPUT"]), outputs

    return fill
