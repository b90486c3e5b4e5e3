# SPDX-License-Identifier: GPL-3.0-or-later
"""Guides that a model has made itself, for its stages to learn from beside real ones.

A guided stage learns along means of real land, and makes land along those of its own coarser stages. Along
guides that it had never seen it let water stand that it would have drained along real ones: two thirds of
the water that the valleys of the bundled model held on Big Tujunga (docs/drainage.md).
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Callable

import numpy as np

from ..architecture import CascadeArchitecture
from ..generation.cascade import Cascade
from ..generation.world import World
from .planning import needed_patch

if TYPE_CHECKING:
    from .base_model import BaseStage
    from .stage_training import StageTrainer

_MOST_WINDOWS, _FEWEST_WINDOWS = 64, 4  # of all landscapes together; of one
_A_WORLD = 8  # windows of one world
_FIRST_SEED = 1 << 20  # beyond those that models are scored by
_EVERY_S = 20.0
_SHARE = 0.02  # of the time that they may take


def windows_of_each(landscapes: int) -> int:
    """Return how many windows each of so many landscapes has."""
    return max(_FEWEST_WINDOWS, _MOST_WINDOWS // landscapes)


def own_guides(cascade: Cascade, index: int, turn: int) -> np.ndarray:
    """Return windows of what guides a stage, turned and mirrored, the same number of each landscape.

    Args:
        cascade: with the weights of today.
        index: of the stage, which has a guide.
        turn: other turns give other windows.

    Returns:
        float32 (landscapes, windows_of_each, n, n, 1), each as wide as the guide of a training patch.
    """
    stage = cascade.architecture.stages[index]
    side = needed_patch(stage) // stage.factor
    landscapes = len(cascade.variety)
    count = windows_of_each(landscapes)
    random = np.random.default_rng([turn, index])
    guides = np.empty((landscapes, count, side, side, 1), np.float32)
    for landscape in range(landscapes):
        for number in range(count):
            if number % _A_WORLD == 0:
                world = World(_FIRST_SEED + int(random.integers(1 << 20)), landscape)
                field = cascade.guide(index).window(world, 0, 0, 3 * side)
            row, col = random.integers(0, 2 * side + 1, 2)
            window = np.rot90(field[row : row + side, col : col + side], random.integers(4))
            guides[landscape, number, :, :, 0] = window[:, ::-1] if random.integers(2) else window
    return guides


class GuideMaker:
    """Gives the stages of a training, now and then, guides that the stages before them make today."""

    def __init__(self, architecture: CascadeArchitecture) -> None:
        self._architecture = architecture
        self._cascade: Cascade | None = None
        self._next_at = 0.0

    def supply(
        self,
        stages: Sequence[StageTrainer | BaseStage],
        trainers: Sequence[StageTrainer],
        turn: int,
        is_over: Callable[[], bool],
    ) -> None:
        """Give new guides to the trainers that take them, if it is time, and once those before know forms.

        Args:
            stages: all of the cascade, those in training among them.
            is_over: whether nobody waits for them any more, asked between stages.
        """
        start = time.monotonic()
        if start < self._next_at:
            return
        for index, stage in enumerate(stages):
            takes = stage in trainers and stage.batches.takes_own_guides
            if takes and all(before.knows_forms for before in stages[:index]) and not is_over():
                stage.batches.take_own_guides(own_guides(self._cascade_of(stages), index, turn))
        taken = time.monotonic() - start
        self._next_at = start + taken + max(_EVERY_S, taken / _SHARE)

    def _cascade_of(self, stages: Sequence[StageTrainer | BaseStage]) -> Cascade:
        weights = {name: array for stage in stages for name, array in stage.weights().items()}
        if self._cascade is None:
            statistics = [stage.statistics for stage in stages]
            self._cascade = Cascade(self._architecture, statistics, weights)
        self._cascade.load(weights)
        return self._cascade
