# SPDX-License-Identifier: GPL-3.0-or-later
"""What makes given land finer best: real land is averaged, and made finer again.

The best is as like real land as can be without being much farther from the land that it was than cubic
interpolation is: details that are made up cannot lie where the real ones did, and so much of a loss is
the price of them.

A stage is told how high the forms of its guide are, in units of what is usual in the landscape, so that a
landscape can make land finer that is much higher or lower than its own. Which of them does it best, and how
various it should be, differs by how many times finer.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import product
from typing import TYPE_CHECKING

import numpy as np
from scipy.ndimage import distance_transform_edt, zoom

from .architecture import CascadeArchitecture
from .cascade import BLOCK_PX, Cascade
from .guide import GivenField, following
from .model_card import guide_factors
from .patches import Area, averaged

if TYPE_CHECKING:
    from ..realism.comparison import Reference

_VARIETIES = (1.0, 0.5)
_MOST_FIELDS = 4  # of a landscape, the largest ones
_MOST_PX = 2 * BLOCK_PX  # of a side
_SEED = 0
_LEAST_ERROR = 0.01  # in metres
_MOST_LOST = 1.15  # of the height error, over that of interpolation


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
        lands = [_found(cascade, reference, factor, choices) for reference in references.values()]
        found = np.array(lands)  # (landscapes, choices, 2)
        is_measured = np.isfinite(found).all((1, 2))
        if is_measured.any():
            realism, lost = found[is_measured].mean(0).T
            best[factor] = choices[_best_of(realism, lost)]
    return best


def _best_of(realism: np.ndarray, lost: np.ndarray) -> int:
    """Return the number of the most real choice that loses little enough, else that of the least loss."""
    is_near = lost <= np.log(_MOST_LOST)
    return int(np.argmin(np.where(is_near, realism, np.inf) if is_near.any() else lost))


def _factors(architecture: CascadeArchitecture) -> list[int]:
    return guide_factors([stage.factor for stage in architecture.stages[1:]])


def _found(
    cascade: Cascade, reference: Reference, factor: int, choices: Sequence[tuple[int, float]]
) -> list[tuple[float, float]]:
    """Return of each choice ln(realism) of land made finer, and ln(its height error over interpolation's).

    Both NaN where the land is too small to be measured.
    """
    fields = sorted(reference.fields, key=lambda field: -np.isfinite(field).sum())[:_MOST_FIELDS]
    parts = [_whole_cells(field[:_MOST_PX, :_MOST_PX], factor) for field in fields]
    error_of_smooth = _error([_interpolated(part, factor) for part in parts], parts)
    found = []
    for landscape, variety in choices:
        various = cascade.with_variety([variety] * len(cascade.variety))
        made = [refined(various, part, factor, landscape) for part in parts]
        compared = reference.compare_all(made)
        if compared is None:
            return [(np.nan, np.nan)] * len(choices)
        found.append((np.log(compared.realism), np.log(_error(made, parts) / error_of_smooth)))
    return found


def _error(made: Sequence[np.ndarray], parts: Sequence[np.ndarray]) -> float:
    """Return the root mean square of the heights' differences, at least _LEAST_ERROR."""
    squares = np.concatenate([(one - other)[np.isfinite(one)] ** 2 for one, other in zip(made, parts)])
    return max(float(np.sqrt(squares.mean(dtype=np.float64))), _LEAST_ERROR)


def refined(cascade: Cascade, field: np.ndarray, factor: int, landscape: int) -> np.ndarray:
    """Return a field averaged to cells of `factor` pixels, made finer again; voids stay voids."""
    means = _means(field, factor)
    if means is None:
        return field
    guided = following(cascade, GivenField(0, 0, means), factor).cascade
    height, width = field.shape
    blocks = [
        [guided.block(_SEED, row, col, landscape) for col in range(0, width, BLOCK_PX)]
        for row in range(0, height, BLOCK_PX)
    ]
    return _with_voids_of(field, np.block(blocks))


def _interpolated(field: np.ndarray, factor: int) -> np.ndarray:
    """Return a field averaged to cells of `factor` pixels, and interpolated by cubic splines."""
    means = _means(field, factor)
    if means is None:
        return field
    return _with_voids_of(field, zoom(means, factor, order=3, mode="nearest", grid_mode=True))


def _whole_cells(field: np.ndarray, factor: int) -> np.ndarray:
    rows, cols = (side // factor * factor for side in field.shape)
    return field[:rows, :cols]


def _means(field: np.ndarray, factor: int) -> np.ndarray | None:
    """Return the means over cells, voids filled from the nearest land; None where there is none."""
    is_void = ~np.isfinite(field)
    if is_void.all():
        return None
    nearest = distance_transform_edt(is_void, return_distances=False, return_indices=True)
    return averaged(Area(field[tuple(nearest)]), factor).values


def _with_voids_of(field: np.ndarray, land: np.ndarray) -> np.ndarray:
    height, width = field.shape
    return np.where(np.isfinite(field), land[:height, :width], np.nan).astype(np.float32)
