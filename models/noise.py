# SPDX-License-Identifier: GPL-3.0-or-later
"""The noise that a stage needs: random for training, from the latent field for a place in the world."""

from __future__ import annotations

import numpy as np
import tensorflow as tf

from .architecture import StageArchitecture
from .latent import latent_field

_LANES = 4
_NOISE_LEVELS_PER_STAGE = 8  # keeps the fields of the stages apart


def _channels(stage: StageArchitecture, level: int) -> int:
    return stage.noise_channels if level else stage.latent_channels


def random_noise(
    stage: StageArchitecture, count: int, random: tf.random.Generator, size: int
) -> list[tf.Tensor]:
    """Return noise for `count` fields of `size` x `size` pixels, one tensor a level (see `Generator.call`).

    It has the distribution of the latent field: the sum of four uniform values.
    """
    noise = []
    for level in range(stage.octaves):
        side = (size // stage.factor << level) + 2 * stage.noise_margin(level)
        lanes = random.uniform([_LANES, count, side, side, _channels(stage, level)], -1.0, 1.0)
        noise.append(tf.reduce_sum(lanes, 0) * float(np.sqrt(3.0 / _LANES)))
    return noise


def world_noise(
    stage: StageArchitecture, index: int, seed: int, row: int, col: int, size: int
) -> list[np.ndarray]:
    """Return the noise, (1, n, n, c) a level, of the block of output cells that starts at (row, col).

    Args:
        index: the stage's place in the cascade.
        row, col: world indices of the block's first output cell, multiples of `stage.factor`.
        size: output cells a side, a multiple of `stage.factor`.
    """
    noise = []
    for level in range(stage.octaves):
        margin, cells = stage.noise_margin(level), stage.factor >> level
        side = size // cells + 2 * margin
        field = latent_field(
            seed,
            index * _NOISE_LEVELS_PER_STAGE + level,
            row // cells - margin,
            col // cells - margin,
            side,
            side,
            _channels(stage, level),
        )
        noise.append(field[None])
    return noise
