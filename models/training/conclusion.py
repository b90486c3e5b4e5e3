# SPDX-License-Identifier: GPL-3.0-or-later
"""The end of a training: which weights and which variety to keep, and how like real land the result is.

Nothing here counts as training time. So what makes the model better by a little is left out after short
trainings, where it would take long beside them.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Callable

import numpy as np

from ...realism.evaluation import Evaluation, evaluate
from ...realism.novelty import copying
from ..area import Area
from ..generation.cascade import Cascade
from ..model_card import Refiner
from .overall_score import described
from .refining import best_refiners, comparisons_for
from .scoring import VARIETY_COMPARISONS, Scorer

_REPORTED_SEEDS = (24, 25, 26)  # the lands that the report shows: others than chose weights and variety


@dataclass(frozen=True)
class Conclusion:
    """What a training ended with."""

    cascade: Cascade  # with the weights and the variety to keep
    refiners: dict[int, Refiner]  # what makes given land finer best, by factor; {} where not measured
    realism: dict[str, Any] | None  # for `model.json`; None where the land is too small to be measured
    evaluation: Evaluation  # of the first landscape, for the report


def concluded(
    scorer: Scorer,
    cascade: Cascade,
    training: Sequence[Area],
    fields: Mapping[str, Any],
    seconds: float,
    log: Callable[..., None],
) -> Conclusion:
    """Settle on what to keep of a training of so many seconds, and compare it with real land.

    Args:
        scorer: of the training, which has scored its last weights.
        cascade: with these weights.
        training: the areas that it learnt from.
        fields: of the request: `landscapes`, their names, and `labels`, the texts of the report's figures.
        seconds: that it took.
        log: is given what the user should know, a template and its values.
    """
    start, names = time.monotonic(), fields["landscapes"]
    cascade, comparisons = scorer.settled(cascade)
    if scorer.has_time_for(VARIETY_COMPARISONS, seconds):
        cascade, comparisons = scorer.with_best_variety(cascade, comparisons)
        variety = ", ".join(f"{each:g}" for each in cascade.variety)
        log("Variety of the land that is most like real land: {variety}.", variety=variety)
    else:
        log("The training was too short to find out which variety is most like real land: it is 1.")
    refiners = {}
    takes_guides_only = not cascade.architecture.conditions
    if takes_guides_only and scorer.has_time_for(comparisons_for(cascade.architecture, len(names)), seconds):
        best = best_refiners(cascade, scorer.references)
        refiners = {factor: Refiner(names[number], *rest) for factor, (number, *rest) in best.items()}
    land = [area.with_voids().values for area in training]
    evaluation = evaluate(
        scorer.references[0], _lands(scorer, cascade, 0), training=land, labels=fields["labels"]
    )
    copies = {0: evaluation.copying}
    if scorer.has_time_for(len(names), seconds):
        for number, reference in list(scorer.references.items())[1:]:
            copies[number] = copying(land, _lands(scorer, cascade, number), reference.held_out)
    realism = described(comparisons, names, scorer.references.values())
    if realism:
        realism["chosen_at"] = scorer.best_at
        for number, found in copies.items():
            if found and names[number] in realism["landscapes"]:
                realism["landscapes"][names[number]].update(found._asdict())
    seconds_taken = round(time.monotonic() - start)
    log("The model's terrain was compared with real land for {seconds} s.", seconds=seconds_taken)
    return Conclusion(cascade, refiners, realism, evaluation)


def _lands(scorer: Scorer, cascade: Cascade, landscape: int) -> list[np.ndarray]:
    return [scorer.made_land(cascade, seed, landscape) for seed in _REPORTED_SEEDS]
