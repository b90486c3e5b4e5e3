# SPDX-License-Identifier: GPL-3.0-or-later
"""What `geogan:fillvoids` makes of a layer with voids, through `processing.run`. The sample is in degrees."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
from geogan.algorithms.bundled_model import BUNDLED_MODEL
from geogan.models.model_file import read_card
from geogan.test.bench.guided.filled import bends_at, steps_across
from geogan.test.harness.programs import SAMPLE
from geogan.test.qgis.running.batch import run_batch
from geogan.test.qgis.running.feedback import ActingFeedback
from geogan.test.qgis.running.rasters import Raster, read, write
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
from scipy import ndimage

VOID = -32768
UPRIGHT = (700_000.0, 90.0, 0.0, 4_000_000.0, 0.0, -90.0)
ROTATED = (700_000.0, 85.0, 30.0, 4_000_000.0, 30.0, -85.0)
#: What the median change of slope across a rim or seam may be, times that of the land.
BEND = 1.3


@pytest.fixture(scope="module")
def holed(tmp_path_factory) -> Path:
    """The sample with a round void, one at its edge and single pixels, whose nodata is declared."""
    path = Path(shutil.copy(SAMPLE, tmp_path_factory.mktemp("holed") / "holed.tif"))
    dataset = gdal.Open(str(path), gdal.GA_Update)
    band = dataset.GetRasterBand(1)
    values = band.ReadAsArray()
    rows, cols = np.mgrid[0 : values.shape[0], 0 : values.shape[1]]
    is_void = (rows - 150) ** 2 + (cols - 200) ** 2 < 30**2
    is_void |= (rows < 25) & (cols > 300)
    is_void |= np.random.default_rng(5).random(values.shape) < 0.001
    band.SetNoDataValue(VOID)
    band.WriteArray(np.where(is_void, VOID, values))
    dataset = None
    return path


@pytest.fixture
def fill(provider, trained, tmp_path):
    """Fill a layer with the model; return the raster and what the algorithm returned."""
    import processing

    def fill(layer, name: str = "filled", feedback=None, **parameters) -> tuple[Raster, dict]:
        layer = layer if isinstance(layer, QgsRasterLayer) else str(layer)
        asked = {"INPUT": layer, "MODEL": str(trained.model), "OUTPUT": str(tmp_path / f"{name}.tif")}
        outputs = processing.run("geogan:fillvoids", {**asked, **parameters}, feedback=feedback)
        return read(outputs["OUTPUT"]), outputs

    return fill


def steps(values: np.ndarray, of: np.ndarray) -> np.ndarray:
    """Return the sizes of the steps between neighbours; `of` says of each pair whether it counts."""
    return np.abs(np.diff(values.astype(float), axis=1))[of]


def test_voids_are_filled_and_outside_them_not_one_bit_changes(fill, holed):
    before = read(holed)
    is_void = before.values == VOID

    filled, outputs = fill(holed)

    assert outputs["FILLED_PIXELS"] == is_void.sum() > 4000
    assert filled.values.dtype == before.values.dtype
    assert filled.geotransform == before.geotransform
    np.testing.assert_array_equal(filled.values[~is_void], before.values[~is_void])
    known = before.values[~is_void]
    assert known.min() - 300 < filled.values[is_void].min() < filled.values[is_void].max() < known.max() + 300


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_no_step_shows_where_the_land_meets_the_layer_and_there_is_relief_inside(fill, holed, seed):
    is_void = read(holed).values == VOID
    # A model of seconds is still as rough as its random weights happen to be, in the void and at its rim.
    filled = fill(holed, MODEL=str(BUNDLED_MODEL), SEED=seed)[0].values

    outside = ~is_void[:, 1:] & ~is_void[:, :-1]
    real = read(SAMPLE).values
    is_wide = ndimage.binary_opening(is_void)  # at voids of a pixel there is hardly any made-up land
    assert np.median(steps_across(filled, is_wide)) <= np.median(steps_across(real, is_wide))
    assert np.median(bends_at(filled, is_wide)) <= BEND * np.median(bends_at(real, is_wide))
    inside = np.zeros_like(is_void)
    inside[130:170, 180:220] = True
    assert 0.5 < steps(filled, inside[:, 1:]).mean() / steps(filled, outside).mean() < 1.6


def test_where_the_tiles_of_a_wide_void_meet_there_is_no_seam(fill, tmp_path, monkeypatch):
    monkeypatch.setattr("geogan.algorithms.fillvoids.tile_side", lambda source, size: 40)
    land = read(SAMPLE).values.astype(np.float32)
    land[60:180, 120:280] = np.nan  # of many tiles

    wide = write(tmp_path / "wide.tif", land)

    # Six lines, since a single one steps and bends by chance 0.8 to 1.2 times as much as another. Came the
    # land of each tile in slowly, as at the rim of the void, it would step 0.8 and bend 1.4 times as much.
    steps, bends, usual_steps, usual_bends = [], [], [], []
    for seed in range(3):
        filled = fill(wide, f"filled {seed}", MODEL=str(BUNDLED_MODEL), SEED=seed)[0].values
        down, across = filled[62:178, 122:278], filled[62:178, 122:278].T
        for inside, lines in (
            (down, (38, 78, 118)),
            (across, (18, 58, 98)),
        ):  # cols 160 to 240, rows 80 to 160
            for line in lines:
                at_seam = np.zeros_like(inside, bool)
                at_seam[:, line:] = True
                steps.append(steps_across(inside, at_seam))
                bends.append(bends_at(inside, at_seam))
            usual_steps.append(np.abs(np.diff(inside, axis=1)).ravel())
            usual_bends.append(np.abs(np.diff(inside, 2, axis=1)).ravel())
    for at_seams, usual, least, most in ((steps, usual_steps, 0.9, 1.1), (bends, usual_bends, 0.0, BEND)):
        ratio = np.median(np.concatenate(at_seams)) / np.median(np.concatenate(usual))
        assert least <= ratio <= most


def test_a_seed_fills_in_its_own_land_and_the_same_again(fill, holed):
    one, again, other = (
        fill(holed, name, SEED=seed)[0].values for name, seed in (("a", 1), ("b", 1), ("c", 2))
    )
    np.testing.assert_array_equal(one, again)
    assert (one != other).any()


def test_the_variety_that_is_asked_for_is_that_of_the_land_in_the_voids(fill, holed):
    calm, various = (fill(holed, name, VARIETY=variety)[0].values for name, variety in (("a", 0), ("b", 1)))
    assert (calm != various).any()


def test_a_batch_fills_each_layer(fill, holed, provider, trained, project, tmp_path):
    rows = [
        {
            "INPUT": repr(str(holed)),
            "MODEL": repr(str(trained.model)),
            "SEED": str(seed),
            "OUTPUT": tmp_path / f"batch {seed}.tif",
        }
        for seed in (1, 2)
    ]

    run_batch(provider.algorithm("fillvoids").create(), rows, tmp_path / "batch.json")

    for row, seed in zip(rows, (1, 2)):
        np.testing.assert_array_equal(read(row["OUTPUT"]).values, fill(holed, SEED=seed)[0].values)


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


def test_of_several_bands_the_one_that_is_filled_is_told_and_is_all_that_the_result_holds(fill, tmp_path):
    land = np.stack([read(SAMPLE).values[:60, :70].astype(np.float32)] * 3)
    land[1] += 500.0
    land[1, 20:24, 20:24] = np.nan
    bands = [str(write(tmp_path / f"{number}.tif", land[number])) for number in range(3)]
    path = tmp_path / "three.vrt"
    gdal.BuildVRT(str(path), bands, separate=True).FlushCache()
    feedback = QgsProcessingFeedback(False)

    filled, outputs = fill(path, BAND=2, feedback=feedback)

    assert "Band 2 of 3 is filled; the result holds that band alone." in feedback.textLog()
    assert outputs["FILLED_PIXELS"] == 16
    np.testing.assert_array_equal(filled.values[:20], land[1, :20])


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


def test_an_output_that_cannot_be_written_is_refused_before_any_work(fill, holed, monkeypatch):
    monkeypatch.setattr("geogan.algorithms.fillvoids.ready_worker", None)
    with pytest.raises(QgsProcessingException, match="does not exist"):
        fill(holed, "nowhere/filled")


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


def test_a_layer_of_the_models_pixels_in_metres_is_filled_too(fill, tmp_path):
    land = read(SAMPLE).values[:200, :220].astype(np.float32) + 0.25
    land[80:120, 90:140] = np.nan

    filled, outputs = fill(write(tmp_path / "metres.tif", land))

    assert outputs["FILLED_PIXELS"] == 2000
    assert filled.values.dtype == np.float32
    known = np.isfinite(land)
    np.testing.assert_array_equal(filled.values[known], land[known])
    assert np.isfinite(filled.values).all()


def test_what_stands_for_no_data_without_being_declared_is_filled_and_told(fill, tmp_path):
    land = read(SAMPLE).values.astype(np.float32)
    land[100:110, 200:220] = -9999.0
    feedback = QgsProcessingFeedback(False)

    filled, outputs = fill(write(tmp_path / "padded.tif", land), feedback=feedback)

    assert outputs["FILLED_PIXELS"] == 200
    assert feedback.textLog().count("Layer padded has pixels of -9999") == 1
    assert filled.values.min() > 0.0


def test_a_layer_without_voids_comes_out_as_it_was(fill):
    feedback = QgsProcessingFeedback(False)
    filled, outputs = fill(SAMPLE, feedback=feedback)

    assert outputs["FILLED_PIXELS"] == 0
    np.testing.assert_array_equal(filled.values, read(SAMPLE).values)
    assert "The layer has no voids" in feedback.textLog()
    assert "GEOGAN_SYNTHETIC" not in gdal.Open(outputs["OUTPUT"]).GetMetadata()


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


@pytest.mark.parametrize("beyond", [0.0, 90.0])
def test_a_cancelled_run_leaves_no_file(fill, holed, tmp_path, beyond):
    """While land is made, and while the layer is written."""
    with pytest.raises(KeyError, match="OUTPUT"):  # a cancelled run has no outputs
        fill(holed, feedback=ActingFeedback(lambda feedback: feedback.cancel(), beyond=beyond))

    assert list(tmp_path.iterdir()) == []


def test_the_file_says_that_its_voids_are_synthetic_and_the_log_how_many_there_were(
    fill, holed, trained, tmp_path
):
    feedback = QgsProcessingFeedback(False)
    fill(holed, feedback=feedback, SEED=7)

    tags = gdal.Open(str(tmp_path / "filled.tif")).GetMetadata()
    assert (tags["GEOGAN_SYNTHETIC"], tags["GEOGAN_SEED"]) == ("VOIDS", "7")
    assert tags["GEOGAN_LANDSCAPE"] in read_card(trained.model).landscapes
    assert "pixels are to be filled." in feedback.textLog()


def test_a_layer_of_voids_only_and_a_band_that_is_not_there_are_refused(fill, tmp_path):
    nothing = write(tmp_path / "nothing.tif", np.full((50, 50), -9999.0), nodata=-9999.0)
    with pytest.raises(QgsProcessingException, match="has no heights outside the voids"):
        fill(nothing)
    with pytest.raises(QgsProcessingException, match="has no band 2"):
        fill(SAMPLE, BAND=2)
    assert not (tmp_path / "filled.tif").exists()
