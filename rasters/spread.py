# SPDX-License-Identifier: GPL-3.0-or-later
"""Windows spread over a raster that is too large to be read whole."""

from __future__ import annotations

import numpy as np

from .grid import Window


def spread_windows(width: int, height: int, size: int, count: int, seed: int, turn: int = 0) -> list[Window]:
    """Return up to `count` windows of at most `size` px a side, spread evenly, chosen by the seed.

    The raster is cut into equal cells, read as one snake-like line (so that neighbours in the line are
    neighbours on the ground). The line is cut into `count` runs and one cell is drawn from each, so no
    regular pattern of the raster can be missed by a regular sample. Each turn draws another cell, until all
    of a run have had theirs.
    """
    cells = _cells_along_a_snake(width, height, size)
    if count >= len(cells):
        return cells
    rng = np.random.default_rng(seed)
    edges = np.linspace(0, len(cells), count + 1).astype(int)
    runs = [rng.permutation(np.arange(*run)) for run in zip(edges[:-1], edges[1:])]
    return [cells[run[turn % len(run)]] for run in runs]


def corner_windows(width: int, height: int, size: int) -> list[Window]:
    """Return the windows in the four corners, where voids gather."""
    h, w = min(size, height), min(size, width)
    corners = {(row, col) for row in (0, height - h) for col in (0, width - w)}
    return [Window(row, col, h, w) for row, col in sorted(corners)]


def _cells_along_a_snake(width: int, height: int, size: int) -> list[Window]:
    rows, cols = _cuts(height, size), _cuts(width, size)
    cells = []
    for index, (row, row_stop) in enumerate(zip(rows[:-1], rows[1:])):
        line = [Window.between(row, col, row_stop, col_stop) for col, col_stop in zip(cols[:-1], cols[1:])]
        cells += line if index % 2 == 0 else reversed(line)
    return cells


def _cuts(length: int, size: int) -> list[int]:
    """Return the borders of the fewest equal parts of at most `size`."""
    parts = -(-length // size)
    return [length * part // parts for part in range(parts + 1)]
