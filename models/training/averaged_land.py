# SPDX-License-Identifier: GPL-3.0-or-later
"""Real land that is averaged and made finer again, and how far what comes out is from what it was."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from scipy.ndimage import distance_transform_edt, laplace, zoom

from ..area import Area, averaged
from ..details import smoothed
from ..generation.cascade import BLOCK_PX, Cascade
from ..generation.guide import GivenField, following

if TYPE_CHECKING:
    from ...realism.comparison import Reference

_MOST_FIELDS = 4  # of a landscape, the largest ones
_MOST_PX = 2 * BLOCK_PX  # of a side
_SEED = 0
_LEAST = 0.01  # in metres, of errors and of curvature: plains have hardly any


class AveragedLand:
    """Real land of a landscape, averaged to cells of a factor.

    Attributes:
        is_there: whether there is any; else there is nothing to ask it for.
    """

    def __init__(self, reference: Reference, factor: int) -> None:
        fields = sorted(reference.fields, key=lambda field: -np.isfinite(field).sum())[:_MOST_FIELDS]
        self._reference, self._factor = reference, factor
        parts = (_whole_cells(field[:_MOST_PX, :_MOST_PX], factor) for field in fields)
        self._parts = [part for part in parts if np.isfinite(part).any()]
        self.is_there = bool(self._parts)
        smooth = [_interpolated(part, factor) for part in self._parts]
        self._error_of_smooth = _root_mean_square(_differences(smooth, self._parts))

    def refined(self, cascade: Cascade, landscape: int, variety: float) -> list[np.ndarray]:
        """Return the land made finer."""
        various = cascade.with_variety([variety] * len(cascade.variety))
        return [refined(various, part, self._factor, landscape) for part in self._parts]

    def realism(self, made: Sequence[np.ndarray]) -> float:
        """Return ln(realism) of land made finer, NaN where there is too little to be measured."""
        compared = self._reference.compare_all(made)
        return np.nan if compared is None else np.log(compared.realism)

    def lost(self, made: Sequence[np.ndarray]) -> float:
        """Return ln(the height error of land made finer, over interpolation's)."""
        return np.log(_root_mean_square(_differences(made, self._parts)) / self._error_of_smooth)

    def lost_with(self, made: Sequence[np.ndarray], strengths: np.ndarray) -> np.ndarray:
        """Return `lost` of the land with its details (models/details.py) so strong, one a strength."""
        smooth = [smoothed(_means(part, self._factor), self._factor) for part in made]
        off, details = _differences(smooth, self._parts), _differences(made, smooth)
        squares = np.mean(off**2) + strengths * (
            2.0 * np.mean(off * details) + strengths * np.mean(details**2)
        )
        return np.log(np.maximum(np.sqrt(squares), _LEAST) / self._error_of_smooth)

    def rougher(self, made: Sequence[np.ndarray]) -> float:
        """Return ln(the mean size of the real land's curvature, over that of land made finer)."""
        real, ours = ([laplace(part.astype(np.float64)) for part in lands] for lands in (self._parts, made))
        counts = [np.isfinite(one + other) for one, other in zip(real, ours)]
        sizes = (
            np.mean(np.concatenate([np.abs(part[which]) for part, which in zip(parts, counts)]))
            for parts in (real, ours)
        )
        return float(np.subtract(*np.log(np.maximum(list(sizes), _LEAST))))


def refined(cascade: Cascade, field: np.ndarray, factor: int, landscape: int) -> np.ndarray:
    """Return a field averaged to cells of `factor` pixels, made finer again; voids stay voids.

    Args:
        field: (rows, cols), multiples of the factor, NaN where void, with some land.
    """
    guided = following(cascade, GivenField(0, 0, _means(field, factor)), factor).cascade
    height, width = field.shape
    blocks = [
        [guided.block(_SEED, row, col, landscape) for col in range(0, width, BLOCK_PX)]
        for row in range(0, height, BLOCK_PX)
    ]
    return _with_voids_of(field, np.block(blocks))


def _interpolated(field: np.ndarray, factor: int) -> np.ndarray:
    """Return a field averaged to cells of `factor` pixels, and interpolated by cubic splines."""
    finer = zoom(_means(field, factor), factor, order=3, mode="nearest", grid_mode=True)
    return _with_voids_of(field, finer)


def _whole_cells(field: np.ndarray, factor: int) -> np.ndarray:
    rows, cols = (side // factor * factor for side in field.shape)
    return field[:rows, :cols]


def _means(field: np.ndarray, factor: int) -> np.ndarray:
    """Return the means over cells, voids filled from the nearest land."""
    nearest = distance_transform_edt(~np.isfinite(field), return_distances=False, return_indices=True)
    return averaged(Area(field[tuple(nearest)]), factor).values


def _with_voids_of(field: np.ndarray, land: np.ndarray) -> np.ndarray:
    height, width = field.shape
    return np.where(np.isfinite(field), land[:height, :width], np.nan).astype(np.float32)


def _differences(ones: Sequence[np.ndarray], others: Sequence[np.ndarray]) -> np.ndarray:
    """Return what all pixels that both know differ by, as one line."""
    differences = (one.astype(np.float64) - other for one, other in zip(ones, others))
    return np.concatenate([np.zeros(0), *(each[np.isfinite(each)] for each in differences)])


def _root_mean_square(differences: np.ndarray) -> float:
    """Return it, at least _LEAST."""
    return max(float(np.sqrt(np.sum(differences**2) / max(1, differences.size))), _LEAST)
