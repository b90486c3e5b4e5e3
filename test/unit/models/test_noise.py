# SPDX-License-Identifier: GPL-3.0-or-later
"""The noise of a stage: the same at a place however it is asked for, and smooth where a stage wants it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import tensorflow as tf
from geogan.models.architecture import layout_of, stage_of
from geogan.models.networks.noise import random_noise, smooth, world_noise

LAYOUT = layout_of("fast", 32)
REACHES = LAYOUT.latent_reaches


def white(size: int, channels: int) -> np.ndarray:
    return np.random.default_rng(0).standard_normal((1, size, size, channels)).astype(np.float32)


def correlation(noise: np.ndarray, down: int, right: int) -> float:
    one, other = noise[:, down:, right:], noise[:, : noise.shape[1] - down, : noise.shape[2] - right]
    return float((one * other).mean() / noise.var())


@pytest.fixture(scope="module")
def parts() -> dict[int, np.ndarray]:
    return dict(zip(REACHES, smooth(white(1024, 8 * len(REACHES)), REACHES)))


def test_smooth_noise_is_as_strong_as_white_noise(parts):
    for part in parts.values():
        assert part.shape == (1, 1000, 1000, 8)
        assert part.mean() == pytest.approx(0.0, abs=0.02)
        assert part.var() == pytest.approx(1.0, abs=0.03)


@pytest.mark.parametrize("reach", [1, 2, 4])
def test_smooth_noise_forgets_as_a_gaussian_does(parts, reach):
    """White noise weighted by a Gaussian of deviation s correlates as one of s * sqrt(2)."""
    for cells in (1, reach, 2 * reach):
        expected = np.exp(-((cells / reach) ** 2) / 4.0)
        assert correlation(parts[reach], cells, 0) == pytest.approx(expected, abs=0.03)
        assert correlation(parts[reach], 0, cells) == pytest.approx(expected, abs=0.03)


@pytest.mark.parametrize("reach", [1, 2, 4])
def test_smooth_noise_is_alike_in_all_directions(parts, reach):
    """3 cells along one axis and 4 along the other are as far as 5."""
    assert correlation(parts[reach], 3, 4) == pytest.approx(correlation(parts[reach], 0, 5), abs=0.03)


def test_what_changes_from_each_cell_to_the_next_is_not_in_smooth_noise():
    chessboard = (np.indices((40, 40)).sum(0) % 2 * 2.0 - 1.0).astype(np.float32)

    for reach in (1, 2, 4):
        (part,) = smooth(chessboard[None, :, :, None], [reach])
        assert np.abs(part).max() < 0.03


def test_a_layout_starts_from_smooth_noise_and_a_guided_stage_from_white_noise():
    latent, finer = world_noise(LAYOUT, 0, 1, 0, 0, 2048)
    guided = world_noise(stage_of("fast", "detail", 4, True, 32), 1, 1, 0, 0, 512)

    of_reach = np.split(latent, len(REACHES), -1)
    neighbours = [correlation(noise, 0, 1) for noise in of_reach]
    assert neighbours == pytest.approx([0.0, 0.78, 0.94, 0.98], abs=0.03)
    assert all(abs(correlation(noise, 0, 1)) < 0.02 for noise in (finer, *guided))


def test_the_noise_of_a_place_is_the_same_bits_whatever_block_it_is_asked_for_with():
    whole = world_noise(LAYOUT, 0, 7, -64, -64, 128)
    part = world_noise(LAYOUT, 0, 7, 0, -32, 64)

    for level, (large, small) in enumerate(zip(whole, part)):
        row, col = 64 >> 2 - level, 32 >> 2 - level
        side = small.shape[1]
        assert np.array_equal(large[:, row : row + side, col : col + side], small)


@pytest.mark.parametrize("stage", [LAYOUT, replace(LAYOUT, latent_reaches=(0,))], ids=["smooth", "white"])
def test_training_draws_noise_like_the_worlds(stage):
    drawn = random_noise(stage, 64, tf.random.Generator.from_seed(3), 256)
    of_world = world_noise(stage, 0, 3, 0, 0, 2048)
    asked_for = world_noise(stage, 0, 3, 0, 0, 256)

    for training, world, same_size in zip(map(np.array, drawn), of_world, asked_for):
        assert training.shape[1:] == same_size.shape[1:]
        assert training.var() == pytest.approx(world.var(), abs=0.03)
        assert correlation(training, 1, 0) == pytest.approx(correlation(world, 1, 0), abs=0.03)
