# SPDX-License-Identifier: GPL-3.0-or-later
"""Statistics of a raster, gathered while it is written."""

from __future__ import annotations

import math
from collections.abc import Iterable
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


def mean_and_deviation(fields: Iterable[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """Return the mean and the standard deviation (of a sample, ddof 1) of fields, pixel by pixel.

    They are read once and not kept (Welford 1962). NaN in any of them makes both NaN there.

    Args:
        fields: float32 [H, W], two or more.
    """
    count = 0
    for field in fields:
        values = field.astype(np.float64)
        count += 1
        if count == 1:
            mean, squares = values, np.where(np.isnan(values), np.nan, 0.0)
        else:
            step = values - mean
            mean = mean + step / count
            squares += step * (values - mean)
    return mean.astype(np.float32), np.sqrt(squares / (count - 1)).astype(np.float32)
