# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import json

import numpy as np
import pytest
from geogan.errors import Cancelled, GeoGanError
from geogan.models.evaluation_job import evaluate, evaluation_message
from geogan.realism import evaluation
from geogan.realism.comparison import Reference
from geogan.worker.channel import Channel
from geogan.worker.protocol import Message


@pytest.fixture(scope="module")
def lands():
    """Two pieces of like land, 256 x 256 px, in metres: rough ground on waves."""
    waves = 60 * np.sin(np.arange(256) / 9)
    rough = np.random.default_rng(43).normal(size=(2, 256, 256)).cumsum(axis=1).cumsum(axis=2)
    return [(np.add.outer(waves, waves) + 0.1 * ground).astype(np.float32) for ground in rough]


@pytest.fixture(scope="module")
def found(lands):
    return evaluation.evaluate(Reference(lands[:1], 30.0), lands[1:], training=lands[:1])


def request(lands, **fields):
    arrays = {"real0": lands[0], "synthetic0": lands[1]}
    return Message("evaluate", {"pixel_size": 30.0, "labels": {}, **fields}, arrays)


def test_the_message_is_plain_data_and_pngs(found):
    fields, arrays = evaluation_message(found)

    assert json.loads(json.dumps(fields)) == fields
    assert set(arrays) == {f"figure_{name}" for name in fields["figures"]}
    assert all(array.tobytes().startswith(b"\x89PNG") for array in arrays.values())
    slope = fields["metrics"]["slope"]
    assert slope["ratio"] == pytest.approx((slope["distance"] + 0.01) / (slope["floor"] + 0.01))
    assert slope["noise"] > 0
    assert fields["noise"].keys() == fields["real"].keys()
    assert 0 <= fields["share_copied"] <= 1


def test_the_scores_are_the_geometric_means_of_the_ratios_in_the_message(found):
    fields, _ = evaluation_message(found)
    land = [fields["metrics"][name]["ratio"] for name in ("geomorphons", "pits", "fill")]

    assert fields["land"] == pytest.approx(np.prod(land) ** (1 / 3))


@pytest.mark.parametrize("whole", [0, 1])
def test_steps_of_whole_metres_in_one_layer_only_are_not_taken_for_land(lands, whole):
    smooth = [np.add.outer(np.arange(256.0), 40 * np.sin(np.arange(256) / 9)) for _ in lands]
    smooth = [(0.37 * land).astype(np.float32) for land in smooth]
    smooth[whole] = np.rint(smooth[whole])
    sent = []
    evaluate(request(smooth), Channel(1, sent.append))
    assert sent[-1].fields["metrics"]["curvature_1"]["distance"] < 0.05  # 0.9 and more between unlike steps


def test_the_job_sends_progress_and_one_result(lands):
    sent = []

    evaluate(request([land[:128, :128] for land in lands]), Channel(1, sent.append))

    kinds = [message.type for message in sent]
    assert kinds[-1] == "result"
    assert set(kinds[:-1]) == {"progress"}
    assert sent[-1].fields["texture"] > 0


def test_the_job_hears_a_cancel(lands):
    channel = Channel(1, lambda message: channel.cancel())

    with pytest.raises(Cancelled):
        evaluate(request(lands), channel)
    assert not channel.has_result


def test_the_job_says_that_there_is_too_little_land(lands):
    small = [land[:40, :40] for land in lands]

    with pytest.raises(GeoGanError, match="too little land"):
        evaluate(request(small), Channel(1, lambda message: None))
