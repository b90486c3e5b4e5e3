# SPDX-License-Identifier: GPL-3.0-or-later
"""The card of a model: what it keeps and knows, and what it may not hold."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from geogan.errors import GeoGanError
from geogan.models import model_file
from geogan.models.model_card import Refiner, guide_factors
from geogan.models.model_file import packed, read_card, read_member
from geogan.models.weights import to_bytes
from geogan.test.unit.models.zipped import NOT_A_MODEL, with_card, zipped


def test_a_card_keeps_how_various_the_land_of_each_landscape_is(card, weights):
    various = replace(card, variety=[0.7])
    assert read_card(packed(various, to_bytes(weights))).variety == [0.7]


def test_a_card_keeps_what_makes_given_land_finer_best(card, weights):
    refiners = {4: Refiner("hills", 0.5, 1.25), 2: Refiner("hills", 1.0)}
    assert read_card(packed(replace(card, refiners=refiners), to_bytes(weights))).refiners == refiners


def test_models_of_before_make_given_land_finer_with_details_as_they_are(model):
    assert read_card(with_card(model, refiners={"4": ["hills", 0.5]})).refiners[4].strength == 1.0


def test_models_of_before_know_no_variety(model):
    described = json.loads(read_member(model, model_file.CARD))
    del described["variety"]
    before = zipped(**{"model.json": json.dumps(described).encode(), "weights.safetensors": b""})
    assert read_card(before).variety == []


@pytest.mark.parametrize("variety", [[0.5, 0.5], [1.5], [-0.1], [float("nan")], ["much"], 0.7, None])
def test_a_variety_that_cannot_be_is_refused(model, variety):
    with pytest.raises(GeoGanError, match=NOT_A_MODEL):
        read_card(with_card(model, variety=variety))


def test_a_card_knows_its_mean_height_and_how_wide_the_cells_of_a_guide_may_be(card):
    detail = card.stages[1]
    assert card.mean_height(0) == 500.0
    assert card.guide_factors() == [4, 2]
    assert replace(card, stages=[*card.stages, detail]).guide_factors() == [16, 8, 4, 2]
    assert replace(card, stages=card.stages[:1]).guide_factors() == []


@pytest.mark.parametrize(
    ("factors", "followed"),
    [((8, 4), [32, 4, 2]), ((4, 8), [32, 8, 4]), ((2,), [2]), ((2, 2), [4, 2]), ((), [])],
)
def test_half_a_stages_cells_are_followed_where_the_last_stage_leads_to_another_or_to_pixels(
    factors, followed
):
    assert guide_factors(factors) == followed


@pytest.mark.parametrize(
    "changes",
    [
        {"format": "keras"},
        {"refiners": {"4": ["atlantis", 1.0]}},
        {"refiners": {"4": ["terrain", 2.0]}},
        {"refiners": {"four": ["terrain", 1.0]}},
        {"refiners": {"4": ["terrain", 1.0, 0.0]}},
        {"refiners": {"4": ["terrain", 1.0, 9.0]}},
        {"refiners": {"4": ["terrain", 1.0, 1.0, 1.0]}},
        {"refiners": {"4": ["terrain"]}},
        {"refiners": {"4": "terrain"}},
        {"refiners": 3},
        {"kind": "os.system"},
        {"pixel_size": 0},
        {"pixel_size": float("nan")},
        {"pixel_size": "30; import os"},
        {"value_range": [1]},
        {"value_range": [5, 1]},
        {"value_range": [0, float("inf")]},
        {"stages": []},
        {"stages": [{}] * 4},
        {"stages": 7},
        {"provenance": None},
        {"realism": "good"},
        {"name": 3},
        {"landscapes": ["\ud800"]},
        {"provenance": {"layers": ["\ud800"]}},
        {"unit": "<script>alert(1)</script>"},
        {"unit": "<img src=//x>"},
        {"stages": [{"steps": None}]},
        {"provenance": [[]]},
    ],
)
def test_a_card_out_of_its_bounds_is_refused(model, changes):
    with pytest.raises(GeoGanError, match=NOT_A_MODEL):
        read_card(with_card(model, **changes))


def test_a_newer_format_tells_to_update(model):
    with pytest.raises(
        GeoGanError, match=r"newer GeoGAN \(format 4, this one reads up to 3\)\. Update the plugin"
    ):
        read_card(with_card(model, schema=model_file.SCHEMA + 1))


def test_an_earlier_format_tells_to_train_again(model):
    with pytest.raises(GeoGanError, match="train it again"):
        read_card(with_card(model, schema=2))


def test_a_landscape_is_found_by_its_name_whatever_the_case(card):
    known = replace(card, landscapes=["hills", "Mountains"])
    assert [known.landscape_index(name) for name in (None, "", "Hills", " mountains ")] == [0, 0, 0, 1]
    with pytest.raises(GeoGanError, match=r"no landscape dunes\. It knows: hills, Mountains"):
        known.landscape_index("dunes")
