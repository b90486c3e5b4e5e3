# SPDX-License-Identifier: GPL-3.0-or-later
"""Results as the worker returns them, of evaluations and of a training, and the report on one."""

from __future__ import annotations

from typing import Any

import numpy as np
from geogan.algorithms.reports.evaluation_report import evaluation_report
from geogan.algorithms.reports.metric_texts import METRICS
from geogan.models.model_card import ModelCard

CARD = ModelCard(
    name="alps",
    kind="terrain",
    pixel_size=30.0,
    unit="m",
    value_range=(1.0, 2.0),
    stages=[{"name": "detail", "steps": 2}],
    landscapes=["alps"],
    provenance={"licence": "public domain"},
    realism={"held_out": True, "chosen_at": 0.5, "realism": 1.2, "landscapes": {}},
)

FIELDS = {
    "history": [
        {"stage": "detail", "step": step, "generator_loss": 1.0, "discriminator_loss": 0.5} for step in (1, 2)
    ],
    "scores": [{"fraction": 0.5, "score": 1.2}, {"fraction": 1.0, "score": 1.5}],
    "notes": [{"template": "It ends early, after {end} %.", "values": {"end": 80}}],
}

PICTURE = np.frombuffer(b"\x89PNG no picture", np.uint8)
PICTURES = {"figure_hillshade": PICTURE}


def evaluation(**changes: Any) -> dict[str, Any]:
    """The fields of a worker's result about good, new land."""
    metric = {"distance": 0.1, "floor": 0.1, "noise": 0.2, "ratio": 1.0, "window_px": None}
    return {
        **dict.fromkeys(("texture", "land", "realism", "noise_texture", "novelty"), 1.0),
        **dict.fromkeys(("real_px", "synthetic_px", "training_px"), 1_000_000),
        "is_held_out": True,
        "is_unseen": True,
        "share_copied": 0.0,
        "noise_land": 4.0,
        "metrics": {name: dict(metric) for name in METRICS},
        "real": {"mean_slope": 1.0, "fill_depth": 0.001},
        "synthetic": {"mean_slope": 0.5, "fill_depth": 0.01},
        "noise": {"mean_slope": 1.0, "fill_depth": 0.0777},
        "figures": ["hillshade"],
        **changes,
    }


def with_ratio(name: str, ratio: float, **changes: Any) -> dict[str, Any]:
    fields = evaluation(**changes)
    fields["metrics"][name]["ratio"] = ratio
    return fields


def report(fields: dict[str, Any], title: str = "a compared with b") -> str:
    return evaluation_report(title, [("Real", "b")], ["A note."], fields, PICTURES)
