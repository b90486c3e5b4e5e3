# SPDX-License-Identifier: GPL-3.0-or-later
"""The classic GAN as a contestant: trained for the same time on the same land."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from geogan.rasters.reading.coarse import filled_within

from .crops import Crops
from .task import Task

FIRST_SEED = 1000
FILLED_PX = 100  # from known land


def train(task: Task) -> dict[str, Any]:
    """Train on random squares of the training part until the minutes are over; building is not counted."""
    from .classic_gan import BATCH, SIDE_PX, ClassicGan  # here, because it brings TensorFlow

    heights = np.concatenate([field[np.isfinite(field)] for field in task.land.training])
    gan = ClassicGan((float(heights.min()), float(heights.max())), task.training_seed)
    crops, random = squares_of(task.land.training, SIDE_PX), np.random.default_rng(task.training_seed)
    gan.compile()
    start, steps, losses = time.monotonic(), 0, (np.nan, np.nan)
    while time.monotonic() - start < task.minutes * 60:
        losses = gan.step(crops.random(BATCH, random))
        steps += 1
    seconds = time.monotonic() - start
    gan.save(task.model)
    return {
        "steps": steps,
        "seconds": seconds,
        "patches_per_second": steps * BATCH / seconds,
        "generator_loss": losses[0],
        "discriminator_loss": losses[1],
        "generator_parameters": gan.generator.count_params(),
        "discriminator_parameters": gan.discriminator.count_params(),
    }


def squares_of(land: Sequence[np.ndarray], side: int) -> Crops:
    """Return the squares to learn from. Their voids are interpolated, for this network knows of none.

    Raises:
        ValueError: there is no square that known land reaches all of.
    """
    return Crops([filled_within(FILLED_PX, field, "to learn from") for field in land], side)


def generate(task: Task) -> Iterator[np.ndarray]:
    """Yield fields of 256 x 256 px, all that this network can make: four stand for one of 512 x 512 px."""
    from .classic_gan import ClassicGan

    gan = ClassicGan.loaded(task.model)
    for seed in range(FIRST_SEED, FIRST_SEED + task.fields):
        yield gan.generate(seed)


def corners(task: Task) -> list[tuple[int, int]]:
    """Return where each field begins in the cells of the network: at a corner."""
    return [(0, 0)] * task.fields
