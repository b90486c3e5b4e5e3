# SPDX-License-Identifier: GPL-3.0-or-later
"""The land of `make bench-terrain`: its DEMs, squares cut from it, and how fields are scored against it."""

from __future__ import annotations

import csv

import numpy as np
import pytest
from geogan.test.bench.terrain.classic import squares_of
from geogan.test.bench.terrain.crops import Crops
from geogan.test.bench.terrain.landscapes import (
    LANDSCAPES,
    UNSEEN,
    Land,
    NoDems,
    dem_folder,
    read_lands,
    write_metric,
)
from geogan.test.bench.terrain.scores import scored
from geogan.test.harness.programs import ROOT


def test_the_bundled_model_was_trained_on_none_of_the_landscapes():
    with (ROOT / "resources" / "pretrained" / "layers.csv").open(encoding="utf-8", newline="") as file:
        trained_on = {layer["file"] for layer in csv.DictReader(file)}

    assert not trained_on & {landscape.file for landscape in (*LANDSCAPES.values(), *UNSEEN.values())}


def test_missing_dems_are_named_in_a_sentence(monkeypatch, tmp_path):
    monkeypatch.delenv("GEOGAN_DEMS", raising=False)
    with pytest.raises(NoDems, match="Set GEOGAN_DEMS to the folder"):
        dem_folder(LANDSCAPES.values())

    monkeypatch.setenv("GEOGAN_DEMS", str(tmp_path))
    with pytest.raises(NoDems, match=r"lacks srtm1_bigtujunga_utm\.tif, "):
        dem_folder(LANDSCAPES.values())


def test_crops_have_no_voids_and_keep_all_eight_symmetries():
    field = np.arange(40.0 * 50).reshape(40, 50)
    field[10, 10] = field[30, 45] = np.nan
    crops = Crops([field[:5], field], 12).random(400, np.random.default_rng(0))

    assert crops.shape == (400, 12, 12)
    assert np.isfinite(crops).all()
    steps = {(crop[0, 1] - crop[0, 0], crop[1, 0] - crop[0, 0]) for crop in crops}
    assert steps == {(a, b) for a in (-50, -1, 1, 50) for b in (-50, -1, 1, 50) if abs(a) != abs(b)}


def test_every_place_without_voids_can_be_drawn():
    field = np.zeros((8, 9))
    field[3, 4] = np.nan

    assert len(Crops([field], 4).spread(100)) == 100
    with pytest.raises(ValueError, match="no square of 6 x 6"):
        Crops([field], 6)


def test_where_few_voids_are_allowed_squares_with_more_are_left_out():
    field = np.zeros((8, 9))
    field[3, 4] = field[7] = np.nan
    crops = Crops([field], 6, voids=1 / 36).spread(50)
    assert {int(np.isnan(crop).sum()) for crop in crops} == {1}


def test_voids_cost_the_classic_gan_no_land():
    field = np.tile(np.arange(60.0, dtype=np.float32), (60, 1))
    field[::8, ::8] = np.nan
    (square,) = squares_of([field], 60).random(1, np.random.default_rng(0))
    assert np.ptp(square) == 59.0
    assert np.isfinite(square).all()


def test_each_seed_is_scored_alone_and_all_together():
    random = np.random.default_rng(3)
    whole = np.cumsum(np.cumsum(random.normal(size=(300, 200)), axis=0), axis=1).astype(np.float32)
    land = Land([whole], [whole[:200]], [whole[200:]], 30.0, 0.0)
    fields = [whole[:128, :128], whole[-128:, -128:]]

    found = scored(land, fields, seeds=1, has_seeds=False, corners=None)
    assert len(found["by_seed"]) == 1
    assert found["sizes"]["field"] == [128, 128]
    assert found["diversity"] is None
    assert found["grid"] == {}


def test_cells_are_looked_for_over_seeds_and_from_the_corners_of_each_world_s_own():
    """Land with a lattice of four pixels that begins elsewhere in each field: no mean over seeds shows it."""
    random = np.random.default_rng(4)
    whole = np.cumsum(np.cumsum(random.normal(size=(300, 200)), axis=0), axis=1).astype(np.float32)
    land = Land([whole], [whole[:200]], [whole[200:]], 30.0, 0.0)
    corners = [tuple(random.integers(0, 64, 2).tolist()) for _ in range(40)]
    fields = [whole[:128, :128] + np.roll(np.tile([0, 40, 0, 0], 32), -col) for _, col in corners]

    found = scored(land, fields, seeds=1, has_seeds=True, corners=corners)
    assert found["grid"]["4"]["height"]["p_value"] > 0.01
    assert found["grid_of_worlds"]["4"]["height"]["p_value"] < 0.01


def test_a_little_layer_is_read_as_it_was_written(tmp_path):
    heights = np.random.default_rng(3).normal(500.0, 80.0, (300, 300)).astype(np.float32)
    write_metric(tmp_path / "little.tif", heights, 90.0)

    land = read_lands([tmp_path / "little.tif"], 90.0)
    np.testing.assert_array_equal(land.whole[0], heights)
