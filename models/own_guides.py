# SPDX-License-Identifier: GPL-3.0-or-later
"""Guides that a model has made itself, for its stages to learn from beside real ones.

A guided stage learns along means of real land, and makes land along those of its own coarser stages. Along
guides that it had never seen it let water stand that it would have drained along real ones: two thirds of
the water that the valleys of the bundled model held on Big Tujunga (docs/drainage.md).
"""

from __future__ import annotations

import numpy as np

from .cascade import Cascade, World
from .planning import needed_patch

_MOST_WINDOWS, _FEWEST_WINDOWS = 64, 4  # of all landscapes together; of one
_A_WORLD = 8  # windows of one world
_FIRST_SEED = 1 << 20  # beyond those that models are scored by


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
                field = cascade.field(index - 1).window(world, 0, 0, 3 * side)
            row, col = random.integers(0, 2 * side + 1, 2)
            window = np.rot90(field[row : row + side, col : col + side], random.integers(4))
            guides[landscape, number, :, :, 0] = window[:, ::-1] if random.integers(2) else window
    return guides
