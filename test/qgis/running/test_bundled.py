# SPDX-License-Identifier: GPL-3.0-or-later
"""The bundled model: terrain without training, and a start for layers too small to train alone."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest
from geogan.algorithms.bundled_model import BUNDLED_MODEL
from geogan.models.model_file import read_card
from geogan.test.harness.programs import SAMPLE
from osgeo import gdal

PLACE = (300_000.0, 4_000_000.0, 346_080.0, 4_046_080.0)  # 512 px of 90 m, in UTM zone 16
MOST_BYTES = 5 * 1024 * 1024
SMALL_PX = 300
SEEDS = range(4)


def mean_slope(heights: np.ndarray, pixel_size: float) -> float:
    return float(np.hypot(*np.gradient(heights.astype(float), pixel_size)).mean())


@pytest.fixture(scope="module")
def card():
    return read_card(BUNDLED_MODEL)


def test_it_is_small_and_says_what_it_was_trained_on(card):
    assert BUNDLED_MODEL.stat().st_size <= MOST_BYTES
    assert len(card.landscapes) >= 2
    names = {layer["name"] for layer in card.provenance["layers"]}
    with BUNDLED_MODEL.with_name("layers.csv").open(encoding="utf-8", newline="") as file:
        assert names == {Path(layer["file"]).stem for layer in csv.DictReader(file)}
    assert len(names) >= 12
    assert {strip["layer"] for strip in card.provenance["held_out"]} <= names
    assert set(card.realism["landscapes"]) == set(card.landscapes)
    assert card.realism["held_out"]


def test_its_landscapes_differ_as_their_names_say(generate, card):
    """By the mean of some seeds: a single place may be a plain among mountains."""
    slopes = {}
    for name in card.landscapes:
        lands = (generate(PLACE, name, MODEL=None, LANDSCAPE=name, SEED=seed) for seed in SEEDS)
        slopes[name] = np.mean([mean_slope(land.values, card.pixel_size) for land in lands])
    assert slopes["mountains"] > 1.3 * slopes["ridges"] > 1.3 * 1.3 * slopes["hills"], slopes


def test_a_layer_too_small_to_learn_large_forms_from_takes_them_from_the_base_model(
    train, generate, card, tmp_path
):
    """300 x 300 pixels have no room for the wide patches, but for those of the detail stage."""
    small = str(tmp_path / "small.tif")
    gdal.Translate(small, str(SAMPLE), srcWin=[40, 20, SMALL_PX, SMALL_PX])
    size = {"LAYERS": [small], "PIXEL_SIZE": None, "EPOCHS": None, "MINUTES": 0.2}

    report = tmp_path / "small.html"
    trained = train(tmp_path / "small.geogan", BASE_MODEL=BUNDLED_MODEL.name, REPORT=str(report), **size)

    assert "only the stages detail are learnt from them" in trained.log
    assert trained.card.provenance["scores"][0]["fraction"] == 0.0, "the base model itself is scored"
    kept, _, learnt = trained.card.stages
    assert kept["steps"] == card.stages[0]["steps"]
    assert 0 < learnt["steps"] < card.stages[2]["steps"]
    heights = generate(PLACE, "small", MODEL=str(trained.model)).values
    real = gdal.Open(small).ReadAsArray()
    assert 0.3 < heights.std() / real.std() < 3.0, "brought to the heights of the layer"
    assert abs(heights.mean() - real.mean()) < 2.0 * real.std()
    (scores,) = trained.card.realism["landscapes"].values()
    assert trained.card.realism["realism"] < 1.2, "usable"
    assert scores["novelty"] > 0.8
    assert scores["share_copied"] < 0.05
    assert "The model learnt from little land" in report.read_text(encoding="utf-8")
