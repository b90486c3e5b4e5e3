# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf
from geogan.models.losses import (
    LOSSES,
    gradient_penalty,
    grain_strength,
    grid_strength,
    guide_distance,
    water_excess,
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


def test_water_counts_where_it_is_deeper_than_on_real_land_and_nowhere_else():
    wanted = tf.constant([0.01, 0.03])
    assert water_excess(tf.fill([2, 4, 4, 1], 0.02), wanted).numpy() == pytest.approx(0.0, abs=1e-6)
    assert water_excess(tf.fill([2, 4, 4, 1], 0.002), wanted).numpy() == 0.0
    assert water_excess(tf.fill([2, 4, 4, 1], 0.2), wanted).numpy() == pytest.approx(np.log(10.0), rel=0.01)


def test_dry_land_is_not_asked_to_be_drier_than_dry():
    assert water_excess(tf.zeros([1, 4, 4, 1]), tf.zeros([1])).numpy() == 0.0


def _noise(size=(16, 36, 36, 1)):
    return tf.random.stateless_normal(size, seed=[4, 2])


@pytest.mark.parametrize("axis", [1, 2])
def test_land_that_bends_more_on_every_fourth_line_has_a_grid_along_either_axis(axis):
    lines = tf.reshape(tf.constant([1.0, 1.0, 1.3, 1.0] * 9), [1, -1, 1, 1] if axis == 1 else [1, 1, -1, 1])
    assert grid_strength(_noise() * lines, 4) > 3.0 * grid_strength(_noise(), 4)


def test_land_that_is_raised_on_every_fourth_line_has_a_grid():
    raised = tf.reshape(tf.constant([0.0, 0.0, 0.3, 0.0] * 9), [1, -1, 1, 1])
    assert grid_strength(_noise() + raised, 4) > 3.0 * grid_strength(_noise(), 4)


def test_the_grid_does_not_depend_on_the_unit_and_level_land_has_none():
    field = _noise()
    assert grid_strength(100.0 * field, 4).numpy() == pytest.approx(grid_strength(field, 4).numpy(), rel=1e-3)
    assert grid_strength(tf.ones([1, 16, 16, 1]), 4).numpy() == 0.0


def test_rough_land_without_a_direction_has_no_grain():
    assert grain_strength([_noise()]).numpy() < 1e-3


@pytest.mark.parametrize(("down", "right"), [(1.0, 0.0), (0.0, 1.0), (0.7, 0.7), (0.7, -0.7)])
def test_ridges_that_all_run_one_way_are_a_grain_whatever_the_way(down, right):
    across = down * np.arange(36.0)[:, None] + right * np.arange(36.0)[None, :]
    ridges = tf.constant(np.sin(across / 3.0)[None, :, :, None], tf.float32)
    assert grain_strength([ridges]).numpy() == pytest.approx(1.0, abs=0.1)
    both_ways = tf.concat([ridges, tf.image.rot90(ridges)], 0)
    assert grain_strength([both_ways]).numpy() < 0.01
