# SPDX-License-Identifier: GPL-3.0-or-later
"""A model that is trained with a guiding layer makes land along such layers, anywhere and without seams."""

from __future__ import annotations

import numpy as np
import pytest
from geogan.test.qgis.running.conftest import train_model
from geogan.test.qgis.running.rasters import write
from osgeo import gdal
from qgis.core import QgsProcessingException, QgsProcessingFeedback

SIDE, SIZE = 640, 30.0  # pixels, and metres
LEFT, TOP = 700_000.0, 4_000_000.0
PLACE = (LEFT + 9600.0, TOP - 28_800.0, LEFT + 28_800.0, TOP - 9600.0)


def _waves(side, size):
    """Return a smooth layer, -1 to 1, whose crests are 4.8 km apart."""
    along = (np.arange(side) + 0.5) * size * 2 * np.pi / 4800.0
    return np.sin(along)[:, None] * np.sin(along)[None]


@pytest.fixture(scope="module")
def layers(tmp_path_factory):
    """Land that is high where a layer says so; that layer, on pixels of 120 m; and a wider one, turned."""
    folder = tmp_path_factory.mktemp("guiding layers")
    rough = np.random.default_rng(2).standard_normal((SIDE, SIDE)).cumsum(0).cumsum(1)
    land = 900.0 + 300.0 * _waves(SIDE, SIZE) + 40.0 * (rough - rough.mean()) / rough.std()
    return {
        "land": str(write(folder / "land.tif", land, size=SIZE)),
        "rain": str(write(folder / "rain.tif", 800.0 + 200.0 * _waves(SIDE // 4, 120.0), size=120.0)),
        "turned": str(write(folder / "turned.tif", 800.0 - 200.0 * _waves(400, 120.0), size=120.0)),
    }


@pytest.fixture(scope="module")
def along_rain(provider, layers, tmp_path_factory):
    return train_model(
        LAYERS=[layers["land"]],
        GUIDES=[layers["rain"]],
        MINUTES=0.6,
        PRESET="fast",
        PATCH_SIZE=32,
        MODEL=str(tmp_path_factory.mktemp("along rain") / "rain.geogan"),
    )


@pytest.fixture
def guided(generate, along_rain, layers):
    def run(bounds, name="guided", layer="turned", **parameters):
        return generate(bounds, name, MODEL=str(along_rain.model), GUIDES=[layers[layer]], **parameters)

    return run


def test_the_model_names_its_guiding_layer_and_is_scored_along_it(along_rain):
    (condition,) = along_rain.card.conditions
    assert condition.name == "rain"
    assert condition.mean == pytest.approx(800.0, abs=20.0)
    assert condition.deviation == pytest.approx(100.0, rel=0.1)
    assert along_rain.card.realism["realism"] > 0


def test_land_lies_high_where_the_layer_says_so_and_the_file_names_it(guided, tmp_path):
    heights = guided(PLACE).values[:640, :640].reshape(40, 16, 40, 16).mean((1, 3))
    layer = -_waves(60, 480.0)[20:, 20:]
    assert np.corrcoef(heights.ravel(), layer.ravel())[0, 1] > 0.5
    assert gdal.Open(str(tmp_path / "guided.tif")).GetMetadataItem("GEOGAN_GUIDING_LAYERS") == "turned"


def test_extents_that_overlap_have_the_same_land_to_the_last_bit(guided):
    whole = guided(PLACE)
    part = guided((LEFT + 12_600.0, TOP - 22_200.0, LEFT + 19_800.0, TOP - 15_000.0), "part")
    np.testing.assert_array_equal(part.values, whole.window(*part.bounds))


def test_a_training_goes_on_from_a_model_without_guiding_layers(train, layers, trained, tmp_path):
    further = train(
        tmp_path / "further.geogan",
        LAYERS=[layers["land"]],
        GUIDES=[layers["rain"]],
        BASE_MODEL=str(trained.model),
        MINUTES=0.1,
        PIXEL_SIZE=SIZE,
    )
    assert [each.name for each in further.card.conditions] == ["rain"]


def test_what_does_not_fit_is_refused_in_a_sentence(generate, guided, along_rain, layers, trained, tmp_path):
    import processing

    with pytest.raises(QgsProcessingException, match="takes as many, in GUIDES: rain"):
        generate(PLACE, MODEL=str(along_rain.model))
    with pytest.raises(QgsProcessingException, match="trained without guiding layers: leave GUIDES empty"):
        generate(PLACE, MODEL=str(trained.model), GUIDES=[layers["rain"]])
    with pytest.raises(QgsProcessingException, match="rain has no data in a part of the extent"):
        guided(PLACE, layer="rain")
    asked = {"INPUT": layers["land"], "MODEL": str(along_rain.model), "OUTPUT": str(tmp_path / "finer.tif")}
    with pytest.raises(QgsProcessingException, match="which only Generate synthetic terrain takes"):
        processing.run("geogan:enhance", asked)


def test_numbers_unlike_those_that_were_learnt_are_warned_of(generate, along_rain, layers, tmp_path):
    feedback = QgsProcessingFeedback(False)
    inches = str(tmp_path / "inches.tif")
    gdal.Translate(inches, layers["turned"], scaleParams=[[0, 1000, 0, 39.37]])
    generate(PLACE, "strange", feedback, MODEL=str(along_rain.model), GUIDES=[inches])
    assert "The numbers of inches are around 31" in feedback.textLog()
    assert "Guiding layer rain: inches." in feedback.textLog()
