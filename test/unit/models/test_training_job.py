# SPDX-License-Identifier: GPL-3.0-or-later
"""The worker's job that trains: what it tells of its end."""

from __future__ import annotations

import numpy as np
import pytest
from geogan.models import model_file
from geogan.models.training import scoring
from geogan.models.training.training_job import train
from geogan.models.weights import from_bytes
from geogan.worker.channel import Channel
from geogan.worker.protocol import Message

FIELDS = {
    "name": "hills",
    "minutes": 0.2,
    "epochs": None,
    "preset": "fast",
    "patch_size": 32,
    "hold_out": 0.15,
    "pixel_size": 30.0,
    "landscapes": ["hills"],
    "area_landscapes": [0],
    "labels": {},
    "provenance": {},
    "batch_size": 2,
    "learning_rate": 1e-3,
    "gamma": None,
    "loss": "relativistic",
    "seed": 1,
}


@pytest.fixture(scope="module")
def messages(land):
    """All that a training sends whose scores count as no better from the first one on."""
    sent = []
    with pytest.MonkeyPatch.context() as patch:
        for name in ("_STOP_FROM", "_PATIENCE", "_PATIENCE_SCORES"):
            patch.setattr(scoring, name, 0)
        train(Message("train", FIELDS, {"area0": land}), Channel(1, sent.append))
    return sent


@pytest.fixture(scope="module")
def result(messages):
    return messages[-1]


def notes(result) -> list[str]:
    return [note["template"].format(**note["values"]) for note in result.fields["notes"]]


def test_a_training_whose_scores_no_longer_improve_ends_early_and_says_so(result):
    assert result.type == "result"
    assert result.fields["finished"]
    assert 0.2 <= result.fields["ended_at"] < 1.0
    end = round(100 * result.fields["ended_at"])
    assert f"so it ends early, after {end} %." in "".join(notes(result))


def test_its_last_weights_are_those_of_the_time_when_it_ended(result):
    realism = model_file.read_card(bytes(result.arrays["model"])).realism

    assert realism["chosen_at"] == result.fields["ended_at"]
    assert [entry["fraction"] for entry in result.fields["scores"]] == [realism["chosen_at"]]


def test_a_cancelled_training_keeps_its_last_weights_not_those_of_its_luckiest_score(land, monkeypatch):
    """A base model that scored well at first came back untouched from a training cut short after hours."""
    sent = []

    def write(message):
        sent.append(message)
        if [each.type for each in sent].count("progress") == 2:  # the first one was scored
            channel.cancel()

    monkeypatch.setattr(scoring, "_FIRST_AT", 0.0)
    channel = Channel(1, write)
    train(Message("train", {**FIELDS, "minutes": 2.0}, {"area0": land}), channel)
    result = sent[-1]
    assert not result.fields["finished"]
    assert result.fields["scores"]
    model, checkpoint = (
        from_bytes(model_file.read_member(bytes(result.arrays[name]), model_file.WEIGHTS))
        for name in ("model", "checkpoint")
    )
    for name, weight in checkpoint.items():
        np.testing.assert_array_equal(model[name], weight)
    best = scoring._BEST  # in the checkpoint, to be weighed at the end
    state = from_bytes(model_file.read_member(bytes(result.arrays["checkpoint"]), model_file.TRAINING))
    assert any(not np.array_equal(state[best + name], weight) for name, weight in checkpoint.items())


def test_what_the_log_says_of_small_layers_is_for_the_report_as_well(result, messages):
    logged = [message.fields["template"] for message in messages if message.type == "log"]

    assert any("small" in note for note in notes(result))
    assert {note["template"] for note in result.fields["notes"]} <= set(logged)


def test_the_model_says_what_was_compared_what_noise_scores_and_how_new_its_land_is(result):
    (scores,) = model_file.read_card(bytes(result.arrays["model"])).realism["landscapes"].values()

    assert scores["held_out"] is result.fields["evaluation"]["is_held_out"] is False
    assert scores["noise_land"] > 0
    assert scores["noise"].keys() == scores["floors"].keys()
    assert scores["novelty"] == result.fields["evaluation"]["novelty"] > 0
