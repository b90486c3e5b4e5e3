# SPDX-License-Identifier: GPL-3.0-or-later
"""Squares without voids, or with few, cut from fields."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np


class Crops:
    """All squares of one size in some fields that are not void, or hardly."""

    def __init__(self, fields: Sequence[np.ndarray], side: int, voids: float = 0.0) -> None:
        """Take heights (rows, cols), NaN for voids, the side in pixels, and what share may be void.

        Raises:
            ValueError: there is no such square.
        """
        self._fields, self._side = fields, side
        corners = [_corners(field, side, voids * side**2) for field in fields]
        self._places = np.concatenate(
            [np.insert(found, 0, number, axis=1) for number, found in enumerate(corners)]
        )
        if not len(self._places):
            raise ValueError(f"The land has no square of {side} x {side} pixels with so few voids.")

    def random(self, count: int, random: np.random.Generator) -> np.ndarray:
        """Return squares from random places, each in one of the eight symmetries, (count, side, side)."""
        drawn = self._places[random.integers(len(self._places), size=count)]
        return np.stack([_turned(self._at(place), random.integers(8)) for place in drawn])

    def spread(self, count: int) -> list[np.ndarray]:
        """Return squares from places that are evenly spread; where there is little room, they overlap."""
        chosen = np.linspace(0, len(self._places) - 1, count).round().astype(np.int64)
        return [self._at(place) for place in self._places[chosen]]

    def _at(self, place: np.ndarray) -> np.ndarray:
        number, row, col = place
        return self._fields[number][row : row + self._side, col : col + self._side]


def _corners(field: np.ndarray, side: int, most_voids: float) -> np.ndarray:
    """Return the upper left corners (row, col) of all squares with up to so many voids, (count, 2)."""
    if min(field.shape) < side:
        return np.empty((0, 2), np.int64)
    voids = np.pad(np.isnan(field).cumsum(axis=0).cumsum(axis=1), ((1, 0), (1, 0)))
    inside = voids[side:, side:] - voids[:-side, side:] - voids[side:, :-side] + voids[:-side, :-side]
    return np.argwhere(inside <= most_voids)


def _turned(square: np.ndarray, symmetry: int) -> np.ndarray:
    """Return a square turned by quarters (0 to 3), and mirrored from 4 on."""
    turned = np.rot90(square, symmetry % 4)
    return turned.T if symmetry >= 4 else turned
