# SPDX-License-Identifier: GPL-3.0-or-later
"""Scores a training as it goes on, keeps its best weights, and sees when it no longer gets better."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any, Callable

import numpy as np

from ..realism.comparison import Comparison, Reference
from ..realism.source_precision import guessed_precision
from .cascade import Cascade
from .patches import Area

SCORED_SEEDS = (0, 1, 2)  # one block of each landscape and seed is measured
_MOST_SHARE = 0.05  # of the training time that is spent on scores
_FIRST_AT = 0.2  # of the budget: before, the scores say little
# A training stops early when this share of its budget brought no better score, but not before the learning
# rate has begun to fall: that alone betters the result.
_PATIENCE = 0.25
_STOP_FROM = 0.7
_BETTER = 0.98  # of the best score so far: less is within the scatter of the scores


class Scorer:
    """Compares what a training makes with real land, for as little time as `_MOST_SHARE` allows."""

    def __init__(self, held_out: Sequence[Area], areas: Sequence[Area], pixel_size: float) -> None:
        """Take the areas that the training does not see, and all areas, those included.

        Where nothing is held out, or of a landscape nothing, its training areas are what it is compared with.
        """
        precision = guessed_precision([area.values for area in areas])
        self._references = {}
        for landscape in sorted({area.landscape for area in areas}):
            whole = [area.values for area in areas if area.landscape == landscape]
            kept = [area.values for area in held_out if area.landscape == landscape]
            self._references[landscape] = Reference(kept or whole, pixel_size, precision, floor_of=whole)
        self.held_out = bool(held_out)
        self.best: dict[str, np.ndarray] | None = None  # weights by name
        self.best_score = np.inf
        self.best_at = 0.0  # of the budget
        self.history: list[dict[str, float]] = []
        self._spent = 0.0
        self._last = 0.0

    def is_due(self, fraction: float, seconds: float) -> bool:
        """Return whether there is time for a score, `seconds` after the training began."""
        return fraction >= _FIRST_AT and (self._spent + self._last) <= _MOST_SHARE * seconds

    def score(
        self,
        cascade: Cascade,
        weights: Mapping[str, np.ndarray],
        fraction: float,
        is_cancelled: Callable[[], bool] = lambda: False,
    ) -> None:
        """Score a cascade and keep its weights where they are the best so far; nothing once cancelled."""
        start = time.monotonic()
        comparisons = self.compared(cascade, is_cancelled)
        value = None if is_cancelled() else overall(comparisons)
        if value is not None:
            self.history.append({"fraction": fraction, "score": value})
            if value < _BETTER * self.best_score or self.best is None:
                self.best_at = fraction
            if value < self.best_score:
                self.best_score, self.best = value, dict(weights)
        self._last = time.monotonic() - start
        self._spent += self._last

    def compared(
        self, cascade: Cascade, is_cancelled: Callable[[], bool] = lambda: False
    ) -> list[Comparison | None]:
        """Return the comparison of each landscape; None where its land is too small to measure."""
        comparisons = []
        for landscape, reference in self._references.items():
            if is_cancelled():
                break
            blocks = [cascade.block(seed, 0, 0, landscape) for seed in SCORED_SEEDS]
            comparisons.append(reference.compare(blocks))
        return comparisons

    def has_stopped_improving(self, fraction: float) -> bool:
        """Return whether a good part of the budget has brought no better score."""
        return fraction >= _STOP_FROM and fraction - self.best_at >= _PATIENCE


def overall(comparisons: Sequence[Comparison | None]) -> float | None:
    """Return one number for all landscapes: the geometric mean of their scores, None where there is none.

    The score of a landscape is the geometric mean of texture and land, or texture alone on fields that are
    too small for the measures of land.
    """
    scores = [each.realism for each in comparisons if each is not None]
    return float(np.exp(np.mean(np.log(scores)))) if scores else None


def described(comparisons: Sequence[Comparison | None], names: Sequence[str]) -> dict[str, Any] | None:
    """Return plain data for `model.json`: the scores of each landscape by its name."""
    measured = {name: each for name, each in zip(names, comparisons) if each is not None}
    if not measured:
        return None
    return {
        "realism": overall(comparisons),
        "landscapes": {
            name: {
                "texture": each.texture,
                "land": each.land,
                "distances": each.distances,
                "floors": each.floors,
            }
            for name, each in measured.items()
        },
    }
