# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import shutil
import threading

import numpy as np
import pytest
from geogan.algorithms import sources
from geogan.algorithms.sources import gather_layers, gdal_path, gdal_paths
from geogan.errors import Cancelled, GeoGanError
from geogan.rasters.reading.coarse import read_coarse
from geogan.rasters.reading.source import describe_source
from osgeo import gdal
from qgis.core import (
    Qgis,
    QgsCoordinateReferenceSystem,
    QgsProcessingContext,
    QgsProcessingFeedback,
    QgsRasterDataProvider,
    QgsRasterLayer,
    QgsRasterRange,
)


def pixels(path) -> np.ndarray:
    return gdal.Open(str(path)).ReadAsArray()


def read(layer, folder) -> tuple[str, str]:
    """Take one layer the whole way: gathered here, made a file in another thread, as Processing does."""
    gathered = gather_layers([layer], QgsProcessingContext())
    results = []

    def work():
        try:
            results.extend(gdal_paths(gathered, folder, QgsProcessingFeedback()))
        except GeoGanError as error:
            results.append(error)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    if isinstance(results[0], GeoGanError):
        raise results[0]
    return results[0]


def virtual(dem_layer: QgsRasterLayer) -> QgsRasterLayer:
    """A layer that QGIS computes on the fly: the DEM plus 1000, on the DEM's own pixels."""
    parameters = QgsRasterDataProvider.VirtualRasterParameters()
    parameters.crs = dem_layer.crs()
    parameters.extent = dem_layer.extent()
    parameters.width = dem_layer.width()
    parameters.height = dem_layer.height()
    parameters.formula = '"dem@1" + 1000'
    layer = QgsRasterDataProvider.VirtualRasterInputLayers()
    layer.name, layer.uri, layer.provider = "dem", dem_layer.source(), "gdal"
    parameters.rInputLayers = [layer]
    uri = QgsRasterDataProvider.encodeVirtualRasterProviderUri(parameters)
    return QgsRasterLayer(uri, "computed", "virtualraster")


class TestPaths:
    def test_a_file_is_used_as_it_is(self, dem_layer, sample, tmp_path):
        assert read(dem_layer, tmp_path) == ("sample dem", str(sample))

    def test_blanks_and_accents_in_a_path_stay(self, sample, tmp_path):
        path = tmp_path / "mon dôme 1.tif"
        shutil.copy(sample, path)

        assert gdal_path(QgsRasterLayer(str(path), "dôme")) == str(path)

    def test_a_table_of_a_geopackage_opens_by_its_gdal_name(self, sample, tmp_path):
        path = tmp_path / "two rasters.gpkg"
        gdal.Translate(str(path), str(sample), options="-of GPKG -ot Byte -co RASTER_TABLE=first")
        gdal.Translate(
            str(path),
            str(sample),
            options="-of GPKG -ot Byte -co RASTER_TABLE=second -co APPEND_SUBDATASET=YES",
        )
        layer = QgsRasterLayer(f"GPKG:{path}:second", "second")
        assert layer.isValid()

        assert gdal.Open(gdal_path(layer)).RasterXSize == 403

    def test_a_layer_in_a_zip_needs_no_copy(self, sample, tmp_path):
        shutil.make_archive(str(tmp_path / "packed"), "zip", tmp_path, sample.name)
        layer = QgsRasterLayer(f"/vsizip/{tmp_path}/packed.zip/{sample.name}", "packed")
        assert layer.isValid()

        assert np.array_equal(pixels(gdal_path(layer)), pixels(sample))


class TestCopies:
    def test_a_virtual_layer_is_copied_at_its_own_resolution(self, dem_layer, sample, tmp_path):
        name, path = read(virtual(dem_layer), tmp_path)

        assert name == "computed"
        assert path.startswith(str(tmp_path))
        assert np.array_equal(pixels(path), pixels(sample) + 1000.0)
        source, copy = describe_source(str(sample), "source"), describe_source(path, "copy")
        assert copy.geotransform == pytest.approx(source.geotransform)
        assert copy.crs_wkt == source.crs_wkt

    def test_a_crs_that_the_user_set_on_the_layer_counts(self, dem_layer, tmp_path):
        dem_layer.setCrs(QgsCoordinateReferenceSystem("EPSG:4269"))

        _, path = read(dem_layer, tmp_path)

        assert "NAD83" in describe_source(path, "copy").crs_wkt

    def test_a_layer_whose_file_has_no_crs_gets_the_one_that_the_user_set(self, sample, tmp_path):
        bare = tmp_path / "bare.tif"
        gdal.Translate(str(bare), str(sample))
        dataset = gdal.Open(str(bare), gdal.GA_Update)
        dataset.SetProjection("")
        dataset = None
        layer = QgsRasterLayer(str(bare), "bare")
        layer.setCrs(QgsCoordinateReferenceSystem("EPSG:4326"))

        _, path = read(layer, tmp_path)

        assert describe_source(path, "copy").is_geographic

    @pytest.mark.parametrize("declared", [None, -9999, 1000])
    def test_further_nodata_values_of_the_layer_count(self, sample, tmp_path, declared):
        file = tmp_path / "declared.tif"
        gdal.Translate(str(file), str(sample), noData=declared)
        dem_layer = QgsRasterLayer(str(file), "declared")
        dem_layer.dataProvider().setUserNoDataValue(1, [QgsRasterRange(0, 300)])

        _, path = read(dem_layer, tmp_path)

        copy = gdal.Open(path)
        is_void = copy.GetRasterBand(1).GetMaskBand().ReadAsArray() == 0
        heights = pixels(sample)
        assert np.array_equal(is_void, (heights <= 300) | (heights == declared))

    def test_further_nodata_values_of_any_band_count(self, sample, tmp_path):
        file = tmp_path / "two.tif"
        gdal.Translate(str(file), str(sample), bandList=[1, 1])
        layer = QgsRasterLayer(str(file), "two")
        layer.dataProvider().setUserNoDataValue(2, [QgsRasterRange(0, 300)])

        _, path = read(layer, tmp_path)

        copy = gdal.Open(path)
        is_void = copy.GetRasterBand(2).GetMaskBand().ReadAsArray() == 0
        assert np.array_equal(is_void, pixels(sample) <= 300)

    def test_a_nodata_value_that_the_user_switched_off_is_data_in_that_band(self, sample, tmp_path):
        file = tmp_path / "two.tif"
        gdal.Translate(str(file), str(sample), bandList=[1, 1], noData=500)
        layer = QgsRasterLayer(str(file), "two")
        layer.dataProvider().setUseSourceNoDataValue(2, False)

        _, path = read(layer, tmp_path)

        copy, heights = gdal.Open(path), pixels(sample)
        is_void = [copy.GetRasterBand(band).GetMaskBand().ReadAsArray() == 0 for band in (1, 2)]
        assert np.array_equal(is_void[0], heights == 500)
        assert is_void[0].any()
        assert not is_void[1].any()
        assert np.array_equal(copy.GetRasterBand(2).ReadAsArray(), heights)

    @pytest.mark.parametrize("named", [None, 600])
    def test_that_value_is_data_in_a_copy_too(self, sample, tmp_path, named):
        file = tmp_path / "declared.tif"
        gdal.Translate(str(file), str(sample), noData=500)
        layer = QgsRasterLayer(str(file), "declared")
        layer.setCrs(QgsCoordinateReferenceSystem("EPSG:4269"))
        layer.dataProvider().setUseSourceNoDataValue(1, False)
        if named:
            layer.dataProvider().setUserNoDataValue(1, [QgsRasterRange(named, named)])

        _, path = read(layer, tmp_path)

        copy, heights = gdal.Open(path), pixels(sample)
        is_void = copy.GetRasterBand(1).GetMaskBand().ReadAsArray() == 0
        assert np.array_equal(is_void, heights == (named or -1))
        assert np.array_equal(copy.ReadAsArray()[~is_void], heights[~is_void])
        assert "NAD83" in describe_source(path, "copy").crs_wkt

    def test_a_copy_keeps_the_nodata_value_that_another_band_goes_on_with(self, sample, tmp_path):
        file = tmp_path / "two.tif"
        gdal.Translate(str(file), str(sample), bandList=[1, 1], noData=500)
        layer = QgsRasterLayer(str(file), "two")
        layer.setCrs(QgsCoordinateReferenceSystem("EPSG:4269"))
        layer.dataProvider().setUseSourceNoDataValue(2, False)

        _, path = read(layer, tmp_path)

        copy = gdal.Open(path)
        is_void = copy.GetRasterBand(1).GetMaskBand().ReadAsArray() == 0
        assert np.array_equal(is_void, pixels(sample) == 500)

    def test_open_options_are_kept_by_copying(self, sample, tmp_path):
        layer = QgsRasterLayer(f"{sample}|option:NUM_THREADS=1", "dem")

        _, path = read(layer, tmp_path)

        assert np.array_equal(pixels(path), pixels(sample))

    def test_further_nodata_values_of_what_qgis_computes_count_or_stay_values(
        self, dem_layer, sample, tmp_path
    ):
        layer = virtual(dem_layer)
        layer.dataProvider().setUserNoDataValue(1, [QgsRasterRange(0, 1300)])
        heights = pixels(sample) + 1000.0
        (folder := tmp_path / "values").mkdir()

        _, path = read(layer, tmp_path)
        (source,) = gather_layers([layer], QgsProcessingContext())
        ((_, whole),) = gdal_paths([source.with_all_values()], folder, QgsProcessingFeedback())

        copy = gdal.Open(path)
        is_void = copy.GetRasterBand(1).GetMaskBand().ReadAsArray() == 0
        assert np.array_equal(is_void, heights <= 1300)
        assert np.array_equal(pixels(whole), heights)
        assert list(source.properties.named) == [1]

    def test_a_copy_keeps_the_landscape_that_the_file_names(self, sample, tmp_path):
        file = tmp_path / "named.tif"
        gdal.Translate(str(file), str(sample), metadataOptions=["LANDSCAPE=alps"])
        layer = QgsRasterLayer(str(file), "named")
        layer.dataProvider().setUserNoDataValue(1, [QgsRasterRange(0, 300)])

        _, path = read(layer, tmp_path)

        assert path != str(file)
        assert describe_source(path, "copy").landscape == "alps"

    def test_cancelling_stops_before_the_next_layer(self, dem_layer, tmp_path):
        gathered = gather_layers([virtual(dem_layer)], QgsProcessingContext())
        feedback = QgsProcessingFeedback()
        feedback.cancel()

        with pytest.raises(Cancelled):
            gdal_paths(gathered, tmp_path, feedback)

        assert not (tmp_path / "layer_0.tif").exists()


class TestRotatedPixels:
    """QGIS itself shows them resampled."""

    @pytest.mark.parametrize("said", ["a CRS", "further nodata", "an option", "a switched off nodata"])
    def test_they_stay_as_they_are_whatever_the_layers_properties_say(self, sample, tmp_path, said):
        geotransform = (700_000.0, 85.0, 30.0, 4_000_000.0, 30.0, -85.0)
        file = tmp_path / "rotated.tif"
        gdal.Translate(str(file), str(sample), outputSRS="EPSG:32616", noData=500)
        gdal.Open(str(file), gdal.GA_Update).SetGeoTransform(geotransform)
        layer = QgsRasterLayer(
            f"{file}|option:NUM_THREADS=1" if said == "an option" else str(file), "rotated"
        )
        if said == "a CRS":
            layer.setCrs(QgsCoordinateReferenceSystem("EPSG:32617"))
        if said == "further nodata":
            layer.dataProvider().setUserNoDataValue(1, [QgsRasterRange(0, 300)])
        if said == "a switched off nodata":
            layer.dataProvider().setUseSourceNoDataValue(1, False)

        _, path = read(layer, tmp_path)

        source = describe_source(path, "rotated")
        assert path != str(file)
        assert np.array_equal(pixels(path), pixels(sample))
        assert source.geotransform == geotransform
        with pytest.raises(GeoGanError, match="rotated or unequal pixels"):
            read_coarse(source)  # as Increase resolution does


class TestRefusals:
    def test_a_layer_whose_source_is_gone_is_named(self, qgis_app):
        with pytest.raises(GeoGanError) as failure:
            gather_layers([QgsRasterLayer("/no/such.tif", "old dem")], QgsProcessingContext())

        assert str(failure.value) == ("Layer old dem cannot be opened. Check that its source still exists.")

    def test_a_layer_too_large_to_copy_is_named_with_its_size(self, dem_layer, monkeypatch):
        monkeypatch.setattr(sources, "MAX_EXPORT_PX", 403 * 344 - 1)

        with pytest.raises(GeoGanError) as failure:
            gather_layers([virtual(dem_layer)], QgsProcessingContext())

        assert str(failure.value) == (
            "Layer computed has 403 x 344 pixels, too many to copy. "
            "Export the part you need to a GeoTIFF and use that."
        )

    def test_a_picture_of_a_map_service_is_refused(self, dem_layer, monkeypatch):
        monkeypatch.setattr(sources, "PICTURES", (Qgis.DataType.Float64,))

        with pytest.raises(GeoGanError, match=r"^Layer computed is a picture made by a map service"):
            gather_layers([virtual(dem_layer)], QgsProcessingContext())

    def test_a_folder_that_cannot_be_written_gives_a_sentence(self, dem_layer, tmp_path):
        with pytest.raises(GeoGanError, match=r"^Layer computed could not be copied to a temporary GeoTIFF"):
            read(virtual(dem_layer), tmp_path / "missing")
