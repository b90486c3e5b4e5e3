# SPDX-License-Identifier: GPL-3.0-or-later
"""How much of the land's crests and valleys runs straight along rows and columns, as networks draw them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

CELL_PX = 4  # bends of valleys, not of their gullies: at this size lines were found (docs/choices.md)
RUN_CELLS = 16
_MARGIN_PX = 2 * CELL_PX  # a bend takes one cell on each side
_STRIP_ROWS = CELL_PX * RUN_CELLS * 16  # fields are measured in strips of whole runs, to bound memory


def straightness(fields: Sequence[np.ndarray]) -> float | None:
    """Return the share of the land's bends that runs straight along rows or columns for 64 pixels.

    Land bends at crests, at valleys and where slopes begin. If such a line follows a row of the raster, the
    land bends down the columns there, alike from one column to the next. So second differences down the
    columns (d, of means over 4 x 4 pixels) are averaged over runs of 16 cells along rows, those across the
    columns over runs along columns; the share is the sum of (mean d)^2 over that of mean (d^2). It is 1 where
    all lines run exactly along rows or columns, 1/16 where each cell bends by chance, and less where all run
    along diagonals. Real land has some of it. Our own measure: `models/terms/straightness.py` tells the
    generator of the same.

    Args:
        fields: heights (rows, cols), NaN for voids; any number and sizes.

    Returns:
        A share from 0 to 1; None where no run without voids fits in, or the land bends nowhere.
    """
    sums = [_sums_of_runs(bends) for strip in _strips(fields) for bends in _bends_along_runs(_cells(strip))]
    straight, all_bends = np.sum(sums, axis=0) if sums else (0.0, 0.0)
    return float(straight / all_bends) if all_bends else None


def _strips(fields: Sequence[np.ndarray]) -> Iterator[np.ndarray]:
    for field in fields:
        for top in range(0, max(1, field.shape[0] - _MARGIN_PX), _STRIP_ROWS):
            yield field[top : top + _STRIP_ROWS + _MARGIN_PX]


def _cells(field: np.ndarray) -> np.ndarray:
    """Return means over 4 x 4 pixels, float64; NaN where one of them is void."""
    rows, cols = (length // CELL_PX for length in field.shape)
    squares = field[: rows * CELL_PX, : cols * CELL_PX].reshape(rows, CELL_PX, cols, CELL_PX)
    return squares.mean((1, 3), dtype=np.float64)


def _bends_along_runs(cells: np.ndarray) -> Iterator[np.ndarray]:
    """Yield second differences down the columns, and those across them turned so that runs are rows, too."""
    for turned in (cells, cells.T):
        yield turned[2:] - 2 * turned[1:-1] + turned[:-2]


def _sums_of_runs(bends: np.ndarray) -> tuple[float, float]:
    """Return the sums, over all whole runs along rows, of the squared mean and of the mean square."""
    rows, runs = bends.shape[0], bends.shape[1] // RUN_CELLS
    of_runs = bends[:, : runs * RUN_CELLS].reshape(rows * runs, RUN_CELLS)
    known = of_runs[~np.isnan(of_runs).any(1)]
    return float(np.sum(known.mean(1) ** 2)), float(np.sum((known**2).mean(1)))
