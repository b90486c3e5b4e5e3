# SPDX-License-Identifier: GPL-3.0-or-later
"""Scores a training as it goes on, keeps its best weights, and sees when it no longer gets better."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Callable

import numpy as np

from ...realism.comparison import Comparison, Reference
from ...realism.drainage import WINDOWS_PX
from ...realism.source_precision import guessed_precision
from ..area import Area
from ..generation.cascade import Cascade
from ..generation.conditions import made_land
from .cascade_training import LEARNING_RATE_HELD
from .overall_score import is_better, overall

# One block of each landscape and seed is measured. A block holds few mountains: by three seeds, scores of
# the bundled model lay between 1.10 and 1.97, by 24 seeds at 1.26. The weights that were kept were the
# luckiest ones, not the best. Short trainings have no time for more than three.
_FEWEST_SEEDS, _MOST_SEEDS = 3, 8
_SECONDS_PER_SEED = 40.0  # of training
# Of the training time that is spent on scores, roughly, the first one in any case; at its end, on each of the
# choices beyond that of the weights.
_SHARE = 1 / 20
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
VARIETY_COMPARISONS = len(_VARIETIES) + 1  # the chosen one is compared once more
_BEST = "best/"  # before the names of the best weights in a checkpoint
_MOST_SCORES = 2000  # that are kept: a model's card, which holds them, may not grow without end


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

        Where of a landscape nothing is held out, or too little for all that its areas are large enough for,
        these are what it is compared with.
        """
        self.references: dict[int, Reference] = {}  # by landscape
        for landscape in sorted({area.landscape for area in areas}):
            whole = [area.values for area in areas if area.landscape == landscape]
            kept = [area.values for area in held_out if area.landscape == landscape]
            self.references[landscape] = _reference(whole, kept, pixel_size)
        self._grounds = _grounds(areas)
        for landscape, ground in _grounds(held_out).items():
            if self.references[landscape].held_out is not None:
                self._grounds[landscape] = ground
        self._seeds = seeds
        self._last_seeds = [seed + max(seeds) + 1 for seed in seeds]  # see `settled`
        self._fresh_seeds = [seed + max(seeds) + 1 for seed in self._last_seeds]  # see `with_best_variety`
        self.best: dict[str, np.ndarray] | None = None  # weights by name
        self.best_score = np.inf
        self.best_at = 0.0  # of the budget
        self._scored_at = 0.0  # likewise, the last ones
        self._cost_s = 0.0  # of the last score
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
            if len(self.history) > _MOST_SCORES:
                self.history = _thinned(self.history)
            if value < self.best_score:
                self.best, self.best_score, self.best_at = cascade.weights, value, fraction
        self._scored_at = fraction
        self._cost_s = time.monotonic() - start
        self._next_at = seconds + self._cost_s / _SHARE

    def has_time_for(self, comparisons: int, seconds: float) -> bool:
        """Return whether so many, each as long as the last score, are a small part of so many seconds."""
        return comparisons * self._cost_s <= _SHARE * seconds

    def settled(self, cascade: Cascade) -> tuple[Cascade, list[Comparison | None]]:
        """Return a cascade with the weights to keep, and its comparisons, beside those of noise.

        The cascade must have the last weights, which were scored. The best score of many is a lucky one: so
        those that had it are kept only where, by each of a few groups of other seeds, the last are no better.
        """
        if self.best is None:
            self.best_at = self._scored_at
        elif self.best_at < self._scored_at:
            last = cascade.weights
            groups = [self._last_seeds[first::_GROUPS] for first in range(_GROUPS)]
            of_last = [self._compared(cascade, seeds) for seeds in groups]
            cascade.load(self.best)
            if any(is_better(ours, self._compared(cascade, seeds)) for ours, seeds in zip(of_last, groups)):
                cascade.load(last)
                self.best, self.best_at = last, self._scored_at
        return cascade, self._compared(cascade, self._last_seeds, with_noise=True)

    def with_best_variety(
        self, cascade: Cascade, comparisons: list[Comparison | None]
    ) -> tuple[Cascade, list[Comparison | None]]:
        """Return a settled cascade as various in each landscape as scores best (see `generation.world`).

        The least of several scores is a lucky one: those returned are by seeds that had no part in it. Takes
        VARIETY_COMPARISONS.
        """
        if not any(comparisons) or len(cascade.architecture.stages) < 2:
            return cascade, comparisons
        best = [(1.0, found) for found in comparisons]
        for variety in _VARIETIES:
            calmer = self._compared(cascade.with_variety([variety] * len(best)), self._last_seeds)
            best = [
                (variety, found) if is_better([found], [so_far[1]]) else so_far
                for found, so_far in zip(calmer, best)
            ]
        chosen = cascade.with_variety([variety for variety, _ in best])
        fresh = self._compared(chosen, self._fresh_seeds, with_noise=True)
        return chosen, [found or of_choice for found, (_, of_choice) in zip(fresh, best)]

    def _compared(
        self,
        cascade: Cascade,
        seeds: Sequence[int],
        is_cancelled: Callable[[], bool] = lambda: False,
        *,
        with_noise: bool = False,
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
                blocks.append(self.made_land(cascade, seed, landscape))
            comparisons.append(reference.compare_all(blocks, with_noise=with_noise))
        return comparisons

    def made_land(self, cascade: Cascade, seed: int, landscape: int) -> np.ndarray:
        """Return land to compare: where there are guiding layers, it is told those of the real land."""
        return made_land(cascade, seed, landscape, self._grounds[landscape])

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
        share: float = 1.0,
    ) -> None:
        """Restore what `arrays` returned, and the history.

        The training that goes on may have another budget than before: the fractions become those of it.

        Args:
            budget_s: where only its time ends it.
            share: how much of its budget the former one was, where epochs end it.
        """
        self.history = [dict(entry) for entry in history]
        for entry in self.history:
            if budget_s and "seconds" in entry:
                entry["fraction"] = min(1.0, entry["seconds"] / budget_s)
            else:
                entry["fraction"] = min(1.0, entry["fraction"] * share)
        if self.history:
            self.best = {
                name[len(_BEST) :]: array for name, array in arrays.items() if name.startswith(_BEST)
            }
            best = min(self.history, key=lambda entry: entry["score"])
            self.best_score, self.best_at = best["score"], best["fraction"]


def _reference(whole: Sequence[np.ndarray], kept: Sequence[np.ndarray], pixel_size: float) -> Reference:
    """Return the land that a landscape is compared with: what was kept from the training, or else all of it.

    What was kept is measured by all scores that the whole is large enough for: texture alone would choose
    weights whose land does not drain.
    """
    precision = guessed_precision(whole)
    held_out = Reference(kept, pixel_size, precision, floor_of=whole) if kept else None
    if held_out and held_out.measures >= {"texture", "land"}:
        return held_out
    all_of_it = Reference(whole, pixel_size, precision)
    return held_out if held_out and held_out.measures >= all_of_it.measures else all_of_it


def _thinned(history: Sequence[dict[str, float]]) -> list[dict[str, float]]:
    """Return scores with every other one of the older half left out, but not the best."""
    half, best = len(history) // 2, min(history, key=lambda entry: entry["score"])
    kept = [entry for i, entry in enumerate(history[:half]) if i % 2 == 0 or entry is best]
    return [*kept, *history[half:]]


def _grounds(areas: Sequence[Area]) -> dict[int, Area]:
    """Return the largest area of each landscape, of those that are wide enough for windows that drain.

    Land that is made along guiding layers is no wider than they are.
    """

    def room(area: Area) -> tuple[int, int]:
        return min(*area.values.shape, max(WINDOWS_PX)), area.values.size

    return {area.landscape: area for area in sorted(areas, key=room)}


def scored_seeds(seconds: float) -> tuple[int, ...]:
    """Return the seeds that a training of so many seconds is scored by."""
    return tuple(range(int(min(max(seconds / _SECONDS_PER_SEED, _FEWEST_SEEDS), _MOST_SEEDS))))
