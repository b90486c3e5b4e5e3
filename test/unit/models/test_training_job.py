# SPDX-License-Identifier: GPL-3.0-or-later
"""The worker's job that trains: what it tells of its end."""

from __future__ import annotations

import pytest
from geogan.models import model_file, scoring
from geogan.models.training_job import train
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
