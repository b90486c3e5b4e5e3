# SPDX-License-Identifier: GPL-3.0-or-later
"""The real `qgis_process`: the plugin is found by its name, runs, exits with 0, and leaves nobody behind."""

from __future__ import annotations

import json
import os
import re
import subprocess

import numpy as np
import pytest
from geogan.models.model_file import read_card
from geogan.test.harness.processes import worker_of
from geogan.test.harness.programs import (
    BUNDLED_MODEL,
    SAMPLE,
    ProgramFailed,
    qgis_process_command,
    run_qgis_process,
)
from geogan.test.harness.sample import resampled_sample
from osgeo import gdal

GONE_WITHIN_S = 5.0


def test_train_exits_well_and_returns_its_outputs(command_line_run):
    outputs = command_line_run.training
    card = read_card(command_line_run.model)

    assert outputs["STEPS"] == card.steps > 0
    assert outputs["DEVICE"] in ("cpu", "gpu")
    assert (card.name, card.pixel_size) == ("jacksboro", 90.0)


def test_generate_exits_well_and_the_terrain_lies_where_it_was_asked_for(command_line_run):
    terrain = gdal.Open(str(command_line_run.terrain))

    assert command_line_run.generation["SEED"] == 3
    assert terrain.GetGeoTransform() == (-27000, 90, 0, 27000, 0, -90)
    assert (terrain.RasterXSize, terrain.RasterYSize) == (600, 600)
    assert 'ID["EPSG",32616]' in terrain.GetSpatialRef().ExportToWkt(["FORMAT=WKT2"])
    assert np.isfinite(terrain.ReadAsArray()).all()
    assert terrain.GetMetadataItem("GEOGAN_SYNTHETIC") == "YES"


def test_enhance_makes_real_land_finer_with_the_bundled_model(profile, tmp_path):
    coarse, size = tmp_path / "coarse.tif", 360.0
    inland = (738_000.0, 4_050_000.0, 738_000.0 + 36 * size, 4_050_000.0 + 32 * size)
    resampled_sample(coarse, size, inland)
    parameters = {"INPUT": coarse, "SEED": 1, "OUTPUT": tmp_path / "fine.tif"}

    outputs = run_qgis_process(profile, "geogan:enhance", parameters)

    fine = gdal.Open(str(tmp_path / "fine.tif"))
    assert outputs["FACTOR"] == 4
    assert fine.GetGeoTransform() == (inland[0], 90.0, 0, inland[3], 0, -90.0)
    means = fine.ReadAsArray().astype(float).reshape(32, 4, 36, 4).mean((1, 3))
    assert np.abs(means - gdal.Open(str(coarse)).ReadAsArray()).max() < 0.01
    assert fine.GetMetadataItem("GEOGAN_LANDSCAPE") == read_card(BUNDLED_MODEL).refiners[4].landscape


def test_an_ensemble_along_a_guide_has_its_mean_and_its_standard_deviation(profile, tmp_path):
    bounds = (740_970.0, 4_051_980.0, 747_270.0, 4_058_280.0)
    extent = f"{bounds[0]},{bounds[2]},{bounds[1]},{bounds[3]} [EPSG:32616]"
    parameters = {"EXTENT": extent, "CRS": "EPSG:32616", "GUIDE": SAMPLE, "SEED": 4, "REALISATIONS": 3}
    parameters |= {"SPREAD": "true", "VARIETY": 1, "OUTPUT": tmp_path / "ensemble.tif"}

    run_qgis_process(profile, "geogan:generate", parameters)

    *lands, mean, deviation = gdal.Open(str(tmp_path / "ensemble.tif")).ReadAsArray().astype(float)
    assert len(lands) == 3
    np.testing.assert_allclose(mean, np.mean(lands, 0), atol=1e-3)
    np.testing.assert_allclose(deviation, np.std(lands, 0, ddof=1), atol=1e-3)
    real = gdal.Open(str(resampled_sample(tmp_path / "real.tif", 90.0, bounds))).ReadAsArray()
    assert np.corrcoef(mean.ravel(), real.ravel())[0, 1] > 0.95, "it lies along the guide"


def test_fillvoids_exits_well_and_says_how_much_it_has_filled(profile, tmp_path):
    holed = tmp_path / "holed.tif"
    gdal.Translate(str(holed), str(SAMPLE), outputType=gdal.GDT_Int16, noData=-32768)
    dataset = gdal.Open(str(holed), gdal.GA_Update)
    dataset.GetRasterBand(1).WriteArray(np.full((30, 40), -32768, np.int16), 200, 150)
    before = dataset.ReadAsArray()
    dataset = None

    outputs = run_qgis_process(
        profile, "geogan:fillvoids", {"INPUT": holed, "SEED": 3, "OUTPUT": tmp_path / "filled.tif"}
    )

    assert outputs["FILLED_PIXELS"] == 1200
    filled = gdal.Open(outputs["OUTPUT"]).ReadAsArray()
    assert (filled[150:180, 200:240] > 100).all()
    np.testing.assert_array_equal(filled[before != -32768], before[before != -32768])


def test_sketch_exits_well_and_the_land_has_the_elevations_of_its_features(profile, place, tmp_path):
    points = tmp_path / "points.geojson"
    peak = {"type": "Point", "coordinates": [-87.0, 0.0, 1234.0]}  # the middle of zone 16, on the equator
    points.write_text(json.dumps({"type": "Feature", "properties": {}, "geometry": peak}))
    place = {**place, "EXTENT": "491000,509000,-9000,9000 [EPSG:32616]"}

    outputs = run_qgis_process(
        profile, "geogan:sketch", {**place, "POINTS": points, "OUTPUT": tmp_path / "land.tif"}
    )

    assert outputs["LARGEST_MISS"] < 0.01
    dataset = gdal.Open(outputs["OUTPUT"])
    west, size, _, north, _, _ = dataset.GetGeoTransform()
    at_peak = dataset.ReadAsArray()[int(north / size), int((500_000 - west) / size)]
    assert at_peak == pytest.approx(1234.0, abs=0.01)


def test_a_failure_exits_with_1_and_one_sentence(profile, place, tmp_path):
    notes = tmp_path / "notes.geogan"
    notes.write_text("not a model")
    parameters = {**place, "MODEL": notes, "OUTPUT": tmp_path / "never.tif"}

    with pytest.raises(ProgramFailed) as failure:
        run_qgis_process(profile, "geogan:generate", parameters)

    printed = str(failure.value)
    assert "ended with status 1" in printed
    assert "notes.geogan is not a GeoGAN model, or it is damaged. Choose another file." in printed
    assert "Traceback" not in printed
    assert list(tmp_path.iterdir()) == [notes]


def test_killed_in_the_middle_of_a_training_it_takes_its_worker_along(profile, training, tmp_path):
    command = qgis_process_command(
        "geogan:train", {**training, "MINUTES": 5, "MODEL": tmp_path / "never.geogan"}
    )
    with subprocess.Popen(
        command, env=profile.environ(), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True
    ) as qgis_process:
        try:
            assert any(re.search(r" step \d+:", line) for line in qgis_process.stdout), "it trains"
            worker = worker_of(qgis_process.pid)
            assert os.getsid(worker.pid) != os.getsid(qgis_process.pid), "no signal of ours reaches it"
        finally:
            qgis_process.kill()

    assert worker.is_gone_within(GONE_WITHIN_S)
    assert not (tmp_path / "never.geogan").exists()
