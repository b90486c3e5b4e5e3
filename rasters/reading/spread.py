# SPDX-License-Identifier: GPL-3.0-or-later
"""Windows spread over a raster that is too large to be read whole."""

from __future__ import annotations

import math

import numpy as np

from ..grid import Window


def spread_windows(width: int, height: int, size: int, count: int, seed: int, turn: int = 0) -> list[Window]:
    """Return up to `count` windows of at most `size` px a side, spread evenly, chosen by the seed.

    The raster is cut into equal cells, read as one snake-like line (so that neighbours in the line are
    neighbours on the ground). The line is cut into `count` runs and one cell is drawn from each, so no
    regular pattern of the raster can be missed by a regular sample. Each turn draws another cell, until all
    of a run have had theirs.
    """
    snake = _Snake(width, height, size)
    if count >= snake.cells:
        return [snake.cell(i) for i in range(snake.cells)]
    rng = np.random.default_rng(seed)
    edges = np.linspace(0, snake.cells, count + 1).astype(int)
    drawn = []
    for run in zip(edges[:-1], edges[1:]):  # one at a time: those of a large raster have millions of cells
        order = rng.permutation(np.arange(*run))
        drawn.append(snake.cell(int(order[turn % len(order)])))
    return drawn


def largest_cell_px(width: int, height: int, size: int) -> int:
    """Return how many pixels the largest of the cells has that `spread_windows` cuts a raster into."""
    return math.prod(-(-length // -(-length // size)) for length in (width, height))


def corner_windows(width: int, height: int, size: int) -> list[Window]:
    """Return the windows in the four corners, where voids gather."""
    h, w = min(size, height), min(size, width)
    corners = {(row, col) for row in (0, height - h) for col in (0, width - w)}
    return [Window(row, col, h, w) for row, col in sorted(corners)]


class _Snake:
    """The cells of a raster, as one line: the fewest equal ones of at most `size` pixels a side."""

    def __init__(self, width: int, height: int, size: int) -> None:
        self._width, self._height = width, height
        self._cols, self._rows = -(-width // size), -(-height // size)
        self.cells = self._cols * self._rows

    def cell(self, index: int) -> Window:
        row, col = divmod(index, self._cols)
        if row % 2:
            col = self._cols - 1 - col
        (top, bottom), (left, right) = (
            (length * part // parts, length * (part + 1) // parts)
            for length, part, parts in (
                (self._height, row, self._rows),
                (self._width, col, self._cols),
            )
        )
        return Window.between(top, left, bottom, right)
