# SPDX-License-Identifier: GPL-3.0-or-later
"""What makes given land finer best: real land is averaged, and made finer again.

The best is as like real land as can be without being much farther from the land that it was than cubic
interpolation is: details that are made up cannot lie where the real ones did, and so much of a loss is
the price of them.

A stage is told how high the forms of its guide are, in units of what is usual in the landscape, so that a
landscape can make land finer that is much higher or lower than its own. Which of them does it best, and how
various it should be, differs by how many times finer. Last, its details are made as rough as real ones, as
far as the price is not too high.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import product
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from ..architecture import CascadeArchitecture
from ..generation.cascade import Cascade
from ..model_card import MOST_STRENGTH, guide_factors
from .averaged_land import AveragedLand

if TYPE_CHECKING:
    from ...realism.comparison import Reference

_VARIETIES = (1.0, 0.5)
_STRENGTHS = np.linspace(1.0, MOST_STRENGTH, 101)
_MOST_LOST = 1.15  # of the height error, over that of interpolation


class Choice(NamedTuple):
    """What makes given land finer."""

    landscape: int
    variety: float
    strength: float = 1.0  # of its details, see models/details.py


def comparisons_for(architecture: CascadeArchitecture, landscapes: int) -> int:
    """Return how many comparisons with all real land `best_refiners` makes."""
    return len(_factors(architecture)) * landscapes * len(_VARIETIES)


def best_refiners(cascade: Cascade, references: Mapping[int, Reference]) -> dict[int, Choice]:
    """Return by factor what makes averaged real land finer best.

    Each landscape's real land counts the same. Factors are left out where no land is large enough to be
    measured, and all of them in a cascade without a stage that can be guided.
    """
    choices = [Choice(*each) for each in product(references, _VARIETIES)]
    best = {}
    for factor in _factors(cascade.architecture):
        lands = [AveragedLand(reference, factor) for reference in references.values()]
        found = np.array([_found(cascade, land, choices) for land in lands])  # (landscapes, choices, 2)
        is_measured = np.isfinite(found).all((1, 2))
        if is_measured.any():
            realism, lost = found[is_measured].mean(0).T
            choice = choices[_best_of(realism, lost)]
            measured = [land for land, counts in zip(lands, is_measured) if counts]
            best[factor] = choice._replace(strength=_strength(cascade, measured, choice))
    return best


def _best_of(realism: np.ndarray, lost: np.ndarray) -> int:
    """Return the number of the most real choice that loses little enough, else that of the least loss."""
    is_near = lost <= np.log(_MOST_LOST)
    return int(np.argmin(np.where(is_near, realism, np.inf) if is_near.any() else lost))


def _factors(architecture: CascadeArchitecture) -> list[int]:
    return guide_factors([stage.factor for stage in architecture.stages[1:]])


def _found(cascade: Cascade, land: AveragedLand, choices: Sequence[Choice]) -> list[tuple[float, float]]:
    """Return of each choice ln(realism) of land made finer, and ln(its height error over interpolation's).

    Both NaN where the land is too small to be measured.
    """
    unknown = [(np.nan, np.nan)] * len(choices)
    if not land.is_there:
        return unknown
    found = []
    for choice in choices:
        made = land.refined(cascade, choice.landscape, choice.variety)
        found.append((land.realism(made), land.lost(made)))
        if np.isnan(found[-1][0]):
            return unknown
    return found


def _strength(cascade: Cascade, lands: Sequence[AveragedLand], choice: Choice) -> float:
    """Return how many times as strong details are as rough as real ones, or as strong as they may be."""
    made = [land.refined(cascade, choice.landscape, choice.variety) for land in lands]
    wanted = float(np.exp(np.mean([land.rougher(each) for land, each in zip(lands, made)])))
    if wanted < 1.0:
        return round(max(wanted, 1.0 / MOST_STRENGTH), 2)
    lost = np.mean([land.lost_with(each, _STRENGTHS) for land, each in zip(lands, made)], 0)
    may_be = _STRENGTHS[lost <= np.log(_MOST_LOST)].max(initial=1.0)
    return round(min(wanted, float(may_be)), 2)
