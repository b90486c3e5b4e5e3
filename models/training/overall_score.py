# SPDX-License-Identifier: GPL-3.0-or-later
"""One number for all landscapes of a model, and what its file keeps of the comparisons."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from ...realism.comparison import Comparison, Reference


def overall(comparisons: Sequence[Comparison | None]) -> float | None:
    """Return one number for all landscapes: the geometric mean of their scores, None where there is none.

    The score of a landscape is the geometric mean of texture and land, or texture alone on fields that are
    too small for the measures of land.
    """
    scores = [each.realism for each in comparisons if each is not None]
    return float(np.exp(np.mean(np.log(scores)))) if scores else None


def is_better(one: Sequence[Comparison | None], other: Sequence[Comparison | None]) -> bool:
    """Return whether one score is better, over the landscapes that both could be measured on.

    Land may be too level to be measured. Where they have no landscape in common, it is better to have one.
    """
    both = [pair for pair in zip(one, other) if all(pair)]
    if both:
        return overall([pair[0] for pair in both]) < overall([pair[1] for pair in both])
    return any(one) and not any(other)


def described(
    comparisons: Sequence[Comparison | None], names: Iterable[str], references: Iterable[Reference]
) -> dict[str, Any] | None:
    """Return plain data for `model.json`: the scores of each landscape by its name, beside those of noise.

    `held_out` is whether a landscape was compared with land that the training did not see, and of them all
    whether each was.
    """
    measured = [each for each in zip(names, comparisons, references) if each[1] is not None]
    if not measured:
        return None
    return {
        "realism": overall(comparisons),
        "held_out": all(real.held_out is not None for _, _, real in measured),
        "landscapes": {
            name: {
                "texture": found.texture,
                "land": found.land,
                "noise_texture": found.noise_texture,
                "noise_land": found.noise_land,
                "distances": found.distances,
                "floors": found.floors,
                "noise": found.noise,
                "held_out": real.held_out is not None,
            }
            for name, found, real in measured
        },
    }
