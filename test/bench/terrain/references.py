# SPDX-License-Identifier: GPL-3.0-or-later
"""What needs no training: the real land itself, and noise with its spectrum."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from geogan.realism.random_phases import random_phases

from .crops import Crops
from .task import FIELD_PX, Task

MOST_VOIDS = 0.05  # of a square


def real_land(task: Task) -> Iterator[np.ndarray]:
    """Yield squares of the training part: the best that copying could do, and what novelty is there for.

    Where none is without voids, some of a square may be: the measures leave voids out.
    """
    try:
        crops = Crops(task.land.training, FIELD_PX)
    except ValueError:
        crops = Crops(task.land.training, FIELD_PX, voids=MOST_VOIDS)
    yield from crops.spread(task.fields)


def noise(task: Task) -> Iterator[np.ndarray]:
    """Yield random phases with the spectrum of the training part."""
    largest = max(task.land.training, key=lambda field: field.size)
    for seed in range(task.fields):
        yield _middle(random_phases(largest, seed))


def _middle(field: np.ndarray) -> np.ndarray:
    top, left = (max(0, (length - FIELD_PX) // 2) for length in field.shape)
    return field[top : top + FIELD_PX, left : left + FIELD_PX]
