# SPDX-License-Identifier: GPL-3.0-or-later
"""What `geogan:generate` writes for an extent, through `processing.run`. The model's pixels are 90 m."""

from __future__ import annotations

import hashlib
from dataclasses import replace

import numpy as np
import pytest
from geogan.algorithms.home import plugin_version
from geogan.models import model_file
from geogan.test.harness.programs import SAMPLE
from geogan.test.harness.sample import resampled_sample
from geogan.test.qgis.running.batch import run_batch
from geogan.test.qgis.running.feedback import ActingFeedback, cancel
from geogan.test.qgis.running.parameters import extent
from geogan.test.qgis.running.rasters import read
from osgeo import gdal
from osgeo_utils.samples.validate_cloud_optimized_geotiff import validate
from qgis.core import (
    QgsCoordinateReferenceSystem,
    QgsCoordinateTransform,
    QgsProcessingException,
    QgsProcessingFeedback,
    QgsProject,
    QgsProperty,
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
        heights = [blocks_of(raster, 1800.0, (-3600, -3600, 3600, 3600)) for raster in (own, terrain)]
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


class TestGuide:
    # Within the sample, which is in degrees. The model is guided by cells of 360 m: four of its pixels.
    PLACE = (P * 8228, P * 44980, P * 8328, P * 45080)

    def test_the_land_follows_a_guide_of_any_crs(self, generate):
        terrain = generate(self.PLACE, GUIDE=str(SAMPLE))

        means = gdal.Warp(
            "",
            str(SAMPLE),
            format="MEM",
            dstSRS="EPSG:32616",
            outputBounds=self.PLACE,
            width=25,
            height=25,
            resampleAlg="average",
        ).ReadAsArray()
        followed = blocks_of(terrain, 4 * P, self.PLACE)
        assert terrain.bounds == self.PLACE
        assert np.corrcoef(followed.ravel(), means.ravel())[0, 1] > 0.98

    @pytest.fixture(scope="class")
    @classmethod
    def guides(cls, tmp_path_factory):
        """The sample as it is, in degrees, and in two other CRSs than the terrain's."""
        folder = tmp_path_factory.mktemp("guides")
        guides = {"EPSG:4326": str(SAMPLE)}
        for crs, size in (("EPSG:2274", 1000.0), ("EPSG:32617", 180.0)):
            path = folder / f"{crs[5:]}.tif"
            stored = {"outputType": gdal.GDT_Float32, "dstNodata": -9999.0}
            guides[crs] = str(resampled_sample(path, size, dstSRS=crs, **stored))
        return guides

    @pytest.mark.parametrize("crs", ["EPSG:4326", "EPSG:2274", "EPSG:32617"])
    def test_overlapping_extents_agree_bit_by_bit(self, generate, guides, crs):
        west, south, east, north = self.PLACE
        middle = (west + east) / 2
        overlap = (middle - 7 * P, south, middle, north)

        one = generate((west, south, middle, north), "west", GUIDE=guides[crs])
        other = generate((middle - 7 * P, south, east, north), "east", GUIDE=guides[crs])

        assert np.array_equal(one.window(*overlap), other.window(*overlap))
        assert one.values.std() > 10.0

    @pytest.mark.parametrize(("size", "is_told"), [(300.0, False), (1500.0, True)])
    def test_a_guide_too_coarse_for_the_model_is_told(self, generate, tmp_path, size, is_told):
        feedback, guide = QgsProcessingFeedback(False), tmp_path / "coarse guide.tif"
        resampled_sample(guide, size)

        generate(self.PLACE, feedback=feedback, GUIDE=str(guide))

        told = "The pixels of coarse guide are 1500 m wide, but the model makes cells of at most 360 m finer"
        assert (told in feedback.textLog()) is is_told

    def test_realisations_differ_in_what_the_guide_leaves_open_only(self, generate):
        ensemble = generate(self.PLACE, GUIDE=str(SAMPLE), REALISATIONS=4, SPREAD=True).values

        deviation, heights = ensemble[-1], ensemble[-2]
        assert 0.0 < deviation.mean() < 0.5 * heights.std()

    @pytest.mark.parametrize("more", [{"PIXEL_SIZE": 200.0}, {"SPREAD": True}], ids=str)
    def test_the_progress_bar_never_goes_back(self, generate, more):
        feedback, percents = QgsProcessingFeedback(False), []
        feedback.progressChanged.connect(percents.append)

        generate(self.PLACE, feedback=feedback, GUIDE=str(SAMPLE), REALISATIONS=2, **more)

        assert percents == sorted(percents)
        assert percents[-1] == 100.0

    def test_a_batch_of_ensembles_makes_the_pixels_of_each(
        self, generate, provider, trained, project, tmp_path
    ):
        rows = [
            {
                "MODEL": repr(str(trained.model)),
                "EXTENT": repr(extent(self.PLACE)),
                "CRS": "QgsCoordinateReferenceSystem('EPSG:32616')",
                "GUIDE": repr(str(SAMPLE)),
                "REALISATIONS": "2",
                "SPREAD": "True",
                "SEED": str(seed),
                "OUTPUT": tmp_path / f"batch {seed}.tif",
            }
            for seed in (1, 5)
        ]

        run_batch(provider.algorithm("generate").create(), rows, tmp_path / "batch.json")

        for row, seed in zip(rows, (1, 5)):
            alone = generate(self.PLACE, GUIDE=str(SAMPLE), REALISATIONS=2, SPREAD=True, SEED=seed)
            assert np.array_equal(read(row["OUTPUT"]).values, alone.values)

    def test_without_variety_realisations_are_the_same_and_with_more_they_differ_more(self, generate):
        none, some, all_of_it = (
            generate(self.PLACE, GUIDE=str(SAMPLE), REALISATIONS=3, SPREAD=True, VARIETY=variety).values[-1]
            for variety in (0, 0.5, 1)
        )

        assert none.max() == 0.0
        assert 0.0 < some.mean() < all_of_it.mean()

    @pytest.mark.parametrize(
        ("variety", "parameters", "is_told"),
        [(0.5, {}, True), (1.0, {}, False), (0.5, {"VARIETY": 1}, False), (0.5, {"REALISATIONS": 1}, False)],
        ids=str,
    )
    def test_realisations_that_differ_less_than_the_model_has_learnt_are_told(
        self, generate, trained, tmp_path, variety, parameters, is_told
    ):
        weights = model_file.read_member(trained.model, model_file.WEIGHTS)
        model = tmp_path / "calm.geogan"
        model.write_bytes(model_file.packed(replace(trained.card, variety=[variety]), weights))
        feedback = QgsProcessingFeedback(False)

        asked = {"MODEL": str(model), "GUIDE": str(SAMPLE), "REALISATIONS": 2, **parameters}
        generate(self.PLACE, feedback=feedback, **asked)

        assert ("set VARIETY to 1" in feedback.textLog()) is is_told

    def test_where_the_guide_ends_the_extent_must_end(self, generate, tmp_path):
        with pytest.raises(QgsProcessingException, match="jacksboro_fault has no data in a part of the"):
            generate(SQUARE, GUIDE=str(SAMPLE))
        assert not list(tmp_path.glob("*.tif*"))

    def test_reading_a_guide_can_be_cancelled(self, generate, tmp_path):
        with pytest.raises(KeyError, match="OUTPUT"):
            generate(self.PLACE, GUIDE=str(SAMPLE), feedback=ActingFeedback(cancel, "Reading layers"))
        assert not list(tmp_path.iterdir())

    def test_heights_that_the_guide_gives_cannot_be_given_twice(self, generate):
        with pytest.raises(QgsProcessingException, match="leave RELIEF and BASE_ELEVATION at their defaults"):
            generate(self.PLACE, GUIDE=str(SAMPLE), RELIEF=2)


def blocks_of(raster, side: float, bounds) -> np.ndarray:
    """Mean heights of squares of `side` metres."""
    values = raster.window(*bounds)
    n = round(side / raster.geotransform[1])
    rows, cols = values.shape
    return values.reshape(rows // n, n, cols // n, n).mean(axis=(1, 3))
