# SPDX-License-Identifier: GPL-3.0-or-later
"""The page and the ways of `make bench-drainage`."""

from __future__ import annotations

from dataclasses import fields

import numpy as np
import pytest
from geogan.models.architecture import STAGE_NAMES
from geogan.models.training.settings import TrainingSettings
from geogan.realism.measures import MEASURES
from geogan.test.bench.drainage.page import page
from geogan.test.bench.drainage.ways import WAYS


def record(land: float, fill: float = 0.09) -> dict:
    tile = {
        "texture": 0.5,
        "land": land,
        "distances": {**dict.fromkeys(MEASURES, 0.03), "fill": fill},
        "floors": dict.fromkeys(MEASURES, 0.03),
    }
    return {"tiles": {"pyrenees": tile}, "base_weights_sha256": "5ea1" * 16}


def test_each_way_stands_under_its_stage_with_the_median_and_the_spread_of_its_seeds():
    records = {("detail", 0): record(1.0), ("detail", 1): record(3.0), ("layout", 0): record(0.7)}
    text = page(records, 600, 6, of_today=True)

    detail, layout = text.partition("## The detail")[2].split("## The layout")
    assert "| as it is | 2 | 0.5 (0.5 to 0.5) | 2 (1 to 3) |" in detail
    assert "| as it is | 1 | 0.5 | 0.7 |" in layout
    assert "The valleys" not in text.partition("## ")[2]


def test_pits_and_water_are_told_over_their_floors():
    text = page({("detail", 0): record(1.0)}, 600, 6, of_today=True)
    assert "| 2.5 |" in text  # (0.09 + 0.01) / (0.03 + 0.01)


@pytest.mark.parametrize(("of_today", "said"), [(True, "today's"), (False, "an earlier one")])
def test_the_page_says_of_which_bundled_model_it_is(of_today, said):
    text = page({("detail", 0): record(1.0)}, 600, 6, of_today=of_today)
    assert "SHA-256 5ea15ea15ea1…" in text
    assert said in text


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
def test_a_way_changes_a_stage_and_settings_that_there_are(way):
    assert way.stage in STAGE_NAMES
    assert set(way.settings) <= {each.name for each in fields(TrainingSettings)}
    assert way.name.partition("-")[0] == way.stage


def test_a_discriminator_can_be_shown_curvatures_and_layers_be_without_hollows():
    import tensorflow as tf
    from geogan.models.architecture import stage_of
    from geogan.models.networks.discriminator import Discriminator
    from geogan.models.networks.relief import Relief
    from geogan.models.networks.scaling import scaling_of
    from geogan.models.statistics import FieldStatistics
    from geogan.test.bench.drainage.one_run import SeesCurvature, without_hollows

    stage = stage_of("fast", "detail", 4, guided=True, patch=32)
    statistics = [FieldStatistics(0.0, 1.0, 1.0, 1.0, (1.0, 1.0))]
    land = tf.random.stateless_normal([2, 32, 32, 1], [1, 2])
    relief = Relief(land, scaling_of(statistics, tf.zeros([2], tf.int64)))
    seen, more = (each(stage, 1).bands_of(relief) for each in (Discriminator, SeesCurvature))
    assert [band.shape[-1] for band in seen] == [3, 2, 2]
    assert [band.shape[-1] for band in more] == [3, 3, 3]

    bowl = np.ones((9, 9), np.float32)
    bowl[4, 4] = 0.0
    assert (without_hollows(bowl) == 1.0).all()
