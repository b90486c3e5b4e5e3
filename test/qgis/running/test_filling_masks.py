# SPDX-License-Identifier: GPL-3.0-or-later
"""What says which part of a layer `geogan:fillvoids` fills: polygons, rasters and the layer's properties."""

from __future__ import annotations

import numpy as np
import pytest
from geogan.test.harness.programs import SAMPLE
from geogan.test.qgis.running.holed_layers import VOID
from geogan.test.qgis.running.rasters import read
from osgeo import gdal
from qgis.core import (
    QgsCoordinateReferenceSystem,
    QgsFeature,
    QgsGeometry,
    QgsPointXY,
    QgsProcessingException,
    QgsProcessingFeedback,
    QgsRasterLayer,
    QgsRasterRange,
    QgsRectangle,
    QgsVectorLayer,
)

UPRIGHT = (700_000.0, 90.0, 0.0, 4_000_000.0, 0.0, -90.0)
ROTATED = (700_000.0, 85.0, 30.0, 4_000_000.0, 30.0, -85.0)


@pytest.mark.parametrize("kind", ["LineString", "Point"])
def test_a_mask_of_lines_or_points_is_refused(fill, holed, kind):
    mask = QgsVectorLayer(f"{kind}?crs=EPSG:32616", "mask", "memory")
    with pytest.raises(QgsProcessingException, match="Choose a layer of polygons or a raster"):
        fill(holed, MASK=mask)


def test_polygons_in_another_crs_say_what_is_filled_and_other_voids_stay(fill, holed):
    before = read(holed)
    x, size, _, y, _, height = before.geotransform
    box = QgsRectangle(x + 100 * size, y + 220 * height, x + 140 * size, y + 180 * height)
    mask = QgsVectorLayer("Polygon?crs=EPSG:4326", "mask", "memory")
    feature = QgsFeature()
    feature.setGeometry(QgsGeometry.fromRect(box))
    mask.dataProvider().addFeature(feature)

    filled, outputs = fill(holed, MASK=mask)

    changed = filled.values != before.values
    assert 1500 < outputs["FILLED_PIXELS"] < 1700
    assert changed[180:220, 100:140].mean() > 0.9
    changed[179:221, 99:141] = False
    assert not changed.any()


@pytest.mark.parametrize("geotransform", [UPRIGHT, ROTATED], ids=["upright", "rotated"])
def test_what_only_the_layers_properties_say_changes_no_pixel_outside_the_mask(fill, tmp_path, geotransform):
    """Further nodata, the CRS, and an option to open the file with."""
    path, scale = tmp_path / "sea.tif", 0.1
    values = (10 * read(SAMPLE).values[:120, :130].astype(int)).astype(np.int16)
    values[100:110, 30:60], values[50:54, 60:64] = 0, VOID  # the sea, and a void
    dataset = gdal.GetDriverByName("GTiff").Create(str(path), 130, 120, 1, gdal.GDT_Int16)
    dataset.SetGeoTransform(geotransform)
    dataset.GetRasterBand(1).SetNoDataValue(VOID)
    dataset.GetRasterBand(1).SetScale(scale)
    dataset.WriteArray(values)
    dataset = None
    layer = QgsRasterLayer(f"{path}|option:NUM_THREADS=1", "sea")
    layer.setCrs(QgsCoordinateReferenceSystem("EPSG:32616"))
    layer.dataProvider().setUserNoDataValue(1, [QgsRasterRange(0, 0)])
    x, a, b, y, d, e = geotransform
    corners = ((x + a * col + b * row, y + d * col + e * row) for row, col in ((50, 60), (54, 64)))
    mask = QgsVectorLayer("Polygon?crs=EPSG:32616", "mask", "memory")
    feature = QgsFeature()
    feature.setGeometry(QgsGeometry.fromRect(QgsRectangle(*(QgsPointXY(*corner) for corner in corners))))
    mask.dataProvider().addFeature(feature)

    filled, outputs = fill(layer, MASK=mask)

    changed = filled.values != values
    assert 0 < changed.sum() <= outputs["FILLED_PIXELS"]
    changed[48:56, 58:66] = False
    assert not changed.any()
    assert filled.values.dtype == np.int16
    assert (filled.geotransform, filled.epsg) == (geotransform, "32616")
    assert gdal.Open(outputs["OUTPUT"]).GetRasterBand(1).GetScale() == scale


def test_what_a_masks_properties_name_as_nodata_is_not_filled(fill, holed, tmp_path):
    values = np.zeros(read(holed).values.shape, np.uint8)
    values[100:110, 30:60], values[120:130, 30:60] = 1, 2
    path = tmp_path / "mask.tif"
    gdal.Translate(str(path), str(holed), outputType=gdal.GDT_Byte, noData="none")
    gdal.Open(str(path), gdal.GA_Update).WriteArray(values)
    mask = QgsRasterLayer(str(path), "mask")
    mask.dataProvider().setUserNoDataValue(1, [QgsRasterRange(2, 255)])

    _, outputs = fill(holed, MASK=mask)

    assert outputs["FILLED_PIXELS"] == 300


def test_a_polygon_with_curves_says_what_is_filled(fill, holed):
    x, size, _, y, _, height = read(holed).geotransform
    points = (f"{x + size * col} {y + height * row}" for col, row in ((120, 200), (160, 200), (120, 200)))
    mask = QgsVectorLayer("CurvePolygon?crs=EPSG:4326", "circle", "memory")
    feature = QgsFeature()
    feature.setGeometry(QgsGeometry.fromWkt(f"CurvePolygon(CircularString({', '.join(points)}))"))
    mask.dataProvider().addFeature(feature)

    _, outputs = fill(holed, MASK=mask)

    assert outputs["FILLED_PIXELS"] == pytest.approx(np.pi * 20**2, rel=0.05)


def test_a_raster_says_what_is_filled(fill, holed, tmp_path):
    mask = read(holed).values == VOID
    mask[:100] = False
    path = tmp_path / "mask.tif"
    dataset = gdal.GetDriverByName("GTiff").CreateCopy(str(path), gdal.Open(str(holed)))
    dataset.GetRasterBand(1).DeleteNoDataValue()
    dataset.WriteArray(mask.astype(np.int16))
    dataset = None

    filled, outputs = fill(holed, MASK=str(path))

    assert outputs["FILLED_PIXELS"] == mask.sum()
    assert ((filled.values == VOID) == ((read(holed).values == VOID) & ~mask)).all()


def test_a_mask_beside_the_layer_is_told_and_nothing_is_called_synthetic(fill, holed):
    mask = QgsVectorLayer("Polygon?crs=EPSG:4326", "mask", "memory")
    feature = QgsFeature()
    feature.setGeometry(QgsGeometry.fromRect(QgsRectangle(10, 45, 11, 46)))
    mask.dataProvider().addFeature(feature)
    feedback = QgsProcessingFeedback(False)

    filled, outputs = fill(holed, MASK=mask, feedback=feedback)

    assert outputs["FILLED_PIXELS"] == 0
    np.testing.assert_array_equal(filled.values, read(holed).values)
    assert "The mask covers no pixel of the layer" in feedback.textLog()
    assert "GEOGAN_SYNTHETIC" not in gdal.Open(outputs["OUTPUT"]).GetMetadata()
