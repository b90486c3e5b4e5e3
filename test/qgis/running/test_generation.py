# SPDX-License-Identifier: GPL-3.0-or-later
"""What `geogan:generate` writes for an extent, through `processing.run`. The model's pixels are 90 m."""

from __future__ import annotations

import hashlib
from dataclasses import replace

import numpy as np
import pytest
from geogan.algorithms.home import plugin_version
from geogan.models import model_file
from geogan.test.qgis.running.parameters import extent
from osgeo import gdal
from osgeo_utils.samples.validate_cloud_optimized_geotiff import validate
from qgis.core import (
    QgsCoordinateReferenceSystem,
    QgsCoordinateTransform,
    QgsProcessingFeedback,
    QgsProject,
    QgsProperty,
    QgsRasterLayer,
    QgsRectangle,
)

P = 90.0
SQUARE = (-60 * P, -60 * P, 60 * P, 60 * P)


class TestPlace:
    def test_a_crs_that_only_wkt_2_can_say_is_met(self, generate):
        """Equal Earth."""
        assert generate(SQUARE, CRS="EPSG:8857", EXTENT=extent(SQUARE, "EPSG:8857")).epsg == "8857"

    def test_an_extent_is_widened_to_whole_pixels_of_the_lattice(self, generate):
        terrain = generate((P * 10 + 1, P * 20 + 1, P * 13 - 1, P * 24 + 1))

        assert terrain.geotransform == (P * 10, P, 0, P * 25, 0, -P)
        assert terrain.values.shape == (5, 3)
        assert terrain.epsg == "32616"

    def test_an_extent_on_the_lattice_is_met_exactly(self, generate):
        assert generate(SQUARE).bounds == SQUARE

    def test_an_extent_of_one_pixel_gives_that_pixel_of_the_terrain(self, generate):
        around = generate(SQUARE)

        pixel = (-7 * P, 3 * P, -6 * P, 4 * P)
        terrain = generate(pixel, "pixel")

        assert terrain.bounds == pixel
        assert terrain.values == around.window(*pixel)

    def test_an_extent_may_be_in_another_crs(self, generate):
        degrees = (-84.4, 36.0, -84.35, 36.05)

        terrain = generate(SQUARE, EXTENT=extent(degrees, "EPSG:4326"))

        to_utm = QgsCoordinateTransform(
            QgsCoordinateReferenceSystem("EPSG:4326"),
            QgsCoordinateReferenceSystem("EPSG:32616"),
            QgsProject.instance(),
        )
        wanted = to_utm.transformBoundingBox(QgsRectangle(*degrees))
        assert QgsRectangle(*terrain.bounds).contains(wanted)
        assert terrain.bounds[2] - terrain.bounds[0] < wanted.width() + 2 * P
        assert terrain.geotransform[0] % P == terrain.geotransform[3] % P == 0

    def test_a_crs_in_feet_gets_the_same_pixels_on_the_ground(self, generate):
        foot = 1200 / 3937

        terrain = generate(SQUARE, EXTENT="0,3000,0,3000 [EPSG:2274]", CRS="EPSG:2274")

        assert terrain.geotransform[1] == pytest.approx(P / foot)
        assert terrain.epsg == "2274"


class TestFile:
    @pytest.fixture
    def dataset(self, generate, tmp_path) -> gdal.Dataset:
        generate((-300 * P, -300 * P, 300 * P, 300 * P), SEED=7)
        return gdal.Open(str(tmp_path / "terrain.tif"))

    def test_it_is_a_compressed_tiled_float_geotiff_with_nodata_and_unit(self, dataset):
        band = dataset.GetRasterBand(1)

        assert (dataset.RasterCount, band.DataType) == (1, gdal.GDT_Float32)
        assert band.GetBlockSize()[0] == band.GetBlockSize()[1], "tiles, not strips"
        assert dataset.GetMetadataItem("COMPRESSION", "IMAGE_STRUCTURE") == "DEFLATE"
        assert band.GetUnitType() == "m"
        assert band.GetNoDataValue() is not None
        assert (band.GetMaskBand().ReadAsArray() == 255).all(), "and no pixel is void"

    def test_it_has_overviews(self, dataset):
        band = dataset.GetRasterBand(1)

        assert band.GetOverviewCount() >= 1
        assert band.GetOverview(0).XSize == 300

    def test_its_tags_say_that_it_is_synthetic_and_how_to_make_it_again(self, dataset, trained):
        tags = dataset.GetMetadata()

        assert tags["GEOGAN_SYNTHETIC"] == "YES"
        assert tags["GEOGAN_MODEL"] == "appalachian.geogan"
        assert tags["GEOGAN_MODEL_SHA256"] == hashlib.sha256(trained.model.read_bytes()).hexdigest()
        assert tags["GEOGAN_SEED"] == "7"
        assert tags["GEOGAN_VERSION"] == plugin_version()
        assert tags["GEOGAN_LATTICE"] == "pixel_size=90.0 row=-300 col=-300"

    def test_what_a_strangers_model_is_called_is_no_markup_for_qgis(self, generate, trained, tmp_path):
        model, name = tmp_path / "strange.geogan", "<script>alert(1)</script>"
        weights = model_file.read_member(trained.model, model_file.WEIGHTS)
        model.write_bytes(model_file.packed(replace(trained.card, landscapes=[name]), weights))

        generate(SQUARE, MODEL=str(model))

        layer = QgsRasterLayer(str(tmp_path / "terrain.tif"), "terrain")
        assert "alert(1)" in layer.htmlMetadata()
        assert "<script" not in layer.htmlMetadata()

    def test_a_cloud_optimized_geotiff_is_one_to_the_tool_that_checks_them(self, generate, tmp_path):
        generate((-300 * P, -300 * P, 300 * P, 300 * P), OPTIONS="LAYOUT=COG")

        _, errors, _ = validate(str(tmp_path / "terrain.tif"), full_check=True)
        assert not errors

    def test_creation_options_override_the_defaults(self, generate, tmp_path):
        generate(SQUARE, OPTIONS="COMPRESS=LZW|TILED=NO")

        dataset = gdal.Open(str(tmp_path / "terrain.tif"))
        assert dataset.GetMetadataItem("COMPRESSION", "IMAGE_STRUCTURE") == "LZW"


class TestPixels:
    def test_overlapping_extents_agree_bit_by_bit_in_either_order(self, generate, trained):
        # Both cross the origin and a border of blocks, neither begins on one.
        one, other = (-331 * P, -217 * P, 123 * P, 301 * P), (-77 * P, -555 * P, 401 * P, 60 * P)
        overlap = (-77 * P, -217 * P, 123 * P, 60 * P)

        first, second = generate(one, "first"), generate(other, "second")
        second_alone, first_after = generate(other, "second alone"), generate(one, "first after")

        assert np.array_equal(first.window(*overlap), second.window(*overlap))
        assert np.array_equal(first.values, first_after.values)
        assert np.array_equal(second.values, second_alone.values)

    @pytest.mark.parametrize("size", [100.0, 120.0])
    def test_overlapping_extents_of_another_pixel_size_agree_bit_by_bit(self, generate, size):
        # Near the origin, where coordinates have the most digits and their rounding shows.
        one = tuple(edge * size for edge in (-331, -217, 523, 501))
        other = tuple(edge * size for edge in (-77, -555, 801, 260))
        overlap = tuple(edge * size for edge in (-77, -217, 523, 260))

        first, second = generate(one, "first", PIXEL_SIZE=size), generate(other, "second", PIXEL_SIZE=size)

        assert np.array_equal(first.window(*overlap), second.window(*overlap))

    def test_another_seed_gives_other_terrain(self, generate):
        assert not np.isclose(generate(SQUARE, SEED=1).values, generate(SQUARE, SEED=2).values).all()

    @pytest.mark.parametrize("size", [30.0, 200.0])
    def test_another_pixel_size_shows_the_same_terrain(self, generate, size):
        own = generate(SQUARE)

        terrain = generate(SQUARE, "resampled", PIXEL_SIZE=size)

        assert terrain.geotransform[1] == size
        assert [edge % size for edge in terrain.bounds] == [0] * 4
        assert QgsRectangle(*terrain.bounds).contains(QgsRectangle(*SQUARE))
        assert np.isfinite(terrain.values).all()
        # Averaged over 1 800 m, a common multiple of all pixel sizes, both are the same land.
        heights = [raster.means(1800.0, (-3600, -3600, 3600, 3600)) for raster in (own, terrain)]
        assert np.abs(heights[0] - heights[1]).max() < 0.05 * own.values.std()

    def test_heights_are_those_of_the_landscape(self, generate, trained):
        low, high = trained.card.value_range

        assert low - (high - low) < generate(SQUARE).values.mean() < high + (high - low)


class TestHeights:
    @pytest.mark.parametrize("empty", ["", QgsProperty.fromExpression("NULL")], ids=["text", "expression"])
    def test_numbers_that_are_left_empty_are_not_0(self, generate, empty):
        left_empty = generate(SQUARE, "empty", VARIETY=empty, BASE_ELEVATION=empty, PIXEL_SIZE=empty)

        assert np.array_equal(left_empty.values, generate(SQUARE).values)

    def test_relief_and_base_elevation_change_every_pixel_alike(self, generate, trained):
        middle = trained.card.mean_height(0)
        own = generate(SQUARE).values.astype(float)

        steep = generate(SQUARE, "steep", RELIEF=2, BASE_ELEVATION=-100).values
        moved = generate(SQUARE, "moved", BASE_ELEVATION=middle + 50).values

        np.testing.assert_allclose(steep, 2 * (own - middle) - 100, atol=0.01)
        np.testing.assert_allclose(moved, own + 50, atol=0.01)

    def test_extents_that_overlap_agree_to_the_last_bit_as_well(self, generate):
        heights = {"RELIEF": 2, "BASE_ELEVATION": -100}
        one, other = (-90 * P, -60 * P, 20 * P, 60 * P), (-30 * P, -80 * P, 70 * P, 40 * P)
        overlap = (-30 * P, -60 * P, 20 * P, 40 * P)

        first, second = generate(one, "one", **heights), generate(other, "other", **heights)

        assert np.array_equal(first.window(*overlap), second.window(*overlap))

    def test_the_tags_say_so(self, generate, tmp_path):
        generate(SQUARE, RELIEF=0.5, BASE_ELEVATION=0)

        tags = gdal.Open(str(tmp_path / "terrain.tif")).GetMetadata()
        assert (tags["GEOGAN_RELIEF"], tags["GEOGAN_BASE_ELEVATION"]) == ("0.5", "0.0")


class TestRealisations:
    def test_each_is_a_band_and_what_its_seed_gives_alone(self, generate, tmp_path):
        ensemble = generate(SQUARE, SEED=5, REALISATIONS=3)

        for number in range(3):
            assert np.array_equal(ensemble.values[number], generate(SQUARE, "alone", SEED=5 + number).values)
        dataset = gdal.Open(str(tmp_path / "terrain.tif"))
        names = [dataset.GetRasterBand(1 + i).GetDescription() for i in range(3)]
        tags = dataset.GetMetadata()
        assert names == ["seed 5", "seed 6", "seed 7"]
        assert (tags["GEOGAN_SEED"], tags["GEOGAN_REALISATIONS"]) == ("5", "3")

    @pytest.mark.parametrize("size", [None, 300.0])
    def test_their_spread_is_two_bands_more(self, generate, size):
        ensemble = generate(SQUARE, REALISATIONS=3, SPREAD=True, PIXEL_SIZE=size).values.astype(float)

        assert len(ensemble) == 5
        np.testing.assert_allclose(ensemble[3], ensemble[:3].mean(0), atol=1e-3)
        np.testing.assert_allclose(ensemble[4], ensemble[:3].std(0, ddof=1), atol=1e-3)
        assert ensemble[4].min() > 0.0

    def test_each_takes_an_equal_part_of_the_progress(self, generate):
        feedback, percents = QgsProcessingFeedback(False), []
        feedback.progressChanged.connect(percents.append)

        generate(SQUARE, feedback=feedback, REALISATIONS=3)

        assert percents == sorted(percents)
        assert {30.0, 60.0, 90.0} <= {round(percent, 6) for percent in percents}
