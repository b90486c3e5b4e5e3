# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf
from geogan.models.training.running_means import MeanByLandscape, MeansBesideReal, RunningMean


def test_a_mean_of_few_patches_moves_a_little_and_one_of_many_forgets_what_was():
    mean = RunningMean(tf.zeros([2]))
    mean.remember(tf.constant([1.0, 2.0]), patches=16)
    np.testing.assert_allclose(mean.variable, [0.25, 0.5])
    mean.remember(tf.constant([3.0, 4.0]), patches=1000)
    np.testing.assert_allclose(mean.variable, [3.0, 4.0])


def test_each_landscape_s_mean_moves_by_its_own_patches():
    mean = MeanByLandscape(tf.zeros([3, 1]))
    found = tf.constant([[1.0]] * 16 + [[2.0]] * 64)
    landscape = tf.constant([0] * 16 + [2] * 64, tf.int64)
    mean.remember_each(found, landscape)
    np.testing.assert_allclose(mean.variable[:, 0], [0.25, 0.0, 2.0])
    np.testing.assert_allclose(mean.of(tf.constant([2, 0]))[:, 0], [2.0, 0.25])


def test_what_is_remembered_has_no_gradient():
    found = tf.constant([[1.0], [2.0]])
    with tf.GradientTape() as tape:
        tape.watch(found)
        mean = MeanByLandscape(tf.zeros([1, 1]))
        mean.remember_each(found, tf.constant([0, 0]))
        value = tf.reduce_sum(mean.of(tf.constant([0])))
    assert tape.gradient(value, found) is None


@pytest.mark.parametrize("patches", [1, 8, 64])
def test_land_that_stays_as_it_is_keeps_its_mean(patches):
    mean = MeanByLandscape(tf.ones([2, 3]))
    mean.remember_each(tf.ones([patches, 3]), tf.ones([patches], tf.int64))
    np.testing.assert_allclose(mean.variable, np.ones((2, 3)), rtol=1e-6)


@pytest.mark.parametrize(("twice", "sign"), [("generated", 1.0), ("real", -1.0)])
def test_what_is_larger_than_on_real_land_is_told_to_shrink_and_what_is_smaller_to_grow(twice, sign):
    means, landscape = MeansBesideReal(2, 2), tf.zeros([64], tf.int64)
    lands = {name: tf.constant([[2.0 if name == twice else 1.0, 1.0]] * 64) for name in ("generated", "real")}
    with tf.GradientTape() as tape:
        tape.watch(lands["generated"])
        loss = means.pull(lands["generated"], lands["real"], landscape, tf.constant([1.0, 1.0]))
    gradient = tape.gradient(loss, lands["generated"]).numpy()
    assert (sign * gradient[:, 0] > 0.0).all()
    np.testing.assert_array_equal(gradient[:, 1], 0.0)
    assert float(means.ratio(0)) == pytest.approx((2.0**sign + 1.0) / 2.0), "the other landscape is as it was"
