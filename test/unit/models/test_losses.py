# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf
from geogan.models.losses import (
    GRAIN_STATISTICS,
    GRID_STATISTICS,
    LOSSES,
    gradient_penalty,
    grain,
    grid,
    guide_distance,
    water_ratio,
)

REAL, FAKE = tf.constant([2.0, -1.0]), tf.constant([0.5, 3.0])


def _softplus(x):
    return np.log1p(np.exp(x))


def test_the_relativistic_pair_judges_each_fake_against_its_real():
    pair = LOSSES["relativistic"]
    np.testing.assert_allclose(pair.discriminator(REAL, FAKE), _softplus(np.array([-1.5, 4.0])), rtol=1e-6)
    np.testing.assert_allclose(pair.generator(REAL, FAKE), _softplus(np.array([1.5, -4.0])), rtol=1e-6)


def test_the_relativistic_pair_does_not_see_a_shift_of_all_logits():
    pair = LOSSES["relativistic"]
    np.testing.assert_allclose(
        pair.discriminator(REAL + 5.0, FAKE + 5.0), pair.discriminator(REAL, FAKE), rtol=1e-5
    )


def test_the_standard_pair_is_sigmoid_cross_entropy():
    pair = LOSSES["standard"]
    sigmoid = lambda x: 1.0 / (1.0 + np.exp(-x))  # noqa: E731
    real, fake = sigmoid(REAL.numpy()), sigmoid(FAKE.numpy())
    np.testing.assert_allclose(pair.discriminator(REAL, FAKE), -np.log(real) - np.log(1.0 - fake), rtol=1e-5)
    np.testing.assert_allclose(pair.generator(REAL, FAKE), -np.log(fake), rtol=1e-5)


def test_the_penalty_of_a_linear_discriminator_is_the_square_of_its_weights():
    """D(x) = sum of w x over the bands, so the gradient is w wherever it is taken."""
    weights = [
        np.random.default_rng(i).normal(size=(1, 8 >> i, 8 >> i, 1)).astype(np.float32) for i in range(2)
    ]
    bands = [tf.random.stateless_normal([3, 8 >> i, 8 >> i, 1], seed=[i, 0]) for i in range(2)]
    with tf.GradientTape() as tape:
        tape.watch(bands)
        logits = tf.add_n([tf.reduce_sum(w * band, [1, 2, 3]) for w, band in zip(weights, bands)])
    penalty = gradient_penalty(tape.gradient(logits, bands))
    np.testing.assert_allclose(penalty, sum((w**2).sum() for w in weights), rtol=1e-5)
    assert penalty.shape == (3,)


def test_guide_distance_is_in_the_given_unit():
    means, guide = tf.fill([2, 3, 3, 1], 7.0), tf.fill([2, 3, 3, 1], 4.0)
    assert guide_distance(means, guide, unit=1.5).numpy().tolist() == pytest.approx([2.0, 2.0])


def test_water_is_told_in_times_that_of_real_land():
    wanted = tf.constant([0.01, 0.03])
    assert water_ratio(tf.fill([2, 4, 4, 1], 0.02), wanted).numpy() == pytest.approx(1.0)
    assert water_ratio(tf.fill([2, 4, 4, 1], 0.2), wanted).numpy() == pytest.approx(10.0, rel=0.01)


def test_dry_land_is_as_wet_as_dry_land():
    assert water_ratio(tf.zeros([1, 4, 4, 1]), tf.zeros([1])).numpy() == 1.0


def _noise(size=(16, 36, 36, 1)):
    return tf.random.stateless_normal(size, seed=[4, 2])


def _size(statistics):
    return float(tf.norm(statistics))


@pytest.mark.parametrize("axis", [1, 2])
def test_land_that_bends_more_on_every_fourth_line_has_a_grid_along_either_axis(axis):
    lines = tf.reshape(tf.constant([1.0, 1.0, 1.3, 1.0] * 9), [1, -1, 1, 1] if axis == 1 else [1, 1, -1, 1])
    assert _size(grid(_noise() * lines, 4)) > 1.8 * _size(grid(_noise(), 4))


def test_land_that_is_raised_on_every_fourth_line_has_a_grid():
    raised = tf.reshape(tf.constant([0.0, 0.0, 0.3, 0.0] * 9), [1, -1, 1, 1])
    assert _size(grid(_noise() + raised, 4)) > 1.8 * _size(grid(_noise(), 4))


def test_blocks_of_two_are_a_grid_though_they_bend_alike_everywhere():
    blocks = tf.repeat(tf.repeat(_noise((16, 18, 18, 1)), 2, 1), 2, 2)
    assert _size(grid(blocks, 4)) > 5.0 * _size(grid(_noise(), 4))


def test_the_grid_does_not_depend_on_the_unit_and_level_land_has_none():
    found = grid(_noise(), 4)
    assert found.shape == (4 * GRID_STATISTICS,)
    np.testing.assert_allclose(grid(100.0 * _noise(), 4), found, atol=1e-4)
    assert _size(grid(tf.ones([1, 16, 16, 1]), 4)) == 0.0


def test_rough_land_without_a_direction_has_no_grain():
    assert _size(grain([_noise()])) < 0.03


@pytest.mark.parametrize(("down", "right"), [(1.0, 0.0), (0.0, 1.0), (0.7, 0.7), (0.7, -0.7)])
def test_ridges_that_all_run_one_way_are_a_grain_whatever_the_way(down, right):
    across = down * np.arange(36.0)[:, None] + right * np.arange(36.0)[None, :]
    ridges = tf.constant(np.sin(across / 3.0)[None, :, :, None], tf.float32)
    assert grain([ridges]).shape == (GRAIN_STATISTICS,)
    assert _size(grain([ridges])) == pytest.approx(1.0, abs=0.05)
    both_ways = tf.concat([ridges, tf.image.rot90(ridges)], 0)
    assert _size(grain([both_ways])) < 0.1
