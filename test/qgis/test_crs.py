# SPDX-License-Identifier: GPL-3.0-or-later
"""Where lengths in a projected CRS are not those on the ground, a warning says so."""

from __future__ import annotations

import pytest
from geogan.algorithms.crs import stretch_at, warn_of_layers
from geogan.algorithms.evaluate import EvaluateAlgorithm
from geogan.algorithms.fillvoids import FillVoidsAlgorithm
from geogan.algorithms.generate import GenerateAlgorithm
from geogan.algorithms.sketch import SketchAlgorithm
from geogan.algorithms.train import TrainAlgorithm
from osgeo import gdal
from qgis.core import (
    QgsCoordinateReferenceSystem,
    QgsCoordinateTransformContext,
    QgsProcessingContext,
    QgsProcessingFeedback,
    QgsRasterLayer,
    QgsRectangle,
)

pytestmark = pytest.mark.usefixtures("qgis_app")

ALPS, ALPS_UTM = (1_220_000, 5_940_000), (650_000, 5_220_000)  # of EPSG:3857 and EPSG:32632
NOWHERE = (1e9, 1e9)


def stretch(code: str, x: float, y: float):
    extent = QgsRectangle(x, y, x + 10_000, y + 10_000)
    return stretch_at(QgsCoordinateReferenceSystem(code), extent, QgsCoordinateTransformContext())


@pytest.mark.parametrize(
    ("code", "place"),
    [
        ("EPSG:32632", ALPS_UTM),
        ("EPSG:3857", (1_220_000, 0)),  # at the equator
        ("EPSG:2274", (1_800_000, 600_000)),  # feet, in Tennessee
        ("EPSG:27572", (600_000, 2_400_000)),  # degrees are gons from Paris there
        ("EPSG:4326", (11, 47)),  # refused elsewhere, or brought to metres
        ("EPSG:4978", (11, 47)),
        ("", (11, 47)),
        ("EPSG:32632", NOWHERE),
    ],
)
def test_of_lengths_that_are_true_or_of_no_place_nothing_is_said(code, place):
    assert stretch(code, *place) is None


@pytest.mark.parametrize(
    ("code", "place", "factor"),
    [("EPSG:3857", ALPS, 1.46), ("EPSG:3395", ALPS, 1.46), ("EPSG:6933", (1_000_000, 5_400_000), 1.28)],
)
def test_lengths_that_are_not_true_are_told_with_a_crs_that_fits(code, place, factor):
    found = stretch(code, *place)

    assert found.factor == pytest.approx(factor, abs=0.02)
    assert found.fitting == "EPSG:32632"


@pytest.fixture
def mercator_layer(sample, tmp_path) -> QgsRasterLayer:
    path = tmp_path / "web.tif"
    gdal.Warp(str(path), str(sample), dstSRS="EPSG:3857", xRes=120, yRes=120)
    return QgsRasterLayer(str(path), "web")


def said_by(algorithm, parameters) -> str:
    feedback = QgsProcessingFeedback(False)
    algorithm.initAlgorithm()
    algorithm.gather(parameters, QgsProcessingContext(), feedback)
    return feedback.textLog()


@pytest.mark.parametrize("algorithm", [GenerateAlgorithm, SketchAlgorithm])
def test_land_to_be_made_in_web_mercator_is_warned_of(provider, home, algorithm):
    extent = "1220000,1230000,5940000,5950000 [EPSG:3857]"

    said = said_by(algorithm(), {"EXTENT": extent, "CRS": "EPSG:3857"})

    assert "In this extent lengths in EPSG:3857 are 1.47 times those on the ground." in said
    assert "A CRS that fits is EPSG:32632." in said
    assert "on the ground" not in said_by(algorithm(), {"EXTENT": extent, "CRS": "EPSG:32632"})


@pytest.mark.parametrize(
    ("algorithm", "keys"), [(FillVoidsAlgorithm, ["INPUT"]), (EvaluateAlgorithm, ["SYNTHETIC", "REAL"])]
)
def test_layers_in_web_mercator_are_warned_of_one_by_one(provider, home, mercator_layer, algorithm, keys):
    said = said_by(algorithm(), {key: mercator_layer.source() for key in keys})

    assert said.count("Where layer web lies, lengths in EPSG:3857 are 1.25 times those on") == len(keys)
    assert said.count("Reproject it, for example to EPSG:32616.") == len(keys)


def test_a_training_may_set_the_crs_instead(provider, home, mercator_layer, sample, tmp_path):
    asked = {"LAYERS": [mercator_layer.source(), str(sample)], "MODEL": str(tmp_path / "m.geogan")}

    assert said_by(TrainAlgorithm(), asked).count("Set CRS to one in which they are") == 1
    assert said_by(TrainAlgorithm(), {**asked, "CRS": "EPSG:3857"}).count("example EPSG:32616.") == 2
    assert "on the ground" not in said_by(TrainAlgorithm(), {**asked, "CRS": "EPSG:32616"})


def test_of_a_layer_that_has_no_place_in_the_crs_chosen_nothing_is_said(sample, tmp_path):
    path = tmp_path / "pole.tif"
    gdal.Translate(str(path), str(sample), outputBounds=(-1, 90, 1, 89.9))
    feedback = QgsProcessingFeedback(False)
    target = QgsCoordinateReferenceSystem("EPSG:3857")

    warn_of_layers([QgsRasterLayer(str(path), "pole")], QgsProcessingContext(), feedback, "", target)

    assert feedback.textLog() == ""
