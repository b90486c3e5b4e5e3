# SPDX-License-Identifier: GPL-3.0-or-later
"""A given coarse field that land follows: which stages make it finer, and which landscape it is most like.

A stage is guided by cells of its own size. Cells in between guide the last stage one octave off: it takes
them for its own, because land is much alike at neighbouring scales, and what it makes is averaged over 2 x 2.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from ...errors import GeoGanError
from ..architecture import GUIDE_MEAN, CascadeArchitecture
from ..model_card import guide_factors
from ..statistics import FieldStatistics
from .cascade import Cascade
from .world import Field, World


class GivenField:
    """A field of the world that is known in one window; beyond, its rim goes on."""

    def __init__(self, row: int, col: int, values: np.ndarray) -> None:
        """Take the window's first cell and its values, without voids, (rows, cols) or (rows, cols, n)."""
        self._row, self._col, self.values = row, col, np.asarray(values, np.float32)

    def window(self, world: World, row: int, col: int, side: int) -> np.ndarray:  # noqa: ARG002
        """Return the square window at (row, col), float32 (side, side, ...); the same in every world."""
        height, width = self.values.shape[:2]
        rows = np.clip(np.arange(row, row + side) - self._row, 0, height - 1)
        cols = np.clip(np.arange(col, col + side) - self._col, 0, width - 1)
        return self.values[np.ix_(rows, cols)]

    def halved(self) -> GivenField:
        """Return the means over 2 x 2 of its cells, on the lattice of those; at the rim, of those known."""
        corner = (self._row, self._col)
        beyond = [(at % 2, (at + size) % 2) for at, size in zip(corner, self.values.shape)]
        beyond += [(0, 0)] * (self.values.ndim - 2)
        means = _means_of_four(np.pad(self.values, beyond, mode="edge"))
        return GivenField(self._row // 2, self._col // 2, means)


class MeansOfFour:
    """The means over 2 x 2 cells of a field."""

    def __init__(self, field: Field) -> None:
        self._field = field

    def window(self, world: World, row: int, col: int, side: int) -> np.ndarray:
        """Return the square window at (row, col), float32 (side, side)."""
        return _means_of_four(self._field.window(world, 2 * row, 2 * col, 2 * side))

    def alone(self, world: World, row: int, col: int, side: int) -> np.ndarray:
        """Return the window as `StageField.alone` computes it; only of the means of a stage's field."""
        return _means_of_four(self._field.alone(world, 2 * row, 2 * col, 2 * side))


def _means_of_four(field: np.ndarray) -> np.ndarray:
    rows = field[::2] + field[1::2]
    return (rows[:, ::2] + rows[:, 1::2]) * field.dtype.type(0.25)


class Following(NamedTuple):
    """A cascade that makes a guide finer, and the stage by whose guides landscapes are told apart."""

    cascade: Cascade
    stage: int
    guide: GivenField
    is_halved: bool  # whether the cells of that stage are twice as wide as the guide's

    def own_guide(self) -> GivenField:
        """Return the guide on the cells of that stage."""
        return self.guide.halved() if self.is_halved else self.guide


def following(cascade: Cascade, guide: GivenField, factor: int, *, is_free: bool = False) -> Following:
    """Return the cascade that makes a guide `factor` times finer; `is_free` as in `Cascade.guided_by`.

    Raises:
        GeoGanError: no stage does, nor the last one used one octave off.
    """
    architecture = cascade.architecture
    stage = _stage_guided_by(architecture, factor)
    if stage is not None:
        return Following(cascade.guided_by(guide, stage, is_free=is_free), stage, guide, is_halved=False)
    factors = guide_factors([stage.factor for stage in architecture.stages[1:]])
    # Conditions lie on a stage's own cells, and would be an octave off with it.
    if factor not in factors or architecture.conditions:
        raise GeoGanError("The model has no stage that makes a guide {factor} times finer.", factor=factor)
    last = len(architecture.stages) - 1
    means = MeansOfFour(cascade.field(last, guide))
    made_px = 2 * factor // architecture.stages[last].factor  # across the cells of these means
    rest = len(architecture.stages) if made_px == 1 else _stage_guided_by(architecture, made_px)
    stage = _stage_guided_by(architecture, 2 * factor)
    return Following(cascade.guided_by(means, rest, is_free=is_free), stage, guide, is_halved=True)


def _stage_guided_by(architecture: CascadeArchitecture, factor: int) -> int | None:
    for index in range(1, len(architecture.stages)):
        if architecture.pixels_per_field_cell(index - 1) == factor:
            return index
    return None


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
