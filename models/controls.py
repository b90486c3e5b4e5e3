# SPDX-License-Identifier: GPL-3.0-or-later
"""Heights that land must have in some places, and what they say of the land as a whole. NumPy only."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
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
_ROUNDS = 8  # of finding relief and base together: each leaves less than half of the error
#: The lowest line of a cell lies so many deviations of what the later stages add below its mean: 1.7 to 2.1
#: by the mean over the three landscapes of the bundled model, of 4 x 4 and of 16 x 16 pixels.
RISE = 2.0
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
    """The heights of one landscape that a model knows."""

    mean: float
    deviation: float  # standard deviation, of the layout's cells
    rise: float = 0.0  # of the mean of such a cell above its lowest line


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

    The relief follows from how far nearby controls are apart, so that a range beside a plain does not make
    both rugged. Mean and relief of the land are those of the controls and of one more that has the
    landscape's own: a single height moves land half of the way, and many heights decide. A control counts for
    one over the number of those within reach, which say nearly the same. No height is left so far from the
    mean that the networks would not know it.

    Args:
        cells: on the layout's cells, their heights as sketched (`coarsened` without a rise).
        landscapes: those that the land may be of, at least one.
        relief, base: where given, they are taken as they are.
    """
    weights = 1.0 / neighbours(cells)
    variogram = _variogram(cells)

    def fit(index: int, relief: float | None) -> Fit:
        return _fit(index, landscapes[index], cells, weights, variogram, relief, base)

    nearest = min(
        (fit(index, None) for index in range(len(landscapes))), key=lambda it: abs(np.log(it.relief))
    )
    return nearest if relief is None else fit(nearest.landscape, relief)


class _Variogram(NamedTuple):
    """The variance of land that each control suggests, (n,): a polynomial in the rise of cells above rivers.

    By the variogram (Matheron 1963): heights so far apart differ by 2 (1 - likeness) of the variance, squared
    and on average. NaN where no other control is nearby.
    """

    constant: np.ndarray
    linear: np.ndarray
    squared: np.ndarray

    def at(self, rise: float) -> np.ndarray:
        return self.constant + rise * (self.linear + rise * self.squared)


def _variogram(cells: Controls) -> _Variogram:
    heights, above = cells.heights, cells.sides[:, 0]
    found = np.full((3, len(cells)), np.nan)
    for part, near, distances in _pairs(cells):
        is_pair = (distances > 0.0) & (distances < LAYOUT_REACH / 2)
        shares = np.where(is_pair, 0.5 / (1.0 - likeness(np.maximum(distances, 1.0) / LAYOUT_REACH)), 0.0)
        apart, sides_apart = heights[part, None] - heights[near], above[part, None] - above[near]
        sums = [shares * apart**2, 2.0 * shares * apart * sides_apart, shares * sides_apart**2]
        counts = is_pair.sum(1)
        found[:, part] = np.where(counts > 0, np.stack(sums).sum(2) / np.maximum(counts, 1), np.nan)
    return _Variogram(*found)


def _fit(
    index: int,
    landscape: Landscape,
    cells: Controls,
    weights: np.ndarray,
    variogram: _Variogram,
    relief: float | None,
    base: float | None,
) -> Fit:
    """Find relief and base together: how far rivers lie below the land around them grows with the relief."""
    fit = Fit(index, 1.0 if relief is None else relief, 0.0)
    for _ in range(_ROUNDS):
        rise = fit.relief * landscape.rise
        heights = cells.heights + rise * cells.sides[:, 0]
        own = float((landscape.mean + weights @ heights) / (1.0 + weights.sum()))
        fit = fit._replace(base=own if base is None else base)
        if relief is None:
            away = np.abs(heights - fit.base)
            squares = variogram.at(rise)
            squares = np.where(np.isnan(squares), np.square(away), squares) / landscape.deviation**2
            spread = float(np.sqrt((1.0 + weights @ squares) / (1.0 + weights.sum())))
            farthest = float(away.max(initial=0.0)) / landscape.deviation
            fit = fit._replace(relief=max(spread, farthest / _USUAL_DEVIATIONS, _FLATTEST))
    return fit


def neighbours(cells: Controls) -> np.ndarray:
    """Return the number of controls within half the layout's reach of each, itself among them, int64 (n,).

    Args:
        cells: on the layout's cells.
    """
    counts = np.empty(len(cells), np.int64)
    for part, _, distances in _pairs(cells):
        counts[part] = (distances < LAYOUT_REACH / 2).sum(1)
    return counts


def _pairs(cells: Controls) -> Iterator[tuple[slice, slice, np.ndarray]]:
    """Yield some controls, those that may be near them, and the distances between them, in cells."""
    for first in range(0, len(cells), _ROWS_AT_ONCE):
        part = slice(first, first + _ROWS_AT_ONCE)
        rows, cols = cells.rows[part, None], cells.cols[part, None]
        begin, end = np.searchsorted(cells.rows, [rows[0, 0] - LAYOUT_REACH, rows[-1, 0] + LAYOUT_REACH])
        near = slice(begin, end)
        yield part, near, np.hypot(rows - cells.rows[near], cols - cells.cols[near])


def likeness(distance: np.ndarray) -> np.ndarray:
    """Return how alike land is at a distance, in reaches: 1 at 0, 0 from 1 on.

    Askey's function (1973), a covariance in the plane. It falls at once, as the heights of land do; smoother
    ones overshoot beyond the controls. Its few operations are rounded alike on all machines.
    """
    return np.maximum(0.0, 1.0 - distance) ** 2
