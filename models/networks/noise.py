# SPDX-License-Identifier: GPL-3.0-or-later
"""The noise that a stage needs: random for training, from the latent field for a place in the world."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

import numpy as np
import tensorflow as tf

from ..architecture import StageArchitecture
from ..latent import latent_field

_LANES = 4
_NOISE_LEVELS_PER_STAGE = 8  # keeps the fields of the stages apart
_DEVIATIONS = 3  # of a Gaussian, beyond which it is cut off
_STEPS = 1 << 16  # of a weight: exact in float32

_Noise = TypeVar("_Noise", np.ndarray, tf.Tensor)


def _channels(stage: StageArchitecture, level: int) -> int:
    return stage.noise_channels if level else stage.latent_channels


def random_noise(
    stage: StageArchitecture, count: int, random: tf.random.Generator, size: int
) -> list[tf.Tensor]:
    """Return noise for `count` fields of `size` x `size` pixels, one tensor a level (see `Generator.call`).

    It is distributed as in the world: sums of four uniform values, smooth over as many cells.
    """
    noise = []
    for level in range(stage.octaves):
        reaches = _reaches(stage, level)
        side = (size // stage.factor << level) + 2 * (stage.noise_margin(level) + _eaten(reaches))
        lanes = random.uniform([_LANES, count, side, side, _channels(stage, level)], -1.0, 1.0)
        white = tf.reduce_sum(lanes, 0) * float(np.sqrt(3.0 / _LANES))
        noise.append(tf.concat(smooth(white, reaches), -1))
    return noise


def world_noise(
    stage: StageArchitecture, index: int, seed: int, row: int, col: int, size: int
) -> list[np.ndarray]:
    """Return the noise, (1, n, n, c) a level, of the block of output cells that starts at (row, col).

    Args:
        index: the stage's place in the cascade.
        row, col: of the block's first output cell, counted from a corner of the largest cells; multiples of
            `stage.factor`.
        size: output cells a side, a multiple of `stage.factor`.
    """
    noise = []
    for level in range(stage.octaves):
        reaches, cells = _reaches(stage, level), stage.factor >> level
        margin = stage.noise_margin(level) + _eaten(reaches)
        side = size // cells + 2 * margin
        white = latent_field(
            seed,
            index * _NOISE_LEVELS_PER_STAGE + level,
            row // cells - margin,
            col // cells - margin,
            side,
            side,
            _channels(stage, level),
        )
        noise.append(np.concatenate(smooth(white[None], reaches), -1))
    return noise


def smooth(white: _Noise, reaches: Sequence[int]) -> list[_Noise]:
    """Return noise of variance 1 whose channels are, in equal parts, smooth over so many cells each.

    Each part is weighted by a Gaussian whose deviation is the reach, cut off at three of them; 0 leaves it
    white. So forms of several sizes are there from the start. Smooth noise is alike in all directions, and
    holds next to nothing that is finer than its cells can tell: they do not show (the aim of Karras et al.
    2021, arXiv 2106.12423, by other means).

    Args:
        white: (b, n, m, c), independent values of variance 1.
        reaches: in cells; their number divides c.

    Returns:
        One (b, n - 2 e, m - 2 e, c / len(reaches)) for each reach, where e is three times the largest.
    """
    channels = white.shape[-1] // len(reaches)
    parts = []
    for i, reach in enumerate(reaches):
        spare, part = _eaten(reaches) - _eaten([reach]), white[..., i * channels : (i + 1) * channels]
        part = part[:, spare : part.shape[1] - spare, spare : part.shape[2] - spare]
        # Times 1 is a copy in one piece: NumPy would gather these channels again for every weight.
        parts.append(_weighted(1.0 * part, _gaussian(reach)) if reach else part)
    return parts


def _weighted(field: _Noise, weights: Sequence[float]) -> _Noise:
    """Return the weighted sums of as many neighbours as there are weights, along rows and along columns."""
    rows, cols = (field.shape[axis] - len(weights) + 1 for axis in (1, 2))
    along = sum(weight * field[:, i : i + rows] for i, weight in enumerate(weights))
    return sum(weight * along[:, :, i : i + cols] for i, weight in enumerate(weights))


def _reaches(stage: StageArchitecture, level: int) -> tuple[int, ...]:
    return (0,) if level else stage.latent_reaches


def _eaten(reaches: Sequence[int]) -> int:
    """Return the cells on each side that smoothing needs."""
    return _DEVIATIONS * max(reaches)


def _gaussian(reach: int) -> list[float]:
    """Return weights whose squares add up to nearly 1, rounded so that all machines have the same bits."""
    cells = np.arange(-_eaten([reach]), _eaten([reach]) + 1)
    weights = np.exp(-0.5 * (cells / reach) ** 2)
    return (np.round(weights / np.sqrt(np.sum(weights**2)) * _STEPS) / _STEPS).tolist()
