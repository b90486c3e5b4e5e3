# SPDX-License-Identifier: GPL-3.0-or-later
"""What `geogan:train` makes of layers, through `processing.run`."""

from __future__ import annotations

import re
import weakref
import zipfile
from pathlib import Path

import numpy as np
import pytest
import safetensors.numpy
from geogan.algorithms.training_layers import TrainingLayers
from geogan.test.harness.programs import SAMPLE
from geogan.test.qgis.running.feedback import ActingFeedback
from qgis.core import QgsRasterDataProvider, QgsRasterLayer


@pytest.fixture
def computed_layer(project) -> QgsRasterLayer:
    """A layer that QGIS computes on the fly, so that GDAL has no path to open it by."""
    dem = QgsRasterLayer(str(SAMPLE), "dem")
    parameters = QgsRasterDataProvider.VirtualRasterParameters()
    parameters.crs, parameters.extent = dem.crs(), dem.extent()
    parameters.width, parameters.height = dem.width(), dem.height()
    parameters.formula = '"dem@1" + 1000'
    source = QgsRasterDataProvider.VirtualRasterInputLayers()
    source.name, source.uri, source.provider = "dem", dem.source(), "gdal"
    parameters.rInputLayers = [source]
    uri = QgsRasterDataProvider.encodeVirtualRasterProviderUri(parameters)
    layer = QgsRasterLayer(uri, "computed", "virtualraster")
    project.addMapLayer(layer)
    return layer


def weights(model) -> dict[str, np.ndarray]:
    with zipfile.ZipFile(model) as archive:
        return safetensors.numpy.load(archive.read("weights.safetensors"))


class TestUnlikeLayers:
    """One training on two layers that differ in CRS, pixel size, data type and nodata."""

    def test_the_model_has_the_coarsest_pixel_size_in_metres(self, trained):
        assert trained.card.pixel_size == pytest.approx(90.0, rel=1e-6)

    def test_voids_are_not_learnt(self, trained):
        low, high = trained.card.value_range

        assert 200 < low < high < 1200, "the heights of the sample, neither -9999 nor -32768"

    def test_the_model_says_what_it_was_made_of(self, trained):
        provenance = trained.card.provenance

        assert [layer["name"] for layer in provenance["layers"]] == ["west", "east"]
        assert [layer.get("licence") for layer in provenance["layers"]] == ["public domain", None]
        assert provenance["settings"]["loss"] == "relativistic"
        assert {strip["layer"] for strip in provenance["held_out"]} <= {"west", "east"}

    def test_a_training_of_seconds_leaves_the_variety_as_it_is_and_log_and_report_say_so(self, trained):
        said = "The training was too short to find out which variety is most like real land: it is 1."

        assert trained.card.variety == [1.0]
        assert said in trained.log
        assert said in Path(trained.outputs["REPORT"]).read_text(encoding="utf-8")

    def test_the_log_says_what_was_done_with_the_layers(self, trained):
        assert "Layer west is in degrees: it is brought to EPSG:32616." in trained.log
        assert "The model's pixel size is 90 m." in trained.log

    def test_progress_lines_say_step_losses_speed_and_time_left(self, trained):
        assert re.search(
            r"^(layout|detail) step \d+: generator loss -?\d+\.\d{3}, discriminator loss -?\d+\.\d{3}, "
            r"\d+ patches/s, \d+ s left$",
            trained.log,
            re.MULTILINE,
        )

    def test_the_outputs_are_those_of_the_training(self, trained):
        outputs = trained.outputs

        assert outputs["STEPS"] == trained.card.steps > 0
        assert outputs["SECONDS"] == pytest.approx(trained.card.provenance["seconds"])
        assert outputs["PATCHES_PER_SECOND"] > 0
        assert outputs["DEVICE"] in ("cpu", "gpu")
        assert outputs["REALISM"] == pytest.approx(trained.card.realism["realism"])

    def test_the_report_shows_real_beside_synthetic_land_and_the_losses(self, trained):
        html = Path(trained.outputs["REPORT"]).read_text(encoding="utf-8")

        assert "appalachian" in html
        assert "did not see" in html or "Compared with the layers themselves" in html
        assert "The layers are small" in html or "The layers are too small for two stages" in html
        stages = html.count("Losses of the stage")
        assert stages >= 1
        assert html.count("data:image/png;base64,") >= 3 + stages  # hillshades, landforms, curves

    def test_a_finished_training_leaves_no_checkpoint(self, trained):
        assert sorted(path.name for path in trained.model.parent.iterdir()) == [
            "appalachian.geogan",
            "report.html",
        ]


def test_a_layer_that_gdal_cannot_open_trains(train, computed_layer, tmp_path):
    trained = train(tmp_path / "computed.geogan", LAYERS=[computed_layer.id()])

    low, high = trained.card.value_range
    assert 1200 < low < high < 2200, "the computed heights, not those of the file beneath"


def test_qgis_lets_go_of_the_land_that_it_has_sent(train, tmp_path, monkeypatch):
    """Else it would be in memory twice, for hours."""
    read, alive = [], []
    read_areas = TrainingLayers.areas

    def noted(layers):
        areas = read_areas(layers)
        read.extend(weakref.ref(area.values) for area in areas)
        return areas

    monkeypatch.setattr(TrainingLayers, "areas", noted)
    look = ActingFeedback(lambda _: alive.extend(each() is not None for each in read), r" step \d+:")
    train(tmp_path / "land.geogan", look)
    assert alive == [False]


def test_the_standard_loss_trains(train, tmp_path):
    trained = train(tmp_path / "standard.geogan", LOSS="standard")

    assert trained.card.provenance["settings"]["loss"] == "standard"
    assert trained.outputs["STEPS"] > 0


@pytest.fixture(scope="module")
def base(train, tmp_path_factory):
    return train(tmp_path_factory.mktemp("base model") / "base.geogan", SEED=1)


@pytest.fixture(scope="module")
def hardly_further(train, base, tmp_path_factory):
    """Trained on from that model, by steps so small that it stays what it was."""
    model = tmp_path_factory.mktemp("hardly further") / "further.geogan"
    return train(model, SEED=2, BASE_MODEL=str(base.model), LEARNING_RATE=1e-7)


def test_from_a_base_model_the_steps_are_smaller_unless_they_are_given(train, base, hardly_further, tmp_path):
    further = train(tmp_path / "further.geogan", BASE_MODEL=str(base.model))

    rates = [each.card.provenance["settings"]["learning_rate"] for each in (base, further, hardly_further)]
    assert rates == [0.001, 0.0003, 1e-7]


def test_a_base_model_is_where_the_training_starts(base, hardly_further):
    before, after = weights(base.model), weights(hardly_further.model)
    assert before.keys() == after.keys()
    for name in before:
        np.testing.assert_allclose(after[name], before[name], atol=1e-5, err_msg=name)
