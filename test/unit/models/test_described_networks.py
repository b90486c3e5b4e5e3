# SPDX-License-Identifier: GPL-3.0-or-later
"""The networks that a model file describes: as they were packed, or refused as damaged."""

from __future__ import annotations

from dataclasses import replace

import pytest
from geogan.errors import GeoGanError
from geogan.models.described import architecture_of, statistics_of
from geogan.models.model_card import ModelCard
from geogan.models.model_file import read_card
from geogan.models.weights import from_bytes, to_bytes
from geogan.test.unit.models.zipped import with_card


def test_the_networks_of_a_file_are_those_that_were_packed(architecture, card, model):
    assert architecture_of(read_card(model)) == architecture


@pytest.mark.parametrize("ask", [ModelCard.guide_factors, lambda card: card.mean_height(0)])
@pytest.mark.parametrize(
    ("factor", "numbers"),
    [(None, []), (float("inf"), [{"mean": float("nan")}]), (10**400, [{"mean": 10**400}])],
    ids=["missing", "infinite", "huge"],
)
def test_a_damaged_description_of_the_stages_is_refused(card, ask, factor, numbers):
    stage = {"architecture": {"factor": factor}, "statistics": numbers}
    damaged = replace(card, stages=[*card.stages, stage])
    with pytest.raises(GeoGanError, match=r"is damaged|are damaged"):
        ask(damaged)


@pytest.mark.parametrize(
    "damage",
    [
        {"statistics": {}},
        {"statistics": [{"mean": "x"}]},
        {"statistics": [{"mean": 10**400}]},
        {"architecture": "x"},
        {},
    ],
)
def test_damaged_stages_are_refused(card, model, damage):
    stages = [{**card.stages[0], **damage} if damage else {}, card.stages[1]]
    with pytest.raises(GeoGanError, match=r"damaged"):
        statistics_of(read_card(with_card(model, stages=stages)))


def test_statistics_of_another_network_are_refused(card, model):
    numbers = {**card.stages[0]["statistics"][0], "band_deviations": [1.0]}
    stages = [{**card.stages[0], "statistics": [numbers]}, card.stages[1]]
    with pytest.raises(GeoGanError, match="do not fit"):
        statistics_of(read_card(with_card(model, stages=stages)))


@pytest.mark.parametrize("at", ["header", "middle", "end"])
def test_damaged_weights_are_refused(weights, at):
    content = bytearray(to_bytes(weights))
    if at == "header":
        content[:8] = (1 << 60).to_bytes(8, "little")
    elif at == "middle":
        content[20:24] = b"\xff\xff\xff\xff"
    else:
        del content[-5:]
    with pytest.raises(GeoGanError, match="weights are damaged"):
        from_bytes(bytes(content))
