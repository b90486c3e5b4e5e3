# SPDX-License-Identifier: GPL-3.0-or-later
"""The classic GAN as a contestant: trained for the same time on the same land."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import numpy as np

from .crops import Crops
from .task import Task

FIRST_SEED = 1000


def train(task: Task) -> dict[str, Any]:
    """Train on random squares of the training part until the minutes are over; building is not counted."""
    from .classic_gan import BATCH, SIDE_PX, ClassicGan  # here, because it brings TensorFlow

    heights = np.concatenate([field[np.isfinite(field)] for field in task.land.training])
    gan = ClassicGan((float(heights.min()), float(heights.max())), task.training_seed)
    crops, random = Crops(task.land.training, SIDE_PX), np.random.default_rng(task.training_seed)
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


def generate(task: Task) -> Iterator[np.ndarray]:
    """Yield fields of 256 x 256 px, all that this network can make: four stand for one of 512 x 512 px."""
    from .classic_gan import ClassicGan

    gan = ClassicGan.loaded(task.model)
    for seed in range(FIRST_SEED, FIRST_SEED + task.fields):
        yield gan.generate(seed)


def corners(task: Task) -> list[tuple[int, int]]:
    """Return where each field begins in the cells of the network: at a corner."""
    return [(0, 0)] * task.fields
