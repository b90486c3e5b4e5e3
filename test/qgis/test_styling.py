# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import gc

import numpy as np
import pytest
from geogan.algorithms.algorithm import GeoGanAlgorithm
from geogan.algorithms.styling import (
    ShadedReliefStyler,
    colour_by_elevation,
    heights_to_map_units,
    hillshade_of,
    style_on_load,
    value_range,
)
from osgeo import gdal
from qgis.core import (
    QgsCoordinateReferenceSystem,
    QgsMapRendererSequentialJob,
    QgsMapSettings,
    QgsProcessingAlgRunnerTask,
    QgsProcessingContext,
    QgsProcessingFeedback,
    QgsProcessingParameterRasterDestination,
    QgsRasterLayer,
)
from qgis.PyQt.QtCore import QSize
from qgis.PyQt.QtGui import QColor, QImage

NOTE = "Synthetic terrain, made by GeoGAN."


def rendered(*layers, pixels=256) -> np.ndarray:
    """The layers, top one first, as an image: [rows, cols, 3] of 0 to 255."""
    settings = QgsMapSettings()
    settings.setLayers(list(layers))
    settings.setDestinationCrs(layers[-1].crs())
    settings.setExtent(layers[-1].extent())
    settings.setOutputSize(QSize(pixels, pixels))
    settings.setBackgroundColor(QColor("white"))
    job = QgsMapRendererSequentialJob(settings)
    job.start()
    job.waitForFinished()
    image = job.renderedImage().convertToFormat(QImage.Format.Format_RGB888)
    data = image.constBits().asstring(image.sizeInBytes())
    rows = np.frombuffer(data, np.uint8).reshape(image.height(), image.bytesPerLine())
    return rows[:, : image.width() * 3].reshape(image.height(), image.width(), 3)


def written(path, heights: np.ndarray, crs="EPSG:32632", nodata=None) -> QgsRasterLayer:
    rows, cols = heights.shape
    raster = gdal.GetDriverByName("GTiff").Create(str(path), cols, rows, 1, gdal.GDT_Float32)
    raster.SetGeoTransform((500_000, 30, 0, 5_000_000, 0, -30))
    raster.SetProjection(QgsCoordinateReferenceSystem(crs).toWkt())
    if nodata is not None:
        raster.GetRasterBand(1).SetNoDataValue(nodata)
    raster.GetRasterBand(1).WriteArray(heights)
    raster = None
    return QgsRasterLayer(str(path), "terrain")


class TestLook:
    def test_shaded_relief_shows_colours_and_slopes(self, dem_layer, project):
        project.addMapLayer(dem_layer)
        ShadedReliefStyler(NOTE).postProcessLayer(dem_layer, QgsProcessingContext(), None)
        (shade,) = (layer for layer in project.mapLayers().values() if layer is not dem_layer)

        colours, relief = rendered(dem_layer), rendered(shade, dem_layer)

        lightness = relief.mean(axis=2)
        assert lightness.std() > 20, "slopes are told apart"
        assert len(np.unique(colours.reshape(-1, 3), axis=0)) > 50, "heights are told apart"
        assert (relief <= colours.astype(int) + 1).all(), "the hillshade only darkens"

    def test_valleys_are_green_and_tops_are_pale(self, tmp_path, project):
        ramp = np.tile(np.linspace(0, 1000, 128, dtype=np.float32), (128, 1))
        layer = written(tmp_path / "ramp.tif", ramp)

        colour_by_elevation(layer)

        image = rendered(layer).astype(int)
        red, green, blue = image[128, 3]
        assert green > red
        assert green > blue
        assert image[128, -3].min() > 235

    def test_flat_land_gets_a_colour_too(self, tmp_path):
        layer = written(tmp_path / "flat.tif", np.full((40, 40), 12, np.float32))

        colour_by_elevation(layer)

        assert value_range(layer) == (12, 13)
        assert rendered(layer).min() < 250

    def test_voids_stay_transparent_and_do_not_widen_the_range(self, tmp_path):
        heights = np.full((100, 100), 50, np.float32)
        heights[:50] = -9999
        heights[60:] = 80
        layer = written(tmp_path / "void.tif", heights, nodata=-9999)

        colour_by_elevation(layer)

        assert value_range(layer) == (50, 80)
        assert (rendered(layer)[:100] == 255).all()

    def test_a_raster_without_any_height_does_not_fail(self, tmp_path):
        layer = written(tmp_path / "empty.tif", np.full((20, 20), -9999, np.float32), nodata=-9999)

        colour_by_elevation(layer)

        assert value_range(layer) == (0, 1)

    @pytest.mark.parametrize(
        ("crs", "factor"),
        [("EPSG:32632", 1), ("EPSG:2264", 3937 / 1200), ("EPSG:4326", 1 / 111_319.49)],
        ids=["metres", "US feet", "degrees"],
    )
    def test_the_hillshade_is_as_steep_in_any_unit(self, tmp_path, crs, factor):
        layer = written(tmp_path / "terrain.tif", np.zeros((20, 20), np.float32), crs)

        assert heights_to_map_units(layer) == pytest.approx(factor, rel=1e-5)
        assert hillshade_of(layer).renderer().zFactor() == pytest.approx(factor, rel=1e-5)

    def test_the_hillshade_of_heights_in_feet_is_no_steeper(self, tmp_path):
        written(tmp_path / "terrain.tif", np.zeros((20, 20), np.float32))
        raster = gdal.Open(str(tmp_path / "terrain.tif"), gdal.GA_Update)
        raster.GetRasterBand(1).SetUnitType("ft")
        raster = None

        layer = QgsRasterLayer(str(tmp_path / "terrain.tif"), "terrain")

        assert hillshade_of(layer).renderer().zFactor() == pytest.approx(0.3048)

    def test_an_ensemble_shows_its_mean_under_its_standard_deviation(self, tmp_path, project):
        path = str(tmp_path / "ensemble.tif")
        raster = gdal.GetDriverByName("GTiff").Create(path, 20, 20, 4, gdal.GDT_Float32)
        raster.SetGeoTransform((500_000, 30, 0, 5_000_000, 0, -30))
        raster.SetProjection(QgsCoordinateReferenceSystem("EPSG:32632").toWkt())
        for band in range(1, 5):
            raster.GetRasterBand(band).WriteArray(np.linspace(0, band, 400, dtype=np.float32).reshape(20, 20))
        raster = None
        layer = QgsRasterLayer(path, "ensemble")
        project.addMapLayer(layer)

        ShadedReliefStyler(NOTE, mean_band=3).postProcessLayer(layer, QgsProcessingContext(), None)

        root = project.layerTreeRoot()
        shade, deviation, mean = root.layerOrder()
        shown = [root.findLayer(each.id()).isVisible() for each in (shade, deviation, mean)]
        assert shown == [True, False, True]
        assert mean is layer
        assert [each.renderer().band() for each in (mean, deviation)] == [3, 4]
        assert [each.renderer().classificationMax() for each in (mean, deviation)] == [3.0, 4.0]
        assert deviation.name() == "ensemble (standard deviation)"
        assert shade.renderer().band() == 3

    def test_styling_writes_no_file(self, dem_layer, sample, project):
        project.addMapLayer(dem_layer)

        ShadedReliefStyler(NOTE).postProcessLayer(dem_layer, QgsProcessingContext(), None)
        rendered(dem_layer)

        assert [path.name for path in sample.parent.iterdir()] == ["sample.tif"]


class TestLayers:
    def test_the_hillshade_lies_right_above_its_terrain(self, dem_layer, project):
        group = project.layerTreeRoot().addGroup("results")
        other = dem_layer.clone()
        project.addMapLayer(other, False)
        group.addLayer(other)
        project.addMapLayer(dem_layer, False)
        group.addLayer(dem_layer)

        ShadedReliefStyler(NOTE).postProcessLayer(dem_layer, QgsProcessingContext(), None)

        names = [node.name() for node in group.children()]
        assert names == ["sample dem", "sample dem (hillshade)", "sample dem"]

    def test_the_layer_says_that_it_is_synthetic(self, dem_layer, project):
        project.addMapLayer(dem_layer)

        ShadedReliefStyler(NOTE).postProcessLayer(dem_layer, QgsProcessingContext(), None)

        assert dem_layer.metadata().abstract() == NOTE
        assert dem_layer.metadata().categories() == ["Synthetic terrain"]

    def test_the_style_survives_saving_and_opening_the_project(self, dem_layer, project, tmp_path):
        project.addMapLayer(dem_layer)
        ShadedReliefStyler(NOTE).postProcessLayer(dem_layer, QgsProcessingContext(), None)
        before = rendered(*project.layerTreeRoot().layerOrder())

        project.write(str(tmp_path / "project.qgz"))
        project.clear()
        project.read(str(tmp_path / "project.qgz"))

        assert np.array_equal(before, rendered(*project.layerTreeRoot().layerOrder()))

    def test_a_layer_that_could_not_be_loaded_is_left_alone(self, project):
        ShadedReliefStyler(NOTE).postProcessLayer(QgsRasterLayer("", "gone"), QgsProcessingContext(), None)

        assert not project.mapLayers()


class CopySample(GeoGanAlgorithm):
    """Stands for generate: writes a raster and asks for its style, from the background task."""

    source = ""

    def name(self):
        return "copysample"

    def displayName(self):
        return "Copy sample"

    def initAlgorithm(self, configuration=None):
        self.addParameter(QgsProcessingParameterRasterDestination("OUTPUT", "Output"))

    def gather(self, parameters, context, feedback):
        self.output = self.parameterAsOutputLayer(parameters, "OUTPUT", context)

    def work(self, parameters, context, feedback):
        gdal.Translate(self.output, CopySample.source)
        style_on_load(context, self.output, NOTE)
        return {"OUTPUT": self.output}


def test_the_style_survives_an_algorithm_that_is_gone_when_the_layer_is_loaded(
    qgis_processing, project, sample, tmp_path, monkeypatch
):
    from processing.gui.Postprocessing import handleAlgorithmResults
    from qgis.core import QgsProcessingOutputLayerDefinition

    monkeypatch.setattr(CopySample, "source", str(sample))
    context, feedback = QgsProcessingContext(), QgsProcessingFeedback()
    context.setProject(project)
    algorithm = CopySample().create()
    output = QgsProcessingOutputLayerDefinition(str(tmp_path / "out.tif"), project)
    task = QgsProcessingAlgRunnerTask(algorithm, {"OUTPUT": output}, context, feedback)
    assert task.run()
    task.finished(True)
    del task
    gc.collect()

    handleAlgorithmResults(algorithm, context, feedback)

    renderers = {type(layer.renderer()).__name__ for layer in project.mapLayers().values()}
    assert renderers == {"QgsSingleBandPseudoColorRenderer", "QgsHillshadeRenderer"}


def test_nothing_is_styled_when_the_result_is_not_loaded(
    qgis_processing, project, sample, tmp_path, monkeypatch
):
    monkeypatch.setattr(CopySample, "source", str(sample))
    context = QgsProcessingContext()

    results, ok = (
        CopySample().create().run({"OUTPUT": str(tmp_path / "out.tif")}, context, QgsProcessingFeedback())
    )

    assert ok
    assert results == {"OUTPUT": str(tmp_path / "out.tif")}
    assert not context.layersToLoadOnCompletion()
