# SPDX-License-Identifier: GPL-3.0-or-later
"""Which landscape of a model makes given land finer best: real land is averaged, and made finer again.

Details are scaled by the forms of their guide, so that a landscape can make land finer that is much higher or
lower than its own. One of the bundled model's is better at that than the others, on land of all of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
from scipy.ndimage import distance_transform_edt

from .cascade import BLOCK_PX, Cascade
from .guide import GivenField
from .patches import Area, averaged

if TYPE_CHECKING:
    from ..realism.comparison import Reference

_MOST_FIELDS = 4  # of a landscape, the largest ones
_MOST_PX = 2 * BLOCK_PX  # of a side
_SEED = 0


def best_refiner(cascade: Cascade, references: Mapping[int, Reference]) -> int | None:
    """Return the landscape whose land along averaged real land is most like it; each landscape's land counts.

    None where there is no choice, no stage that can be guided, or no land large enough to be measured.
    """
    guided = range(1, len(cascade.architecture.stages))
    if len(references) < 2 or not guided:
        return None
    scores = np.array(
        [
            [
                _score(cascade, reference, first, landscape)
                for first in guided
                for reference in references.values()
            ]
            for landscape in references
        ]
    )
    is_measured = np.isfinite(scores).all(0)
    return int(np.argmin(scores[:, is_measured].mean(1))) if is_measured.any() else None


def _score(cascade: Cascade, reference: Reference, first: int, landscape: int) -> float:
    """Return the logarithm of the realism of land made finer from stage `first` on; NaN where unmeasured."""
    fields = sorted(reference.fields, key=lambda field: -np.isfinite(field).sum())[:_MOST_FIELDS]
    parts = [field[:_MOST_PX, :_MOST_PX] for field in fields]
    found = reference.compare_all([_refined(cascade, part, first, landscape) for part in parts])
    return np.nan if found is None else float(np.log(found.realism))


def _refined(cascade: Cascade, field: np.ndarray, first: int, landscape: int) -> np.ndarray:
    """Return a field averaged to the cells that guide stage `first`, made finer again; voids stay voids."""
    is_void = ~np.isfinite(field)
    if is_void.all():
        return field
    nearest = distance_transform_edt(is_void, return_distances=False, return_indices=True)
    cell = cascade.architecture.pixels_per_field_cell(first - 1)
    means = averaged(Area(field[tuple(nearest)]), cell).values
    guided = cascade.guided_by(GivenField(0, 0, means), first)
    height, width = field.shape
    blocks = [
        [guided.block(_SEED, row, col, landscape) for col in range(0, width, BLOCK_PX)]
        for row in range(0, height, BLOCK_PX)
    ]
    return np.where(is_void, np.nan, np.block(blocks)[:height, :width]).astype(np.float32)
