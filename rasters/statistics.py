# SPDX-License-Identifier: GPL-3.0-or-later
"""Statistics of a raster, gathered while it is written."""

from __future__ import annotations

import math

import numpy as np

# Values that are turned to float64 at a time (8 MB).
CHUNK = 2**20


class RunningStatistics:
    """Minimum, maximum, mean and standard deviation of all values added so far (population, ddof 0).

    Parts are merged by Chan, Golub and LeVeque (1979), which loses no digits to a large mean.
    """

    def __init__(self) -> None:
        self.count = 0
        self.minimum = math.inf
        self.maximum = -math.inf
        self.mean = 0.0
        self._squares = 0.0  # sum of squared distances from the mean

    @property
    def deviation(self) -> float:
        """The standard deviation; 0 while there are no values."""
        return math.sqrt(self._squares / self.count) if self.count else 0.0

    def add(self, values: np.ndarray) -> None:
        """Add an array of any shape, without NaN."""
        flat = values.reshape(-1)
        for start in range(0, flat.size, CHUNK):
            self._merge(flat[start : start + CHUNK].astype(np.float64))

    def _merge(self, values: np.ndarray) -> None:
        count = values.size
        mean = float(values.mean())
        squares = float(np.square(values - mean).sum())
        total = self.count + count
        step = mean - self.mean
        self._squares += squares + step * step * self.count * count / total
        self.mean += step * count / total
        self.count = total
        self.minimum = min(self.minimum, float(values.min()))
        self.maximum = max(self.maximum, float(values.max()))
