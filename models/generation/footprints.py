# SPDX-License-Identifier: GPL-3.0-or-later
"""Squares around cells of a lattice, cut to the windows that they overlap."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

Part = tuple[slice, slice]  # rows and columns


class Footprints:
    """The squares of 2 margin + 1 cells around some cells."""

    def __init__(self, rows: np.ndarray, cols: np.ndarray, margin: int) -> None:
        """Take the cells, rows in ascending order."""
        self._rows, self._cols, self._margin = rows, cols, margin

    def over(self, row: int, col: int, side: int) -> Iterator[tuple[int, Part, Part]]:
        """Yield which squares overlap the square window at (row, col), in the order of the cells.

        Of each: the number of its cell, what of the window it covers and what of it lies in the window.
        """
        margin = self._margin
        first, last = np.searchsorted(self._rows, [row - margin, row + side + margin])
        cols = self._cols[first:last]
        for index in first + np.flatnonzero((cols >= col - margin) & (cols < col + side + margin)):
            rows_in, rows_of = _overlap(int(self._rows[index]) - margin - row, margin, side)
            cols_in, cols_of = _overlap(int(self._cols[index]) - margin - col, margin, side)
            yield int(index), (rows_in, cols_in), (rows_of, cols_of)


def _overlap(begin: int, margin: int, side: int) -> tuple[slice, slice]:
    first, stop = max(begin, 0), min(begin + 2 * margin + 1, side)
    return slice(first, stop), slice(first - begin, stop - begin)


def offsets(margin: int) -> tuple[np.ndarray, np.ndarray]:
    """Return how many rows down, (2 margin + 1, 1), and columns to the right, (1, 2 margin + 1)."""
    away = np.arange(-margin, margin + 1.0)
    return away[:, None], away[None, :]
