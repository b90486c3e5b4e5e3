# SPDX-License-Identifier: GPL-3.0-or-later
"""The layout, turned and bent: what runs straight along its rows and columns lies askew, and winds.

Convolutions see rows and columns best, and crests, valleys and the edges of plains ran straight along them
for tens of kilometres, whatever the training was told (docs/choices.md). So the stage after the layout reads
it at an angle that the seed draws, and each cell somewhat beside its place, moved along the contours of two
smooth random fields: lines wind, and no land is squeezed or spread. In procedural terrain this is called
domain warping (Perlin 1985; Quilez 2002). Since training turns and mirrors its patches, a layout knows no
north that turning it would lose.

Where a cell is read is a hash of seed and place, as the noise is, and only sums of products are computed,
cell by cell: the same bits come out whatever window they are made in.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

import numpy as np

from ..details import spline_weights
from ..latent import latent_field, share_of
from .world import Field, World

#: Between which tangents of half the angle the layout is turned: by 20 to 70 degrees, never along the axes.
_LEAST_TURN, _MOST_TURN = 0.18, 0.7
#: How many cells the values of each random field lie apart, and by how many cells it moves the layout (one
#: deviation along each axis).
_BENDS = ((16, 1.5), (48, 4.5))
_LEVEL = 1000  # of the first one's noise, beyond those of all stages
# Of a cubic B-spline's derivative along one axis, where its coefficients are white and a unit apart: the root
# of the means of w'^2 and w^2 over all places, 2/3 and 151/315.
_DEVIATION = np.sqrt(2.0 / 3.0 * 151.0 / 315.0)
# Reading between cells smooths. So much of the fourth differences, added before, makes up for it in the
# layouts of the bundled model.
_SHARPENING = 0.015
_TAPS = (_SHARPENING, -4.0 * _SHARPENING, 1.0 + 6.0 * _SHARPENING, -4.0 * _SHARPENING, _SHARPENING)
_REACH = 2  # cells before a place that its value depends on; and three after


class BentField:
    """A field that is turned, and whose cells are read somewhat beside their places."""

    def __init__(self, field: Field) -> None:
        self._field = field

    def window(self, world: World, row: int, col: int, side: int) -> np.ndarray:
        """Return the square window at (row, col), float32 (side, side)."""
        rows, cols = places(world.seed, row, col, side)
        whole_rows, whole_cols = (np.floor(each).astype(np.int64) for each in (rows, cols))
        first_row, first_col = int(whole_rows.min()) - _REACH - 1, int(whole_cols.min()) - _REACH - 1
        wide = max(int(whole_rows.max()) - first_row, int(whole_cols.max()) - first_col) + _REACH + 3
        cells = _sharpened(self._field.window(world, first_row, first_col, wide).astype(np.float64))
        before = (whole_rows - first_row - _REACH) * len(cells) + (whole_cols - first_col - _REACH)
        return _read(cells, before, rows - whole_rows, cols - whole_cols).astype(np.float32)


def places(seed: int, row: int, col: int, side: int) -> tuple[np.ndarray, np.ndarray]:
    """Return at which row and column of the layout each cell of a window is read, (side, side) each."""
    down, right = moved_by(seed, row, col, side)
    cosine, sine = turn_of(seed)
    rows, cols = np.arange(row, row + side)[:, None] + down, np.arange(col, col + side) + right
    return cosine * rows - sine * cols, sine * rows + cosine * cols


def turn_of(seed: int) -> tuple[float, float]:
    """Return the cosine and the sine of the angle by which a seed turns the layout.

    By the tangent of half of it, so that the bits are the same on every machine.
    """
    tangent = _LEAST_TURN + share_of(seed) * (_MOST_TURN - _LEAST_TURN)
    square = tangent * tangent
    return (1.0 - square) / (1.0 + square), 2.0 * tangent / (1.0 + square)


def moved_by(seed: int, row: int, col: int, side: int) -> tuple[np.ndarray, np.ndarray]:
    """Return by how many cells down and right of its place each cell of a window is read, (side, side) each.

    Each random field is a cubic B-spline of noise; a move along its contours is its gradient, turned by 90
    degrees.
    """
    down, right = np.zeros((side, side)), np.zeros((side, side))
    for number, (apart, deviation) in enumerate(_BENDS):
        first_row, first_col, count = row // apart - 1, col // apart - 1, side // apart + 5
        noise = latent_field(seed, _LEVEL + number, first_row, first_col, count, count, 1)[..., 0]
        heights = noise.astype(np.float64) * (deviation / _DEVIATION)
        along = partial(_spline, count=side, apart=apart)
        down += along(along(heights, spline_weights, 0, row), _slopes, 1, col)
        right -= along(along(heights, _slopes, 0, row), spline_weights, 1, col)
    return down, right


def _spline(
    values: np.ndarray,
    weights: Callable[[np.ndarray], Sequence[np.ndarray]],
    axis: int,
    start: int,
    *,
    count: int,
    apart: int,
) -> np.ndarray:
    """Return a spline, or its derivative, at the centres of so many cells from `start` on, along one axis."""
    cells = np.arange(start, start + count)
    before, share = cells // apart - start // apart, (cells % apart + 0.5) / apart
    parts = (
        np.expand_dims(weight, 1 - axis) * np.take(values, before + step, axis)
        for step, weight in enumerate(weights(share))
    )
    return sum(parts)


def _slopes(share: np.ndarray) -> Sequence[np.ndarray]:
    """Return the weights of a cubic B-spline's derivative, for coefficients a unit apart."""
    rest = 1.0 - share
    return (
        -0.5 * rest * rest,
        share * (1.5 * share - 2.0),
        rest * (2.0 - 1.5 * rest),
        0.5 * share * share,
    )


def _sharpened(cells: np.ndarray) -> np.ndarray:
    """Return the cells sharpened, (n, n) -> (n - 4, n - 4)."""
    wide = len(cells) - len(_TAPS) + 1
    down = sum(tap * cells[step : step + wide] for step, tap in enumerate(_TAPS))
    return sum(tap * down[:, step : step + wide] for step, tap in enumerate(_TAPS))


def _read(cells: np.ndarray, before: np.ndarray, down: np.ndarray, right: np.ndarray) -> np.ndarray:
    """Return cells read between their centres, by cubic convolution (Keys 1981, a = -1/2).

    Args:
        cells: (n, n).
        before: the number of the cell before each place, counted along the rows.
        down, right: how far beyond it the place lies, 0 to 1.
    """
    flat, width = cells.ravel(), cells.shape[1]
    across = _keys(right)
    rows = (
        sum(weight * flat[before + (step * width + aside)] for aside, weight in zip((-1, 0, 1, 2), across))
        for step in (-1, 0, 1, 2)
    )
    return sum(weight * values for weight, values in zip(_keys(down), rows))


def _keys(share: np.ndarray) -> Sequence[np.ndarray]:
    square = share * share
    cube = square * share
    return (
        square - 0.5 * (share + cube),
        1.0 - 2.5 * square + 1.5 * cube,
        0.5 * share + 2.0 * square - 1.5 * cube,
        0.5 * (cube - square),
    )
