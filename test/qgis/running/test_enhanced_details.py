# SPDX-License-Identifier: GPL-3.0-or-later
"""The details that `geogan:enhance` makes: by seed and variety, and what the file's tags say of them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from geogan.models import model_file
from geogan.test.qgis.running.coarse_layers import block_means
from osgeo import gdal


def test_a_seed_gives_its_own_details_and_the_same_ones_again(enhance, coarse):
    one, again, other = (
        enhance(coarse(), name, SEED=seed)[0] for name, seed in (("a", 1), ("b", 1), ("c", 2))
    )

    assert np.array_equal(one.values, again.values)
    assert not np.array_equal(one.values, other.values)
    assert np.allclose(block_means(one.values, 4), block_means(other.values, 4), atol=0.01)


def test_without_variety_the_details_are_the_same_for_every_seed_and_the_file_says_so(
    enhance, coarse, tmp_path
):
    one, other = (enhance(coarse(), name, SEED=seed, VARIETY=0)[0] for name, seed in (("a", 1), ("b", 2)))
    various = enhance(coarse(), "c", SEED=1, VARIETY=1)[0]

    assert np.array_equal(one.values, other.values)
    assert not np.array_equal(one.values, various.values)
    assert gdal.Open(str(tmp_path / "a.tif")).GetMetadataItem("GEOGAN_VARIETY") == "0.0"


def test_the_variety_is_the_models_own_where_none_is_asked_for(enhance, coarse, trained, tmp_path):
    weights = model_file.read_member(trained.model, model_file.WEIGHTS)
    model = tmp_path / "calm.geogan"
    model.write_bytes(model_file.packed(replace(trained.card, variety=[0.5]), weights))

    own, half, whole = (
        enhance(coarse(), name, MODEL=str(model), **asked)[0].values
        for name, asked in (("a", {}), ("b", {"VARIETY": 0.5}), ("c", {"VARIETY": 1}))
    )

    assert np.array_equal(own, half)
    assert not np.array_equal(own, whole)


def test_the_file_says_that_it_is_synthetic_and_which_layer_it_follows(enhance, coarse, tmp_path):
    enhance(coarse(), SEED=5)

    tags = gdal.Open(str(tmp_path / "fine.tif")).GetMetadata()
    assert tags["GEOGAN_SYNTHETIC"] == "YES"
    assert tags["GEOGAN_FOLLOWS"] == "coarse 360 False"
    assert tags["GEOGAN_SEED"] == "5"
