# SPDX-License-Identifier: GPL-3.0-or-later
"""What the bundled model is trained on (resources/pretrained/layers.csv), its preparation, and its base."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf
from geogan.models.architecture import layout_of
from geogan.models.model_file import WEIGHTS, read_card, read_member
from geogan.models.networks.discriminator import Discriminator
from geogan.models.networks.relief import Relief
from geogan.models.networks.scaling import scaling_of
from geogan.models.training.base_model import BaseModel
from geogan.models.weights import assign
from geogan.rasters.reading.source import describe_source
from geogan.realism.comparison import Reference
from geogan.test.harness.scripts import ci_script
from osgeo import gdal


@pytest.fixture(scope="module")
def script():
    return ci_script("pretrained")


@pytest.fixture
def coast(make_raster) -> Path:
    """Land in the north, a small and a large void in it, and a sea in the south with some noise."""
    heights = np.full((100, 100), 50, np.int16)
    heights[60:] = 0
    heights[70, :5] = -3
    heights[50, :2] = -32768
    heights[2:42, 30:70] = -32768
    return Path(make_raster("coast", heights, nodata=-32768))


def is_void(path: Path) -> np.ndarray:
    dataset = gdal.Open(str(path))
    return dataset.GetRasterBand(1).GetMaskBand().ReadAsArray() == 0


def test_every_layer_is_named_once_with_landscape_source_and_licence(script):
    rows = script.listed_layers()

    assert len({row["file"] for row in rows}) == len(rows)
    for row in rows:
        assert row["sea"] in ("yes", "no")
        assert row["source"].startswith("https://")
        assert row["licence"].startswith("public domain")


def test_every_landscape_has_at_least_six_layers_and_is_described(script):
    counts = Counter(row["landscape"] for row in script.listed_layers())
    readme = (script.LAYERS.parent / "README.md").read_text(encoding="utf-8")

    assert list(counts) == ["mountains", "ridges", "hills"]
    assert min(counts.values()) >= 6
    assert all(f"| `{landscape}` |" in readme for landscape in counts)


def test_a_prepared_layer_names_its_landscape(script, coast, tmp_path):
    script.prepare(coast, "ridges", False, tmp_path / "layer.tif")

    assert describe_source(str(tmp_path / "layer.tif"), "layer").landscape == "ridges"


def test_sea_becomes_void_as_the_voids_are_and_land_stays(script, coast, tmp_path):
    script.prepare(coast, "ridges", True, tmp_path / "layer.tif")

    void = is_void(tmp_path / "layer.tif")
    assert void[60:].all()
    assert not void[45:60, 2:].any()


def test_land_below_sea_level_stays_where_there_is_no_sea(script, coast, tmp_path):
    script.prepare(coast, "hills", False, tmp_path / "layer.tif")

    assert not is_void(tmp_path / "layer.tif")[60:].any()


def test_voids_stay_voids_and_nothing_else_becomes_one(script, coast, tmp_path):
    script.prepare(coast, "hills", False, tmp_path / "layer.tif")

    np.testing.assert_array_equal(is_void(tmp_path / "layer.tif"), is_void(coast))


def test_without_the_folder_or_with_files_missing_it_says_so(script, tmp_path, monkeypatch):
    rows = [{"file": "a.tif"}, {"file": "b.tif"}]
    monkeypatch.delenv("GEOGAN_DEMS", raising=False)
    with pytest.raises(
        SystemExit, match=r"^Set GEOGAN_DEMS to the folder of the DEMs that .*layers\.csv names\.$"
    ):
        script.dem_folder(rows)

    (tmp_path / "a.tif").touch()
    monkeypatch.setenv("GEOGAN_DEMS", str(tmp_path))
    with pytest.raises(SystemExit, match=r"lacks b\.tif\.$"):
        script.dem_folder(rows)


def test_a_model_judged_anew_makes_the_same_land_and_is_judged_as_its_preset_says_today(script):
    old = script.BUNDLED.read_bytes()
    before, after = (BaseModel.from_bytes(each) for each in (old, ci_script("rejudged").rejudged(old)))

    layout = after.architecture.stages[0]
    assert layout.judging_widths == layout_of("standard", layout.patch).judging_widths
    for stage, other in zip(before.stages, after.stages):
        for name, weights in stage.weights().items():
            is_kept = not name.startswith("layout/discriminator/")
            assert np.array_equal(weights, other.weights()[name]) or not is_kept
    statistics, landscape = after.stages[0].statistics, tf.zeros([1], tf.int64)
    judge = Discriminator(layout, len(statistics))
    patch = Relief(tf.zeros([1, layout.patch, layout.patch, 1]), scaling_of(statistics, landscape))
    judge(judge.bands_of(patch), landscape)
    assign(judge.trainable_variables, "layout/discriminator/", after.stages[0].weights())  # or it would raise


def test_a_model_refined_afterwards_has_its_weights_and_knows_what_makes_land_finer_best(script):
    old = script.BUNDLED.read_bytes()
    rows, cols = np.mgrid[:512, :512]
    waves = 300.0 * np.sin(rows / 23.0) * np.cos(cols / 31.0) + 20.0 * np.sin(rows * cols / 900.0)
    land = Reference([waves.astype(np.float32)], 90.0)

    new = ci_script("refined").refined(old, {"ridges": land})

    card = read_card(new)
    assert set(card.refiners) == set(card.guide_factors())
    assert {refiner.landscape for refiner in card.refiners.values()} == {"ridges"}
    assert replace(card, refiners={}) == replace(read_card(old), refiners={})
    assert read_member(new, WEIGHTS) == read_member(old, WEIGHTS)
