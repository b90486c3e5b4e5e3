# SPDX-License-Identifier: GPL-3.0-or-later
"""Features are taken from layers at once, and read later, on any thread."""

from __future__ import annotations

import threading

import pytest
from geogan.algorithms.features import features_within, gather_features
from geogan.errors import Cancelled
from qgis.core import (
    QgsCoordinateReferenceSystem,
    QgsFeature,
    QgsGeometry,
    QgsPointXY,
    QgsProcessingContext,
    QgsProcessingFeatureSourceDefinition,
    QgsProcessingFeedback,
    QgsProperty,
    QgsRectangle,
    QgsVectorLayer,
)

pytestmark = pytest.mark.usefixtures("qgis_app")


def points(*places: tuple[float, float], crs: str = "EPSG:4326") -> QgsVectorLayer:
    """A layer of points; their numbers in the field `number` count from 0."""
    layer = QgsVectorLayer(f"Point?crs={crs}&field=number:integer", "places", "memory")
    for number, place in enumerate(places):
        feature = QgsFeature(layer.fields())
        feature.setGeometry(QgsGeometry.fromPointXY(QgsPointXY(*place)))
        feature.setAttributes([number])
        assert layer.dataProvider().addFeature(feature)
    return layer


@pytest.fixture
def drawn_layer() -> QgsVectorLayer:
    return points((10, 45), (11, 46), (12, 47))


def numbers(features, feedback=None) -> list[int]:
    """Read features in another thread, as a task does."""
    found = []
    feedback = feedback or QgsProcessingFeedback()
    thread = threading.Thread(target=lambda: found.extend(each["number"] for each in features.read(feedback)))
    thread.start()
    thread.join()
    return found


def test_what_was_taken_is_read_whatever_becomes_of_the_layer(drawn_layer):
    features = gather_features(drawn_layer, QgsProcessingContext())
    drawn_layer.dataProvider().truncate()

    assert numbers(features) == [0, 1, 2]
    assert features.layer == "places"
    assert features.fields.names() == ["number"]
    assert features.crs.authid() == "EPSG:4326"


def test_layers_are_found_by_whatever_names_them(drawn_layer, project, tmp_path):
    project.addMapLayer(drawn_layer, False)
    context = QgsProcessingContext()
    context.setProject(project)
    for value in (
        drawn_layer.id(),
        "places",
        QgsProperty.fromValue(drawn_layer.id()),
        QgsProperty.fromExpression(f"'{drawn_layer.id()}'"),
        QgsProcessingFeatureSourceDefinition(drawn_layer.id()),
    ):
        assert numbers(gather_features(value, context)) == [0, 1, 2]
    project.takeMapLayer(drawn_layer)


@pytest.mark.parametrize("value", ["/no/such.gpkg", None, 5])
def test_what_is_no_vector_layer_is_none(value):
    assert gather_features(value, QgsProcessingContext()) is None


def test_a_raster_is_no_vector_layer(dem_layer):
    assert gather_features(dem_layer, QgsProcessingContext()) is None


def test_only_selected_features_and_as_many_as_asked_for_are_read(drawn_layer, project):
    project.addMapLayer(drawn_layer, False)
    context = QgsProcessingContext()
    context.setProject(project)
    drawn_layer.selectByExpression("number > 0")
    selected = QgsProcessingFeatureSourceDefinition(drawn_layer.id(), True)
    first = QgsProcessingFeatureSourceDefinition(drawn_layer.id(), True, 1)
    limited = QgsProcessingFeatureSourceDefinition(drawn_layer.id(), False, 2)

    taken = [gather_features(each, context) for each in (selected, first, limited)]
    drawn_layer.removeSelection()

    assert [numbers(each) for each in taken] == [[1, 2], [1], [0, 1]]
    project.takeMapLayer(drawn_layer)


def test_reading_stops_at_a_cancel(drawn_layer):
    features, feedback = gather_features(drawn_layer, QgsProcessingContext()), QgsProcessingFeedback()
    reading = features.read(feedback)
    next(reading)
    feedback.cancel()

    with pytest.raises(Cancelled):
        next(reading)


def within(layer: QgsVectorLayer, extent: QgsRectangle, crs: str) -> list[int]:
    target = QgsCoordinateReferenceSystem(crs)
    return numbers(features_within(layer, extent, target, QgsProcessingContext()))


def test_of_a_mask_what_lies_near_the_raster_is_read_in_its_crs(drawn_layer):
    extent = QgsRectangle(600_000, 5_050_000, 700_000, 5_150_000)
    crs = QgsCoordinateReferenceSystem("EPSG:32632")
    features = features_within(drawn_layer, extent, crs, QgsProcessingContext())

    (feature,) = features.read(QgsProcessingFeedback())

    assert feature["number"] == 1
    assert extent.contains(feature.geometry().asPoint())


@pytest.mark.parametrize(
    ("place", "extent", "crs"),
    [
        ((30, 89.99), QgsRectangle(-1e6, -1e6, 1e6, 1e6), "EPSG:3413"),  # around the pole
        ((179.9, -17), QgsRectangle(100_000, 8_000_000, 300_000, 8_200_000), "EPSG:32701"),
        ((-179.9, -17), QgsRectangle(100_000, 8_000_000, 300_000, 8_200_000), "EPSG:32701"),
    ],
)
def test_a_mask_is_not_lost_where_its_degrees_begin_and_end(place, extent, crs):
    assert within(points(place), extent, crs) == [0]


def test_a_mask_is_not_lost_where_the_raster_has_no_place_in_its_crs():
    world = QgsRectangle(-180, -90, 180, 90)

    assert within(points((1_000_000, 6_000_000), crs="EPSG:3857"), world, "EPSG:4326") == [0]
