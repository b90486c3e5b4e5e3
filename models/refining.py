# SPDX-License-Identifier: GPL-3.0-or-later
"""What makes given land finer best: real land is averaged, and made finer again.

The best is as like real land as can be, and as near to the land that it was. A tenth more of height error
counts as much as a fifth more of the other distance, which is far below 1 where cells are small: counted
alike, all variety was best two times finer, where it cost a fifth of the height error.

A stage is told how high the forms of its guide are, in units of what is usual in the landscape, so that a
landscape can make land finer that is much higher or lower than its own. Which of them does it best, and how
various it should be, differs by how many times finer.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import product
from typing import TYPE_CHECKING

import numpy as np
from scipy.ndimage import distance_transform_edt

from .architecture import CascadeArchitecture
from .cascade import BLOCK_PX, Cascade
from .guide import GivenField, following
from .model_file import guide_factors
from .patches import Area, averaged

if TYPE_CHECKING:
    from ..realism.comparison import Reference

_VARIETIES = (1.0, 0.5)
_MOST_FIELDS = 4  # of a landscape, the largest ones
_MOST_PX = 2 * BLOCK_PX  # of a side
_SEED = 0
_LEAST_ERROR = 0.01  # in metres


def comparisons_for(architecture: CascadeArchitecture, landscapes: int) -> int:
    """Return how many comparisons with all real land `best_refiners` makes."""
    return len(_factors(architecture)) * landscapes * len(_VARIETIES)


def best_refiners(cascade: Cascade, references: Mapping[int, Reference]) -> dict[int, tuple[int, float]]:
    """Return by factor the landscape and the variety whose land along averaged real land is nearest to it.

    Each landscape's real land counts the same. Factors are left out where no land is large enough to be
    measured, and all of them in a cascade without a stage that can be guided.
    """
    choices = list(product(references, _VARIETIES))
    best = {}
    for factor in _factors(cascade.architecture):
        scores = np.array(
            [
                [_score(cascade, reference, factor, *choice) for reference in references.values()]
                for choice in choices
            ]
        )
        is_measured = np.isfinite(scores).all(0)
        if is_measured.any():
            best[factor] = choices[int(np.argmin(scores[:, is_measured].mean(1)))]
    return best


def _factors(architecture: CascadeArchitecture) -> list[int]:
    return guide_factors([stage.factor for stage in architecture.stages[1:]])


def _score(cascade: Cascade, reference: Reference, factor: int, landscape: int, variety: float) -> float:
    """Return ln(realism x height error squared) of land made finer; NaN where unmeasured."""
    fields = sorted(reference.fields, key=lambda field: -np.isfinite(field).sum())[:_MOST_FIELDS]
    parts = [field[:_MOST_PX, :_MOST_PX] for field in fields]
    various = cascade.with_variety([variety] * len(cascade.variety))
    made = [refined(various, part, factor, landscape) for part in parts]
    found = reference.compare_all(made)
    if found is None:
        return np.nan
    squares = np.concatenate([(one - other)[np.isfinite(one)] ** 2 for one, other in zip(made, parts)])
    error = np.sqrt(squares.mean(dtype=np.float64))
    return float(np.log(found.realism) + 2.0 * np.log(max(error, _LEAST_ERROR)))


def refined(cascade: Cascade, field: np.ndarray, factor: int, landscape: int) -> np.ndarray:
    """Return a field averaged to cells of `factor` pixels, made finer again; voids stay voids."""
    is_void = ~np.isfinite(field)
    if is_void.all():
        return field
    nearest = distance_transform_edt(is_void, return_distances=False, return_indices=True)
    means = averaged(Area(field[tuple(nearest)]), factor).values
    guided = following(cascade, GivenField(0, 0, means), factor).cascade
    height, width = field.shape
    blocks = [
        [guided.block(_SEED, row, col, landscape) for col in range(0, width, BLOCK_PX)]
        for row in range(0, height, BLOCK_PX)
    ]
    return np.where(is_void, np.nan, np.block(blocks)[:height, :width]).astype(np.float32)
