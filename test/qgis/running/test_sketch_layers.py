# SPDX-License-Identifier: GPL-3.0-or-later
"""Which layers `geogan:sketch` takes, through `processing.run`: what it reads of them, tells and refuses."""

from __future__ import annotations

import numpy as np
import pytest
from geogan.test.qgis.running.drawn_layers import PEAK, at, layer
from qgis.core import (
    QgsCoordinateReferenceSystem,
    QgsCoordinateTransform,
    QgsFeature,
    QgsGeometry,
    QgsMultiPoint,
    QgsPoint,
    QgsProcessingException,
    QgsProcessingFeedback,
    QgsProject,
    QgsVectorLayer,
)


def refused(sketch, *args, **kwargs) -> str:
    with pytest.raises(QgsProcessingException) as error:
        sketch(*args, **kwargs)
    return str(error.value)


def test_z_values_are_the_elevations_where_no_field_is_named(sketch):
    x, y = (float(value) for value in at(80, 80).split())
    wkt = f"LINESTRINGZ({at(80, 20)} 400, {x} {y} 350, {at(80, 140)} 200)"
    land, outputs = sketch(LINES=layer("LineStringZ", (wkt,)))
    assert outputs["LARGEST_MISS"] < 5.0
    assert land.values.std() > 5


def test_layers_in_degrees_are_brought_to_the_crs_of_the_terrain(sketch):
    geometry = QgsGeometry.fromWkt(PEAK[0])
    crs = [QgsCoordinateReferenceSystem(code) for code in ("EPSG:32633", "EPSG:4326")]
    geometry.transform(QgsCoordinateTransform(*crs, QgsProject.instance()))
    in_degrees = layer("Point", (geometry.asWkt(12), *PEAK[1:]), crs="EPSG:4326")
    there, _ = sketch(in_degrees, name="degrees")
    here, _ = sketch(layer("Point", PEAK), name="metres")
    np.testing.assert_array_equal(there.values, here.values)


def test_features_outside_the_extent_are_told(sketch):
    feedback = QgsProcessingFeedback(False)
    sketch(layer("Point", PEAK, (f"POINT({at(900, 900)})", 10.0, None, "")), feedback=feedback)
    assert "1 of the 2 points and lines lie outside the extent" in feedback.textLog()
    feedback = QgsProcessingFeedback(False)
    sketch(layer("Point", (f"POINT({at(900, 900)})", 10.0, None, "")), name="far", feedback=feedback)
    assert "The sketch lies outside the extent" in feedback.textLog()


def test_z_values_that_were_never_given_are_told(sketch):
    feedback = QgsProcessingFeedback(False)
    drawn = layer("LineStringZ", (f"LINESTRINGZ({at(80, 20)} 0, {at(80, 140)} 0)",), name="paths")

    sketch(LINES=drawn, feedback=feedback)

    assert "All vertices of layer paths have the Z value 0" in feedback.textLog()


def test_a_line_without_elevation_is_refused_with_a_sentence(sketch):
    flat = layer("LineString", (f"LINESTRING({at(1, 1)}, {at(9, 9)})", None, None, None), name="paths")
    sentence = refused(sketch, lines=flat)
    assert "Feature 1 of layer paths has no elevation" in sentence
    assert "Z values" in sentence


def test_a_kind_that_is_not_known_is_refused_with_those_that_are(sketch):
    road = layer("LineString", (f"LINESTRING({at(1, 1)}, {at(9, 9)})", 5.0, None, "road"))
    sentence = refused(sketch, lines=road)
    assert "of the kind road" in sentence
    assert "coast, peak, ridge, river" in sentence


def test_a_field_that_is_not_there_is_refused(sketch):
    assert "Layer drawn has no field height" in refused(
        sketch, layer("Point", PEAK), POINTS_ELEVATION="height"
    )


def test_curves_and_features_without_a_geometry_are_no_obstacle(sketch):
    arc = (f"COMPOUNDCURVE(CIRCULARSTRING({at(80, 20)}, {at(60, 80)}, {at(80, 140)}))", 400.0, 300.0, "river")
    drawn = layer("CompoundCurve", arc, ("", 1.0, None, None))
    land, outputs = sketch(lines=drawn)
    assert outputs["LARGEST_MISS"] < 5.0
    assert land.values.std() > 5


def test_a_river_of_several_connected_parts_descends_along_all_of_them(sketch):
    parts = f"({at(20, 20)}, {at(20, 60)}), ({at(20, 60)}, {at(20, 100)}), ({at(20, 100)}, {at(20, 140)})"
    river = layer("MultiLineString", (f"MULTILINESTRING({parts})", 500.0, 100.0, "river"))
    land, _ = sketch(lines=river)
    np.testing.assert_allclose(land.values[20, [20, 60, 100, 140]], [500, 367, 233, 100], atol=6.0)


def test_parts_that_are_not_connected_have_no_end(sketch):
    parts = f"({at(20, 20)}, {at(20, 60)}), ({at(90, 60)}, {at(90, 100)})"
    rivers = layer("MultiLineString", (f"MULTILINESTRING({parts})", 500.0, 100.0, "river"), name="dissolved")
    message = refused(sketch, lines=rivers)
    assert "dissolved" in message
    assert "Multipart to singleparts" in message


def test_an_end_without_a_begin_is_refused(sketch):
    river = layer("LineString", (f"LINESTRING({at(20, 20)}, {at(20, 60)})", None, 100.0, "river"))
    assert "none where it begins" in refused(sketch, lines=river)


def test_features_that_have_no_place_in_the_crs_are_left_out_and_told(sketch):
    feedback = QgsProcessingFeedback(False)
    points = layer("Point", ("POINT(1e300 1e300)", 5.0, None, ""), (PEAK[0], 900.0, None, "peak"), name="far")
    land, _ = sketch(points=points, feedback=feedback)
    assert land.values[40, 120] == pytest.approx(900.0, abs=1e-3)
    assert "1 features of layer far have no place" in feedback.textLog()


def test_empty_parts_are_no_obstacle(sketch):
    parts = QgsMultiPoint()
    parts.addGeometry(QgsPoint(*map(float, at(40, 120).split())))
    parts.addGeometry(QgsPoint())
    land, _ = sketch(points=layer("MultiPoint", (QgsGeometry(parts), 900.0, None, "peak")))
    assert land.values[40, 120] == pytest.approx(900.0, abs=1e-3)


def test_an_elevation_that_is_no_number_is_refused(sketch):
    names = QgsVectorLayer("Point?crs=EPSG:32633&field=height:string(9)", "names", "memory")
    feature = QgsFeature(names.fields())
    feature.setGeometry(QgsGeometry.fromWkt(PEAK[0]))
    feature.setAttributes(["high"])
    names.dataProvider().addFeature(feature)
    sentence = refused(sketch, POINTS=names, POINTS_ELEVATION="height")
    assert "high in the field height of layer names is not an elevation" in sentence


def test_terrain_in_degrees_is_refused_with_a_crs_that_fits(sketch):
    sentence = refused(sketch, EXTENT="14,15,36,37 [EPSG:4326]", CRS="EPSG:4326")
    assert "is in degrees" in sentence
    assert "EPSG:32633" in sentence


@pytest.mark.parametrize("number", [-9999.0, 1e30])
def test_a_number_that_stands_for_a_missing_elevation_is_refused(sketch, number):
    sentence = refused(sketch, points=layer("Point", (PEAK[0], number, None, "peak")))
    assert "in the field elevation of layer drawn is not an elevation" in sentence

    vertex = f"POINTZ({at(40, 120)} {number})"
    assert "has no elevation" in refused(sketch, points=layer("PointZ", (vertex, None, None, "peak")))
