# SPDX-License-Identifier: GPL-3.0-or-later
"""A piece of land: its heights, what guiding layers say of it, and its cells."""

from __future__ import annotations

from typing import Callable, NamedTuple

import numpy as np


class Area(NamedTuple):
    """A piece of land."""

    values: np.ndarray  # float32 (rows, cols), NaN where void
    landscape: int = 0  # which of the model's landscapes it belongs to
    conditions: np.ndarray | None = None  # of its guiding layers, float32 (rows, cols, n) without voids
    is_bridge: np.ndarray | None = None  # bool (rows, cols): where its values bridge small voids

    def mapped(self, change: Callable[[np.ndarray], np.ndarray]) -> Area:
        """Return the area with its values, and its conditions, changed alike; it has no bridges then."""
        conditions = None if self.conditions is None else change(self.conditions)
        return self._replace(values=change(self.values), conditions=conditions, is_bridge=None)

    def with_voids(self) -> Area:
        """Return the area with its bridges void again."""
        if self.is_bridge is None:
            return self
        values = np.where(self.is_bridge, np.float32(np.nan), self.values)
        return self._replace(values=values, is_bridge=None)


def averaged(area: Area, factor: int) -> Area:
    """Return an area of the means of `factor` x `factor` pixels, without an incomplete rim.

    A mean is that of the pixels with data, bridges among them; where fewer than half have any it is NaN. A
    factor of 1 leaves the pixels themselves, and the bridges marked: they have no details.
    """
    if factor == 1:
        return area
    return area.mapped(lambda values: _means(values, factor))


def _means(values: np.ndarray, factor: int) -> np.ndarray:
    rows, cols = (length // factor for length in values.shape[:2])
    cells = values[: rows * factor, : cols * factor]
    cells = cells.reshape(rows, factor, cols, factor, *values.shape[2:])
    valid = np.isfinite(cells)
    count = valid.sum((1, 3))
    mean = np.where(valid, cells, 0.0).sum((1, 3), dtype=np.float64) / np.maximum(count, 1)
    return np.where(2 * count >= factor**2, mean, np.nan).astype(np.float32)
