# SPDX-License-Identifier: GPL-3.0-or-later
"""How long a training on the sample takes until it scores as well as asked, alone and from a base model."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from geogan.models.model_file import read_card

from ..harness.programs import ROOT
from .measurement import Figure, figure
from .workplace import Workplace, training

BUNDLED = ROOT / "resources" / "pretrained" / "terrain.geogan"
SCORE = 1.0  # on the part of the sample that is held out; 1 = as near as its own parts are to each other


def measure(place: Workplace) -> Iterator[Figure]:
    """Yield the seconds to the score, and the best score of the whole time; one training each.

    Where the score is not reached, the seconds are those of the whole training.
    """
    minutes = place.either(4.0, 0.2)
    for kind, base in (("from nothing", {}), ("from the bundled model", {"BASE_MODEL": str(BUNDLED)})):
        model = place.folder / "scored.geogan"
        place.run("geogan:train", {**training(model, minutes), **base})
        scores = read_card(model).provenance["scores"]
        reached = reached_at(scores, SCORE) * minutes * 60.0
        yield figure(f"train {kind} until it scores {SCORE:g} on the sample", "s", [reached])
        best = min(entry["score"] for entry in scores)
        yield figure(f"train {kind} for {minutes:g} minutes: best score", "", [best])


def reached_at(scores: Sequence[Mapping[str, float]], score: float) -> float:
    """Return the first share of a training, 0 to 1, after which its score was as good; 1 if it never was."""
    return next((entry["fraction"] for entry in scores if entry["score"] <= score), 1.0)
