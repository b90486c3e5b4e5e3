# SPDX-License-Identifier: GPL-3.0-or-later
"""Brings fine land to the heights of the coarse cells that it lies in, smoothly.

What a cell lacks is added as a bilinear surface, twice, since the mean of that surface over a cell is not
quite the cell's. The small rest is added cell by cell, as a bump that is level at the border, so that no
edge shows. Only sums of shifted arrays are used: the same pixels come out whatever window they are made in.
"""

from __future__ import annotations

import numpy as np

_SURFACES = 2
#: How far from a cell the cells lie that it depends on: one further for each bilinear surface.
MARGIN = _SURFACES


def with_cell_means(field: np.ndarray, cells: np.ndarray, factor: int) -> np.ndarray:
    """Return the field with the mean of each coarse cell equal to the cell, to rounding.

    Args:
        field: (n factor, m factor), without voids.
        cells: (n, m); where NaN, the field is left to its surroundings.

    Returns:
        float64 (n factor, m factor).
    """
    fitted = field.astype(np.float64)
    for _ in range(_SURFACES):
        fitted = fitted + bilinear(_lacking(fitted, cells, factor), factor)
    return fitted + _bumps(_lacking(fitted, cells, factor), factor)


def cell_means(field: np.ndarray, factor: int) -> np.ndarray:
    """Return the means of factor x factor pixels: (n factor, m factor) -> (n, m)."""
    total = np.zeros((field.shape[0] // factor, field.shape[1] // factor))
    for row in range(factor):
        for col in range(factor):
            total = total + field[row::factor, col::factor]
    return total / factor**2


def bilinear(cells: np.ndarray, factor: int) -> np.ndarray:
    """Return cells made `factor` times finer, bilinear between their centres, the rim repeated."""
    place = (np.arange(factor) + 0.5) / factor - 0.5  # of each pixel from the centre of its cell, in cells
    fine = cells
    for axis in (0, 1):
        count = fine.shape[axis]
        lower = np.repeat(np.arange(count), factor) - np.tile(place < 0.0, count)
        share = np.expand_dims(np.tile(place % 1.0, count), 1 - axis)
        before, after = (np.take(fine, np.clip(lower + step, 0, count - 1), axis) for step in (0, 1))
        fine = before * (1.0 - share) + after * share
    return fine


def _lacking(field: np.ndarray, cells: np.ndarray, factor: int) -> np.ndarray:
    return np.nan_to_num(cells - cell_means(field, factor))


def _bumps(heights: np.ndarray, factor: int) -> np.ndarray:
    """Return cells as bumps whose mean over the cell is its height and that are zero at its border."""
    profile = np.sin(np.pi * (np.arange(factor) + 0.5) / factor) ** 2
    profile /= profile.mean()
    return np.kron(heights, np.outer(profile, profile))
