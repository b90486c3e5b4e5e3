# SPDX-License-Identifier: GPL-3.0-or-later
"""Statistics of a raster, gathered while it is written."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

# Values that are turned to float64 at a time (8 MB).
CHUNK = 2**20


@dataclass
class RunningStatistics:
    """Minimum, maximum, mean and standard deviation of all values added so far (population, ddof 0).

    Parts are merged by Chan, Golub and LeVeque (1979), which loses no digits to a large mean.
    """

    count: int = 0
    minimum: float = math.inf
    maximum: float = -math.inf
    mean: float = 0.0
    squares: float = 0.0  # sum of squared distances from the mean

    @property
    def deviation(self) -> float:
        """The standard deviation; 0 while there are no values."""
        return math.sqrt(self.squares / self.count) if self.count else 0.0

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
        self.squares += squares + step * step * self.count * count / total
        self.mean += step * count / total
        self.count = total
        self.minimum = min(self.minimum, float(values.min()))
        self.maximum = max(self.maximum, float(values.max()))
