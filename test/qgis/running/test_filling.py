# SPDX-License-Identifier: GPL-3.0-or-later
"""What `geogan:fillvoids` makes of a layer with voids, through `processing.run`. The sample is in degrees."""

from __future__ import annotations

import numpy as np
import pytest
from geogan.algorithms.bundled_model import BUNDLED_MODEL
from geogan.models.model_file import read_card
from geogan.test.bench.guided.filled import bends_at, steps_across
from geogan.test.harness.programs import SAMPLE
from geogan.test.qgis.running.batch import run_batch
from geogan.test.qgis.running.feedback import ActingFeedback
from geogan.test.qgis.running.holed_layers import VOID
from geogan.test.qgis.running.rasters import read, write
from osgeo import gdal
from qgis.core import (
    QgsProcessingException,
    QgsProcessingFeedback,
)
from scipy import ndimage

#: What the median change of slope across a rim or seam may be, times that of the land.
BEND = 1.3


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


def test_an_output_that_cannot_be_written_is_refused_before_any_work(fill, holed, monkeypatch):
    monkeypatch.setattr("geogan.algorithms.fillvoids.ready_worker", None)
    with pytest.raises(QgsProcessingException, match="does not exist"):
        fill(holed, "nowhere/filled")


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
