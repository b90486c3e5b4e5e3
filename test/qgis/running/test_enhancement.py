# SPDX-License-Identifier: GPL-3.0-or-later
"""What `geogan:enhance` makes of a coarse layer: its heights, extent, units and CRS.

The model's pixels are 90 m.
"""

from __future__ import annotations

import numpy as np
import pytest
from geogan.algorithms.bundled_model import BUNDLED_MODEL
from geogan.realism.comparison import Reference
from geogan.test.bench.guided.ground import read as heights_of
from geogan.test.bench.guided.refined import interpolate, means_of, root_mean_square
from geogan.test.harness.programs import SAMPLE
from geogan.test.harness.sample import resampled_sample
from geogan.test.qgis.running.batch import run_batch
from geogan.test.qgis.running.coarse_layers import block_means, place
from geogan.test.qgis.running.rasters import Raster, read
from osgeo import gdal
from qgis.core import QgsProcessingFeedback


def assert_there_are_details(fine: Raster, layer: Raster, factor: int) -> None:
    """The land inside the pixels of a layer is no plate of their height."""
    is_known = np.kron(layer.values != -32768, np.ones((factor, factor), bool))
    flat = np.kron(layer.values, np.ones((factor, factor)))
    assert (fine.values - flat)[is_known].std() > 1.0, "there are details"


def test_the_mean_over_each_pixel_of_the_layer_is_that_pixel_and_the_extent_is_the_layers(enhance, coarse):
    layer = read(coarse())

    fine, outputs = enhance(coarse())

    assert outputs["FACTOR"] == 4
    assert fine.geotransform == pytest.approx((*place(90.0),), abs=1e-6)
    assert fine.bounds == pytest.approx(layer.bounds, abs=1e-6)
    assert fine.epsg == "32616"
    known = layer.values != -32768
    assert np.abs(block_means(fine.values, 4) - layer.values)[known].max() < 0.01
    assert_there_are_details(fine, layer, 4)


@pytest.mark.parametrize(("size", "factor"), [(180.0, 2), (720.0, 8)])
def test_twice_and_eight_times_finer_by_the_bundled_model_has_the_layers_heights_too(
    enhance, coarse, size, factor
):
    layer = read(coarse(size))

    fine, outputs = enhance(coarse(size), MODEL=str(BUNDLED_MODEL))

    assert outputs["FACTOR"] == factor
    assert fine.geotransform == pytest.approx(place(90.0), abs=1e-6)
    known = layer.values != -32768
    assert np.abs(block_means(fine.values, factor) - layer.values)[known].max() < 0.01
    assert_there_are_details(fine, layer, factor)


@pytest.mark.parametrize("factor", [2, 4, 8])
def test_real_land_made_finer_is_nearer_to_it_as_land_than_interpolation_is(enhance, tmp_path, factor):
    x, y = 732_060.0, 4_067_910.0
    bounds, is_float = (x, y - 320 * 90, x + 336 * 90, y), {"outputType": gdal.GDT_Float32}
    real_path = resampled_sample(tmp_path / "real.tif", 90.0, bounds, resampleAlg="cubic", **is_float)
    coarse_path = means_of(real_path, factor, tmp_path)
    margin = 4 * factor  # interpolation has nothing to go by at the rim
    inside = (slice(margin, -margin), slice(margin, -margin))
    real = heights_of(real_path)[inside]
    reference = Reference([real], 90.0, 1.0)

    enhance(coarse_path, MODEL=str(BUNDLED_MODEL), SEED=1)
    paths = [tmp_path / "fine.tif"]
    paths += [interpolate(coarse_path, real_path, method, tmp_path) for method in ("cubic", "cubicspline")]

    made = [heights_of(path)[inside] for path in paths]
    ours, *interpolated = (reference.compare([each]) for each in made)
    assert ours.realism < min(each.realism for each in interpolated)
    assert ours.ratio("slope") < min(each.ratio("slope") for each in interpolated)
    slopes = [np.hypot(*np.gradient(each, 90.0)) for each in (*made, real)]
    for of_each, of_real in ((made, real), (slopes, slopes[-1])):
        assert root_mean_square(of_each[0] - of_real) <= 1.15 * root_mean_square(of_each[1] - of_real)
    assert ours.texture <= 1.15
    assert ours.land <= 1.2


def test_a_layer_of_decimetres_in_feet_keeps_its_heights_which_become_metres(enhance, coarse, tmp_path):
    in_feet = tmp_path / "feet.tif"
    gdal.Translate(str(in_feet), str(coarse()))
    dataset = gdal.Open(str(in_feet), gdal.GA_Update)
    band = dataset.GetRasterBand(1)
    band.SetUnitType("ft")
    band.SetScale(0.1)
    heights = 0.1 * 0.3048 * band.ReadAsArray()
    band, dataset = None, None

    fine, _ = enhance(in_feet)

    known = read(coarse()).values != -32768
    assert np.abs(block_means(fine.values, 4) - heights)[known].max() < 0.01
    assert gdal.Open(str(tmp_path / "fine.tif")).GetRasterBand(1).GetUnitType() == "m"


@pytest.mark.parametrize("crs", ["EPSG:32616", "EPSG:4326"])
def test_what_stands_for_no_data_without_being_declared_is_told_once(enhance, tmp_path, crs):
    padded = tmp_path / "padded.tif"
    size = 360.0 if crs == "EPSG:32616" else 1 / 300
    resampled_sample(padded, size, dstSRS=crs, outputType=gdal.GDT_Int16)
    dataset = gdal.Open(str(padded), gdal.GA_Update)
    values = dataset.ReadAsArray()
    values[:6] = -9999
    dataset.GetRasterBand(1).WriteArray(values)
    dataset.GetRasterBand(1).DeleteNoDataValue()
    dataset = None
    feedback = QgsProcessingFeedback(False)

    fine, _ = enhance(padded, feedback=feedback)

    assert feedback.textLog().count("Layer padded has pixels of -9999") == 1
    assert (fine.values[:6] == -32768).all()


def test_voids_stay_voids_and_nothing_else_becomes_one(enhance, coarse):
    is_void = read(coarse(void=True)).values == -32768

    fine, _ = enhance(coarse(void=True))

    assert 35 <= is_void.sum() < is_void.size / 2
    assert np.array_equal(fine.values == -32768, np.kron(is_void, np.ones((4, 4), bool)))


@pytest.mark.parametrize(("vertical", "is_kept"), [("5773", True), ("6360", False)])
def test_a_vertical_crs_is_kept_where_its_heights_are_metres(enhance, coarse, tmp_path, vertical, is_kept):
    """EGM96, whose heights are metres, and one in US survey feet."""
    compound = tmp_path / "compound.tif"
    gdal.Translate(str(compound), str(coarse()), outputSRS=f"EPSG:32616+{vertical}")

    enhance(compound)

    srs = gdal.Open(str(tmp_path / "fine.tif")).GetSpatialRef()
    assert bool(srs.IsCompound()) == is_kept
    assert (srs.GetAuthorityCode("VERT_CS") == vertical) == is_kept
    srs.StripVertical()
    assert srs.GetAuthorityCode(None) == "32616"


def test_a_layer_in_degrees_keeps_its_crs_its_extent_its_voids_and_its_heights(enhance, tmp_path):
    path, feedback = tmp_path / "degrees.tif", QgsProcessingFeedback(False)
    window = [40, 20, 320, 280]  # whole cells of the sample, inland
    gdal.Translate(str(path), str(SAMPLE), srcWin=window, xRes=1 / 300, yRes=1 / 300, resampleAlg="average")
    dataset = gdal.Open(str(path), gdal.GA_Update)
    dataset.GetRasterBand(1).SetNoDataValue(-32768)
    dataset.GetRasterBand(1).WriteArray(np.full((3, 4), -32768, np.int16), 10, 12)
    dataset = None
    layer = read(path)
    is_known = layer.values != -32768

    fine, outputs = enhance(path, feedback=feedback)

    assert outputs["FACTOR"] == 4
    assert fine.epsg == "4326"
    assert fine.bounds == pytest.approx(layer.bounds, abs=1e-9)
    assert fine.values.shape == (4 * layer.values.shape[0], 4 * layer.values.shape[1])
    assert np.array_equal(fine.values != -32768, np.kron(is_known, np.ones((4, 4), bool)))
    assert np.abs(block_means(fine.values, 4) - layer.values)[is_known].max() < 0.01
    assert_there_are_details(fine, layer, 4)
    assert "Layer degrees is in degrees: it is brought to EPSG:32616." in feedback.textLog()


def test_a_layer_of_other_pixels_is_resampled_keeps_its_heights_and_the_log_says_so(enhance, coarse):
    feedback = QgsProcessingFeedback(False)
    layer = read(coarse(480.0))

    fine, outputs = enhance(coarse(480.0), feedback=feedback)

    assert outputs["FACTOR"] == 5, "480 m by the whole number nearest to the model's 90 m"
    assert fine.geotransform == pytest.approx(place(96.0), abs=1e-6)
    assert np.abs(block_means(fine.values, 5) - layer.values)[layer.values != -32768].max() < 0.01
    assert "The model expects pixels of 360 m. Layer coarse 480 False has 480 m and is resampled." in (
        feedback.textLog()
    )


def test_a_layer_too_coarse_for_the_model_is_told(enhance, coarse):
    feedback = QgsProcessingFeedback(False)

    enhance(coarse(720.0), feedback=feedback)

    assert (
        "The pixels of coarse 720 False are 720 m wide, but the model makes cells of at most 360 m finer: "
        "forms between these two sizes are missing."
    ) in feedback.textLog()


def test_two_clips_of_a_layer_agree_where_both_know_what_lies_around(enhance, coarse, tmp_path):
    """Here that is eleven cells: as far as the networks look, and two more that cell means are fitted by."""
    cells, fine = [(0, 32), (6, 40)], []
    for name, (first, stop) in zip("ab", cells):
        clip = tmp_path / f"clip {name}.tif"
        gdal.Translate(str(clip), str(coarse()), srcWin=[first, 0, stop - first, 36])
        fine.append(enhance(clip, name)[0].values)

    one, other = (values[:, 4 * (17 - first) : 4 * (21 - first)] for values, (first, _) in zip(fine, cells))
    assert one.shape == (4 * 36, 16)
    np.testing.assert_array_equal(one, other)


def test_a_batch_of_two_layers_makes_each_finer(enhance, coarse, provider, trained, project, tmp_path):
    layers = [coarse(), coarse(void=True)]
    rows = [
        {
            "INPUT": repr(str(layer)),
            "MODEL": repr(str(trained.model)),
            "SEED": "4",
            "OUTPUT": tmp_path / f"batch {number}.tif",
        }
        for number, layer in enumerate(layers)
    ]

    run_batch(provider.algorithm("enhance").create(), rows, tmp_path / "batch.json")

    for row, layer in zip(rows, layers):
        np.testing.assert_array_equal(read(row["OUTPUT"]).values, enhance(layer, SEED=4)[0].values)
