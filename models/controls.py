# SPDX-License-Identifier: GPL-3.0-or-later
"""Heights that land must have in some places, and what they say of the land as a whole. NumPy only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

#: Cells of the layout as far as which a height says something of those around. Correlation of the bundled
#: model's three layouts 1, 4, 8 and 16 cells apart: 0.93 to 0.95, 0.67 to 0.77, 0.42 to 0.59, 0.08 to 0.27;
#: (1 - d / 24)^2 is 0.92, 0.69, 0.44, 0.11.
LAYOUT_REACH = 24.0
# Networks know heights as far from the mean as this, in deviations. A summit at 6 stood in a moat, below
# crests twice as high.
_USUAL_DEVIATIONS = 4.0
_FLATTEST = 0.1  # the least relief that is read from a sketch
_ROWS_AT_ONCE = 256


@dataclass(frozen=True)
class Controls:
    """Heights given to cells of a lattice.

    Attributes:
        rows, cols: int64 (n,), no cell twice, in the order of rows, then columns.
        heights: float64 (n,).
        sides: float64 (n, 3): around a control, r rows down and c columns to the right, land lies above it
            where sides . (1, r, c) is positive, and below it where that is negative. So (1, 0, 0) is a river,
            (-1, 0, 0) a ridge, (0, -1, 0) a coast with its land in the north; for (0, 0, 0) land is free.
    """

    rows: np.ndarray
    cols: np.ndarray
    heights: np.ndarray
    sides: np.ndarray

    def __len__(self) -> int:
        return len(self.rows)

    def changed(self, heights: np.ndarray) -> Controls:
        """Return the same cells with other heights."""
        return replace(self, heights=heights)

    def coarsened(self, size: int, rise: float) -> Controls:
        """Return what the controls say of the means of cells, size x size of theirs.

        Args:
            rise: how far the mean of such a cell lies above its lowest line, and below its highest.
        """
        said = self.heights + rise * self.sides[:, 0]
        cells, of = np.unique(np.stack([self.rows // size, self.cols // size]), axis=1, return_inverse=True)
        of = of.reshape(-1)  # NumPy 2.0 gave it another shape
        return Controls(cells[0], cells[1], means(of, said), means(of, self.sides))


def means(groups: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Return the mean of the values, (n,) or (n, k), of each group; `groups` are 0, 1, ... m - 1."""
    sums = np.zeros((groups.max(initial=-1) + 1, *values.shape[1:]))
    np.add.at(sums, groups, values)
    return (sums.T / np.bincount(groups)).T


class Landscape(NamedTuple):
    """Mean and standard deviation of the heights of one landscape that a model knows."""

    mean: float
    deviation: float


class Fit(NamedTuple):
    """Which land fits a sketch: a landscape, by its index, as high as this and around that height."""

    landscape: int
    relief: float  # factor
    base: float


def fitting_land(
    cells: Controls,
    landscapes: Sequence[Landscape],
    relief: float | None = None,
    base: float | None = None,
) -> Fit:
    """Return the landscape nearest to a sketch, and what height and relief it must be brought to.

    The mean and the variance of the land are those of the controls and of one more that has the landscape's
    own. So a single height moves land half of the way, and many heights decide. A control counts for one
    over the number of those within reach, which say nearly the same. No height is left so far from the mean
    that the networks would not know it.

    Args:
        cells: on the layout's cells.
        landscapes: those that the land may be of, at least one.
        relief, base: where given, they are taken as they are.
    """
    weights = 1.0 / neighbours(cells)
    fits = [_fit(index, each, cells.heights, weights, base) for index, each in enumerate(landscapes)]
    nearest = min(fits, key=lambda fit: abs(np.log(fit.relief)))
    return nearest if relief is None else nearest._replace(relief=relief)


def _fit(
    index: int, landscape: Landscape, heights: np.ndarray, weights: np.ndarray, base: float | None
) -> Fit:
    if base is None:
        base = float((landscape.mean + weights @ heights) / (1.0 + weights.sum()))
    away = np.abs(heights - base) / landscape.deviation
    spread = np.sqrt((1.0 + weights @ np.square(away)) / (1.0 + weights.sum()))
    relief = max(float(spread), float(away.max(initial=0.0)) / _USUAL_DEVIATIONS, _FLATTEST)
    return Fit(index, relief, base)


def neighbours(cells: Controls) -> np.ndarray:
    """Return the number of controls within half the layout's reach of each, itself among them, int64 (n,).

    Args:
        cells: on the layout's cells.
    """
    counts = np.empty(len(cells), np.int64)
    for first in range(0, len(cells), _ROWS_AT_ONCE):
        part = slice(first, first + _ROWS_AT_ONCE)
        rows, cols = cells.rows[part, None], cells.cols[part, None]
        begin, end = np.searchsorted(cells.rows, [rows[0, 0] - LAYOUT_REACH, rows[-1, 0] + LAYOUT_REACH])
        near = slice(begin, end)
        distances = (rows - cells.rows[near]) ** 2 + (cols - cells.cols[near]) ** 2
        counts[part] = (distances < (LAYOUT_REACH / 2) ** 2).sum(1)
    return counts
