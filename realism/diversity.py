# SPDX-License-Identifier: GPL-3.0-or-later
"""Diversity: whether different seeds make land as different as real places are from one another."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from scipy.spatial.distance import pdist

from .relief import slope

Fields = Sequence[np.ndarray]  # heights (rows, cols), NaN for voids; any number and sizes

_SIDES_PX = (256, 128, 64)  # of the pieces compared: the first of which all that is compared has enough
_FEWEST_PLACES = 6
_MOST_PLACES = 512  # about: every second or third of the pieces of larger fields is taken
_CELL_PX = 16
_LEAST_SLOPE = 0.01  # of the real RMS slope: so steep is what is steep no more, water for one


def diversity(real: Fields, synthetic_of_seeds: Fields) -> float | None:
    """Return how different fields of different seeds are, over how different real places are; 0 = all alike.

    1 is as different as real places, and 0.8 to 1.2 is good. Compared are the mean distances of pairs (as
    Zhu et al. 2017 measure the diversity of images): of all disjoint square pieces of the real fields, and of
    pieces of different seeds at the same place, which are of the same size and averaged over the places.

    The distance of two pieces a and b is sqrt(mean over cells of 16 x 16 px of ln(s_a / s_b)^2), with s the
    root-mean-square slope of a cell. So it grows if one is rougher than the other throughout, and if ranges
    and plains lie elsewhere in the one than in the other. Different details on the same forms, or noise which
    is everywhere alike, count for little. Like all ratios of slopes it needs no pixel size.

    A few real places differ by chance: halves of a varied 1200 x 1200 px raster against the whole gave 0.7 to
    1.1. Real places near each other are more alike than those far away.

    Args:
        real: heights (rows, cols), NaN for voids; any number and sizes. Pieces with a void cell are left out.
        synthetic_of_seeds: the same, a field a seed, all of the same extent and of the same pixel size as the
            real ones. Unequal ones are compared in what the smallest has.

    Returns:
        The ratio, never negative; or None if there are less than two seeds or six real pieces with a side of
        256, 128 or 64 px, or if the real ones are all alike or level.
    """
    for side in _SIDES_PX:
        places = _thinned([piece for field in real for piece in _pieces(field, side)])
        at_places = _pieces_at_places(synthetic_of_seeds, side)
        if len(places) >= _FEWEST_PLACES and at_places:
            break
    else:
        return None
    least = _LEAST_SLOPE**2 * np.mean(places)
    of_real = np.mean(_distances(places, least)) if least else 0
    of_seeds = np.mean(np.concatenate([_distances(pieces, least) for pieces in at_places]))
    return float(of_seeds / of_real) if of_real else None


def _pieces_at_places(fields: Fields, side: int) -> list[np.ndarray]:
    """Return the pieces of all seeds at each place that at least two of them have, each (seeds, cells)."""
    rows, cols = np.min([field.shape for field in fields], axis=0) if len(fields) else (0, 0)
    corners = [
        (row, col) for row in range(0, rows - side + 1, side) for col in range(0, cols - side + 1, side)
    ]
    at_places = []
    for row, col in _thinned(corners):
        pieces = [
            piece for field in fields for piece in _pieces(field[row : row + side, col : col + side], side)
        ]
        if len(pieces) > 1:
            at_places.append(np.array(pieces))
    return at_places


def _thinned(places: list) -> list:
    return places[:: 1 + len(places) // _MOST_PLACES]


def _pieces(field: np.ndarray, side: int) -> Iterator[np.ndarray]:
    """Yield the mean square slopes of the cells of disjoint pieces without void cells, (cells,) a piece."""
    for row in range(0, field.shape[0] - side + 1, side):
        for col in range(0, field.shape[1] - side + 1, side):
            squares = _mean_square_slopes(field[row : row + side, col : col + side])
            if np.isfinite(squares).all():
                yield squares


def _mean_square_slopes(piece: np.ndarray) -> np.ndarray:
    """Return the mean square slope of each cell of a piece, (cells,); NaN for cells that are half void."""
    squares = np.pad(slope(piece, 1.0) ** 2, 1, constant_values=np.nan)
    cells = squares.reshape(squares.shape[0] // _CELL_PX, _CELL_PX, -1, _CELL_PX).swapaxes(1, 2)
    cells = cells.reshape(-1, _CELL_PX**2)
    counts = np.isfinite(cells).sum(axis=1)
    return np.where(counts > _CELL_PX**2 / 2, np.nansum(cells, axis=1) / np.maximum(counts, 1), np.nan)


def _distances(squares: Sequence[np.ndarray], least: float) -> np.ndarray:
    """Return the distances of all pairs of pieces, given as mean square slopes (pieces, cells); 1-D."""
    logarithms = np.log(np.asarray(squares) + least) / 2
    return pdist(logarithms) / np.sqrt(logarithms.shape[1])
