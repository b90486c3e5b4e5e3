# SPDX-License-Identifier: GPL-3.0-or-later
"""How long a training on the sample takes until it scores as well as asked, alone and from a base model."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from geogan.models.model_file import read_card

from ..harness.programs import BUNDLED_MODEL
from .measurement import Figure, figure
from .workplace import Workplace, training

SCORE = 1.0  # on the part of the sample that is held out; 1 = as near as its own parts are to each other


def measure(place: Workplace) -> Iterator[Figure]:
    """Yield the seconds to the score, and the best score of the whole time; one training each."""
    minutes = place.either(4.0, 0.05)
    kinds = {"from nothing": {}, "from the bundled model": {"BASE_MODEL": str(BUNDLED_MODEL)}}
    for kind in place.either(list(kinds), list(kinds)[1:]):
        model = place.folder / "scored.geogan"
        place.run("geogan:train", {**training(model, minutes), **kinds[kind]})
        yield from of_scores(kind, minutes, read_card(model).provenance["scores"])


def of_scores(kind: str, minutes: float, scores: Sequence[Mapping[str, float]]) -> Iterator[Figure]:
    """Yield the figures of one training, given its scores in order, each with its "score" and "seconds"."""
    reached = next((entry["seconds"] for entry in scores if entry["score"] <= SCORE), None)
    if reached is None:
        yield figure(f"train {kind}: {SCORE:g} on the sample not reached within", "s", [60.0 * minutes])
    else:
        yield figure(f"train {kind} until it scores {SCORE:g} on the sample", "s", [reached])
    best = min(entry["score"] for entry in scores)
    yield figure(f"train {kind} for {minutes:g} minutes: best score", "", [best])
