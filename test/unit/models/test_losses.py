# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf
from geogan.models.training.losses import LOSSES, gradient_penalty, guide_distance

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
