# SPDX-License-Identifier: GPL-3.0-or-later
"""Guiding layers come in the order that the model knows."""

from __future__ import annotations

import pytest
from geogan.algorithms.guiding_layers import in_order
from geogan.algorithms.sources import LayerSource
from geogan.errors import GeoGanError
from geogan.models.model_card import Condition, ModelCard


def _card(*names):
    conditions = [Condition(name, 0.0, 1.0) for name in names]
    return ModelCard("m", "terrain", 30.0, "m", (0.0, 1.0), [{}], conditions=conditions)


def _layers(*names):
    return [LayerSource(name, f"{number}/{name}.tif") for number, name in enumerate(names)]


@pytest.mark.parametrize(
    ("known", "given", "taken"),
    [
        (["rain", "rock"], ["rock", "rain"], [1, 0]),
        (["rain", "rock"], ["rainfall", "hardness"], [0, 1]),
        (["rain", "rock"], ["rock", "rainfall"], [1, 0]),
        (["rain", "rain"], ["rain", "rain"], [0, 1]),
        (["rain", "rock"], ["rain", "rain"], [0, 1]),
    ],
    ids=["by their names", "as they come", "one by its name", "two of one name", "names that tell nothing"],
)
def test_layers_are_taken_by_their_names_where_these_tell_them_apart(known, given, taken):
    layers = _layers(*given)
    assert in_order(_card(*known), layers) == [layers[number] for number in taken]


@pytest.mark.parametrize("given", [[], ["rain"], ["rain", "rock", "age"]])
def test_others_than_the_model_takes_are_refused(given):
    with pytest.raises(GeoGanError, match="trained with guiding layers and takes as many"):
        in_order(_card("rain", "rock"), _layers(*given))


def test_a_model_without_guiding_layers_takes_none():
    assert in_order(_card(), []) == []
    with pytest.raises(GeoGanError, match="leave GUIDES empty"):
        in_order(_card(), _layers("rain"))
