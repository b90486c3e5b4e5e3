# SPDX-License-Identifier: GPL-3.0-or-later
"""Layers too large to be held whole: other parts of them come while a training goes on."""

from __future__ import annotations

import numpy as np
import pytest
from geogan.models.training import moving_areas
from geogan.models.training.moving_areas import MovingAreas
from geogan.models.training.training_land import TrainingLand
from geogan.worker.channel import Channel
from geogan.worker.protocol import Message


def message(kind, *landscapes, are_parts=(), value=0.0):
    arrays = {f"area{i}": np.full((4, 5), value + i, np.float32) for i in range(len(landscapes))}
    return Message(kind, {"area_landscapes": list(landscapes), "area_is_part": list(are_parts)}, arrays)


@pytest.fixture
def sent():
    return []


@pytest.fixture
def channel(sent):
    return Channel(1, sent.append)


def test_whole_layers_are_never_asked_for_again(channel, sent, monkeypatch):
    monkeypatch.setattr(moving_areas, "_MOVE_EVERY_S", 0.0)
    moving = MovingAreas(message("train", 0, 1, are_parts=[False, False]), channel)
    assert moving.others() == []
    assert sent == []


def test_other_parts_are_asked_for_once_and_come_with_the_layers_that_are_whole(channel, sent, monkeypatch):
    monkeypatch.setattr(moving_areas, "_MOVE_EVERY_S", 0.0)
    moving = MovingAreas(message("train", 0, 1, 1, are_parts=[False, True, True]), channel)
    assert [moving.others(), moving.others()] == [[], []]
    assert [(each.type, each.fields["turn"]) for each in sent] == [("areas_wanted", 1)]
    channel.supply(message("supply", 1, value=9.0))
    whole, part = moving.others()
    assert (whole.landscape, whole.values[0, 0]) == (0, 0.0)
    assert (part.landscape, part.values[0, 0]) == (1, 9.0)
    assert moving.others() == []
    assert sent[-1].fields["turn"] == 2


def test_parts_that_cannot_be_read_are_asked_for_later(channel, sent, monkeypatch):
    monkeypatch.setattr(moving_areas, "_MOVE_EVERY_S", 0.0)
    moving = MovingAreas(message("train", 0, are_parts=[True]), channel)
    moving.others()
    channel.supply(message("supply"))
    assert moving.others() == []
    moving.others()
    assert [each.fields["turn"] for each in sent] == [1, 2]


def test_nothing_is_asked_for_before_its_time(channel, sent):
    moving = MovingAreas(message("train", 0, are_parts=[True]), channel)
    assert moving.others() == []
    assert sent == []


def test_a_training_that_goes_on_asks_at_once_for_the_parts_that_come_next(channel, sent):
    moving = MovingAreas(message("train", 0, are_parts=[True]), channel)
    moving.go_on_from(3)
    moving.others()
    assert [each.fields["turn"] for each in sent] == [4]
    assert moving.turn == 4


def test_the_range_of_heights_is_that_of_all_that_was_learnt_from(channel, monkeypatch):
    monkeypatch.setattr(moving_areas, "_MOVE_EVERY_S", 0.0)
    fields = {"area_landscapes": [0], "area_is_part": [True], "hold_out": 0.2, "conditions": []}
    heights = np.linspace(100.0, 200.0, 90_000, dtype=np.float32).reshape(300, 300)
    land = TrainingLand(Message("train", fields, {"area0": heights}), channel, [])
    began_with = land.value_range
    assert land.others() == []
    channel.supply(Message("supply", {"area_landscapes": [0]}, {"area0": heights + 500.0}))
    assert len(land.others()) == 1
    assert land.value_range[0] == began_with[0]
    assert land.value_range[1] > 500.0 + began_with[0]
    assert land.turn == 1
