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
from .training import LEARNING_RATE_HELD

# One block of each landscape and seed is measured. A block holds few mountains: by three seeds, scores of
# the bundled model lay between 1.10 and 1.97, by 24 seeds at 1.26. The weights that were kept were the
# luckiest ones, not the best. Short trainings have no time for more than three.
_FEWEST_SEEDS, _MOST_SEEDS = 3, 8
_SECONDS_PER_SEED = 40.0  # of training
_SHARE = 1 / 20  # of the training time that is spent on scores, roughly; the first one is made in any case
_FIRST_AT = 0.2  # of the budget: before, the scores say little
# A training stops early when this share of its budget, and some scores, brought no better ones. Only scores
# since the learning rate has begun to fall count: that alone betters the result, but a lucky score before
# may take long to be beaten. For the same reason it is the mean of the last few that must fall. Single
# scores, or a fall of two percent asked for, ended two trainings of the bundled model in their descent.
_PATIENCE = 0.25
_PATIENCE_SCORES = 3
_STOP_FROM = 0.7
_AVERAGED_SCORES = 3
# The last weights have learnt most, and are preferred where the seeds do not agree. A training of the bundled
# model would have kept those of a fifth of its time, better by seven percent over 24 other seeds, and not by
# all groups of four; on land that it had not seen they were worse, and to the eye.
_GROUPS = 3
# Stages are trained with all of their noise. With less of it land has fewer pits and less water, and in the
# end is too smooth; what is best differs by landscape.
_VARIETIES = (0.85, 0.7, 0.5)  # tried beside 1
_BEST = "best/"  # before the names of the best weights in a checkpoint


class Scorer:
    """Compares what a training makes with real land, now and then, and keeps the best weights."""

    def __init__(
        self,
        held_out: Sequence[Area],
        areas: Sequence[Area],
        pixel_size: float,
        seeds: Sequence[int] = tuple(range(_FEWEST_SEEDS)),
    ) -> None:
        """Take the areas that the training does not see, all areas, those included, and the seeds to score.

        Where of a landscape nothing is held out, or too little to be measured, all of its areas are what it
        is compared with.
        """
        precision = guessed_precision([area.values for area in areas])
        self.references: dict[int, Reference] = {}  # by landscape
        for landscape in sorted({area.landscape for area in areas}):
            whole = [area.values for area in areas if area.landscape == landscape]
            kept = [area.values for area in held_out if area.landscape == landscape]
            reference = Reference(kept, pixel_size, precision, floor_of=whole) if kept else None
            if reference is None or not reference.measures:
                reference = Reference(whole, pixel_size, precision)
            self.references[landscape] = reference
        self.held_out = bool(held_out)
        self._seeds = seeds
        self._last_seeds = [seed + max(seeds) + 1 for seed in seeds]  # see `settled`
        self.best: dict[str, np.ndarray] | None = None  # weights by name
        self.best_score = np.inf
        self.best_at = 0.0  # of the budget
        self.history: list[dict[str, float]] = []
        self._next_at = 0.0  # seconds of training

    def is_due(self, fraction: float, seconds: float) -> bool:
        """Return whether it is time for a score, `seconds` after the training began."""
        return _FIRST_AT <= fraction < 1.0 and seconds >= self._next_at

    def score(
        self,
        cascade: Cascade,
        fraction: float,
        seconds: float,
        is_cancelled: Callable[[], bool] = lambda: False,
    ) -> None:
        """Score a cascade and keep its weights where they are the best so far; nothing once cancelled."""
        start = time.monotonic()
        comparisons = self._compared(cascade, self._seeds, is_cancelled)
        pairs = zip(comparisons, self.references.values())
        is_whole = not is_cancelled() and all(found or not real.measures for found, real in pairs)
        value = overall(comparisons) if is_whole else None
        if value is not None:
            self.history.append({"fraction": fraction, "score": value, "seconds": seconds})
            if value < self.best_score:
                self.best, self.best_score, self.best_at = cascade.weights, value, fraction
        cost = time.monotonic() - start
        self._next_at = seconds + cost / _SHARE

    def settled(self, cascade: Cascade) -> tuple[Cascade, list[Comparison | None]]:
        """Return a cascade with the weights and the variety to keep, and its comparisons.

        The cascade must have the last weights, which were scored. The best score of many is a lucky one: so
        those that had it are kept only where, by each of a few groups of other seeds, the last are no better.
        """
        if self.best is not None and self.best_at < 1.0:
            last = cascade.weights
            groups = [self._last_seeds[first::_GROUPS] for first in range(_GROUPS)]
            of_last = [self._compared(cascade, seeds) for seeds in groups]
            cascade.load(self.best)
            if any(_is_better(ours, self._compared(cascade, seeds)) for ours, seeds in zip(of_last, groups)):
                cascade.load(last)
                self.best, self.best_at = last, 1.0
        comparisons = self._compared(cascade, self._last_seeds)
        return self._with_best_variety(cascade, comparisons) if any(comparisons) else (cascade, comparisons)

    def _with_best_variety(
        self, cascade: Cascade, comparisons: Sequence[Comparison | None]
    ) -> tuple[Cascade, list[Comparison | None]]:
        """Return the cascade as various in each landscape as scores best (see `cascade.World`)."""
        best = [(1.0, found) for found in comparisons]
        if len(cascade.architecture.stages) > 1:
            for variety in _VARIETIES:
                calmer = self._compared(cascade.with_variety([variety] * len(best)), self._last_seeds)
                best = [
                    (variety, found) if _is_better([found], [so_far[1]]) else so_far
                    for found, so_far in zip(calmer, best)
                ]
        return cascade.with_variety([variety for variety, _ in best]), [found for _, found in best]

    def _compared(
        self, cascade: Cascade, seeds: Sequence[int], is_cancelled: Callable[[], bool] = lambda: False
    ) -> list[Comparison | None]:
        """Return the comparison of each landscape; None where land is too small to measure, or too level.

        Once cancelled, those that are not yet made are missing.
        """
        comparisons = []
        for landscape, reference in self.references.items():
            blocks = []
            for seed in seeds:
                if is_cancelled():
                    return comparisons
                blocks.append(cascade.block(seed, 0, 0, landscape))
            comparisons.append(reference.compare_all(blocks))
        return comparisons

    def improved_at(self) -> float:
        """Return where in the budget the scores were last better than before, by the mean of a few.

        Those before the learning rate began to fall do not count, that of a base model among them.
        """
        falling = [entry for entry in self.history if entry["fraction"] >= LEARNING_RATE_HELD]
        if len(falling) < _AVERAGED_SCORES:
            return falling[-1]["fraction"] if falling else 0.0
        sums = np.convolve([entry["score"] for entry in falling], np.ones(_AVERAGED_SCORES), "valid")
        return falling[int(np.argmin(sums)) + _AVERAGED_SCORES - 1]["fraction"]

    def has_stopped_improving(self, fraction: float) -> bool:
        """Return whether a good part of the budget, and some scores, have brought no better one."""
        at = self.improved_at()
        since = sum(entry["fraction"] > at for entry in self.history)
        return fraction >= _STOP_FROM and fraction - at >= _PATIENCE and since >= _PATIENCE_SCORES

    def arrays(self) -> dict[str, np.ndarray]:
        """Return the best weights for a checkpoint."""
        return {_BEST + name: array for name, array in (self.best or {}).items()}

    def go_on_from(
        self,
        arrays: Mapping[str, np.ndarray],
        history: Sequence[Mapping[str, float]],
        budget_s: float | None = None,
    ) -> None:
        """Restore what `arrays` returned, and the history.

        Args:
            budget_s: of the training that goes on, where only its time ends it: it may be another one than
                before, and the fractions become those of it.
        """
        self.history = [dict(entry) for entry in history]
        for entry in self.history:
            if budget_s and "seconds" in entry:
                entry["fraction"] = min(1.0, entry["seconds"] / budget_s)
        if self.history:
            self.best = {
                name[len(_BEST) :]: array for name, array in arrays.items() if name.startswith(_BEST)
            }
            best = min(self.history, key=lambda entry: entry["score"])
            self.best_score, self.best_at = best["score"], best["fraction"]


def scored_seeds(seconds: float) -> tuple[int, ...]:
    """Return the seeds that a training of so many seconds is scored by."""
    return tuple(range(int(min(max(seconds / _SECONDS_PER_SEED, _FEWEST_SEEDS), _MOST_SEEDS))))


def overall(comparisons: Sequence[Comparison | None]) -> float | None:
    """Return one number for all landscapes: the geometric mean of their scores, None where there is none.

    The score of a landscape is the geometric mean of texture and land, or texture alone on fields that are
    too small for the measures of land.
    """
    scores = [each.realism for each in comparisons if each is not None]
    return float(np.exp(np.mean(np.log(scores)))) if scores else None


def _is_better(one: Sequence[Comparison | None], other: Sequence[Comparison | None]) -> bool:
    """Return whether one score is better, over the landscapes that both could be measured on.

    Land may be too level to be measured. Where they have no landscape in common, it is better to have one.
    """
    both = [pair for pair in zip(one, other) if all(pair)]
    if both:
        return overall([pair[0] for pair in both]) < overall([pair[1] for pair in both])
    return any(one) and not any(other)


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
