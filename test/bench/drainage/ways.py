# SPDX-License-Identifier: GPL-3.0-or-later
"""The ways to make land drain that are compared, each a change of one stage's training."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

STEPS = 600  # of 8 patches
LANDS = 6  # that are made of a landscape from nothing
TILES = ("pyrenees", "brindabella", "sicily")  # that no training saw, one a landscape of the model


@dataclass(frozen=True)
class Way:
    """One way to train a stage.

    Attributes:
        name: on the command line and in the names of files.
        title: on the page.
        stage: that is trained; the others are the bundled model's.
        settings: of `TrainingSettings`, other than its defaults.
        patch: side of the patches; None for the stage's own. As many pixels are learnt from in any case.
        loud: how large the discriminator sees pits, beside the octaves; None as it is.
        sees_curvature: whether it also sees the curvature at each resolution.
        is_conditioned: whether the layers' own hollows are filled before.
    """

    name: str
    title: str
    stage: str
    settings: Mapping[str, Any] = field(default_factory=dict)
    patch: int | None = None
    loud: float | None = None
    sees_curvature: bool = False
    is_conditioned: bool = False


_DRY = {"water_weight": 0.0}
_WIDE = "patches twice as wide, half as many a step, half as many steps"
WAYS = {
    way.name: way
    for way in (
        Way("detail", "as it is", "detail"),
        Way("detail-water", "not told of water", "detail", _DRY),
        Way("detail-pits", "not told of pits", "detail", {"pits_weight": 0.0}),
        Way("detail-both", "told of neither", "detail", {**_DRY, "pits_weight": 0.0}),
        Way("detail-unseen", "the discriminator sees no pits", "detail", loud=0.0),
        Way("detail-curvature", "it sees curvatures as well", "detail", sees_curvature=True),
        Way("detail-filled", "the layers' hollows are filled before", "detail", is_conditioned=True),
        Way("detail-wide", _WIDE, "detail", patch=128),
        Way("valleys", "as it is", "valleys"),
        Way("valleys-water", "not told of water", "valleys", _DRY),
        Way("valleys-wide", _WIDE, "valleys", patch=128),
        Way("layout", "as it is", "layout"),
        Way("layout-water", "not told of water", "layout", _DRY),
    )
}
