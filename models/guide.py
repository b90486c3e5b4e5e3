# SPDX-License-Identifier: GPL-3.0-or-later
"""A given coarse field that land follows: which stages make it finer, and which landscape it is most like."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..errors import GeoGanError
from .architecture import GUIDE_MEAN, CascadeArchitecture
from .cascade import World
from .statistics import FieldStatistics


class GivenField:
    """A field of the world that is known in one window; beyond, its rim goes on."""

    def __init__(self, row: int, col: int, values: np.ndarray) -> None:
        """Take the window's first cell and its values, without voids, (rows, cols)."""
        self._row, self._col, self.values = row, col, np.asarray(values, np.float32)

    def window(self, world: World, row: int, col: int, side: int) -> np.ndarray:  # noqa: ARG002
        """Return the square window at (row, col), float32 (side, side); the same in every world."""
        height, width = self.values.shape
        rows = np.clip(np.arange(row, row + side) - self._row, 0, height - 1)
        cols = np.clip(np.arange(col, col + side) - self._col, 0, width - 1)
        return self.values[np.ix_(rows, cols)]


def first_guided_stage(architecture: CascadeArchitecture, factor: int) -> int:
    """Return the stage from which on the cascade makes a guide `factor` times finer.

    Raises:
        GeoGanError: no stage does.
    """
    for index in range(1, len(architecture.stages)):
        if architecture.pixels_per_field_cell(index - 1) == factor:
            return index
    raise GeoGanError("The model has no stage that makes a guide {factor} times finer.", factor=factor)


def most_alike(values: np.ndarray, statistics: Sequence[FieldStatistics]) -> int:
    """Return the landscape whose guides have forms as high as those of `values`.

    Forms are what differs from the mean of the cells around, as the generator reads its guide.

    Args:
        values: (rows, cols), without voids.
        statistics: of each landscape, of the stage that is guided.
    """
    if min(values.shape) < GUIDE_MEAN:
        return 0
    sums = values.astype(np.float64)
    for axis in (0, 1):
        sums = np.lib.stride_tricks.sliding_window_view(sums, GUIDE_MEAN, axis).sum(-1)
    margin = GUIDE_MEAN // 2
    deviation = (values[margin:-margin, margin:-margin] - sums / GUIDE_MEAN**2).std()
    ratios = [max(deviation, 1e-9) / each.form_deviation for each in statistics]
    return int(np.argmin(np.abs(np.log(ratios))))
