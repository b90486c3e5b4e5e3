# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf
from geogan.models import pyramid


def _plane(rows, cols, cell=1.0, first=0.0):
    """A tilted plane sampled at cell centres: value = 2 y + 3 x."""
    y = first + cell * (np.arange(rows) + 0.5)
    x = first + cell * (np.arange(cols) + 0.5)
    return tf.constant((2.0 * y[:, None] + 3.0 * x[None, :]).astype(np.float32)[None, :, :, None])


def test_refining_a_plane_gives_the_same_plane_at_half_the_cell_size():
    finer = pyramid.twice_finer(_plane(6, 5, cell=2.0))
    np.testing.assert_allclose(finer, _plane(10, 8, cell=1.0, first=1.0), atol=1e-5)


def test_averaging_a_plane_gives_the_same_plane_at_the_coarser_cell_size():
    np.testing.assert_allclose(pyramid.mean_pool(_plane(8, 16), 4), _plane(2, 4, cell=4.0), atol=1e-5)


@pytest.mark.parametrize("levels", [1, 2, 3])
def test_the_bands_and_the_low_pass_add_up_to_the_field(levels):
    field = tf.random.stateless_normal([2, 64, 32, 1], seed=[1, 2])
    rebuilt, *bands = pyramid.laplacian_bands(field, levels)
    assert rebuilt.shape == (2, 64 >> levels, 32 >> levels, 1)
    for band in bands:
        rebuilt = pyramid.twice_finer_padded(rebuilt) + band
    np.testing.assert_allclose(rebuilt, field, atol=1e-5)


def test_the_bands_of_a_plane_are_zero_inside():
    _, *bands = pyramid.laplacian_bands(_plane(64, 64), 3)
    for band in bands:
        np.testing.assert_allclose(pyramid.without_margin(band, 2), 0.0, atol=1e-4)


def test_the_bands_have_second_derivatives():
    """The penalties differentiate the discriminator's gradient once more, through these operations."""
    field = tf.random.stateless_normal([1, 16, 16, 1], seed=[1, 2])
    weight = tf.Variable(0.7)
    with tf.GradientTape() as outer:
        with tf.GradientTape() as inner:
            inner.watch(field)
            value = tf.add_n(
                [tf.reduce_sum((weight * band) ** 3) for band in pyramid.laplacian_bands(field, 2)]
            )
        penalty = tf.reduce_sum(inner.gradient(value, field) ** 2)
    # value is of degree 3 in the weight, its gradient too, the penalty of degree 6.
    assert outer.gradient(penalty, weight).numpy() == pytest.approx(6.0 * penalty.numpy() / 0.7, rel=1e-4)


def test_local_deviation_is_the_field_less_its_mean_around():
    field = np.random.default_rng(1).normal(size=(1, 9, 8, 1)).astype(np.float32)
    found = pyramid.local_deviation(tf.constant(field), 5)
    assert found.shape == (1, 5, 4, 1)
    assert found[0, 2, 1, 0].numpy() == pytest.approx(
        field[0, 4, 3, 0] - field[0, 2:7, 1:6, 0].mean(), abs=1e-5
    )


def test_no_margin_is_the_field_itself():
    field = tf.zeros([1, 4, 4, 1])
    assert pyramid.without_margin(field, 0).shape == field.shape
