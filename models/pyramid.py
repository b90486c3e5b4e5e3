# SPDX-License-Identifier: GPL-3.0-or-later
"""Resampling by powers of two and the Laplacian bands, as tensor operations with gradients of any order.

`tf.image.resize` has no second gradient, which the penalties of the discriminator need; everything here is
made of means, slices, padding and sums. Tensors are (batch, rows, cols, channels).
"""

from __future__ import annotations

import tensorflow as tf


def mean_pool(field: tf.Tensor, factor: int = 2) -> tf.Tensor:
    """Return the means of `factor` x `factor` cells: (b, n f, m f, c) -> (b, n, m, c)."""
    return tf.nn.avg_pool2d(field, factor, factor, "VALID")


def twice_finer(field: tf.Tensor) -> tf.Tensor:
    """Return the bilinear field at half the cell size: (b, n, m, c) -> (b, 2 n - 2, 2 m - 2, c).

    Cell centres are kept, so half a coarse cell is lost on each side: a margin of k coarse cells becomes one
    of 2 k - 1 fine cells.
    """
    return _finer_along(_finer_along(field, 1), 2)


def twice_finer_padded(field: tf.Tensor) -> tf.Tensor:
    """Return `twice_finer` of the field with its rim repeated: (b, n, m, c) -> (b, 2 n, 2 m, c)."""
    return without_margin(twice_finer(tf.pad(field, [[0, 0], [1, 1], [1, 1], [0, 0]], "SYMMETRIC")), 1)


def _finer_along(field: tf.Tensor, axis: int) -> tf.Tensor:
    lower, upper = (field[:, :-1], field[:, 1:]) if axis == 1 else (field[:, :, :-1], field[:, :, 1:])
    pairs = tf.stack([0.75 * lower + 0.25 * upper, 0.25 * lower + 0.75 * upper], axis=axis + 1)
    shape = tf.shape(lower)
    return tf.reshape(pairs, tf.concat([shape[:axis], [2 * shape[axis]], shape[axis + 1 :]], 0))


def without_margin(field: tf.Tensor, margin: int) -> tf.Tensor:
    """Return the field less `margin` cells on each side."""
    return field[:, margin:-margin, margin:-margin] if margin else field


def laplacian_bands(field: tf.Tensor, levels: int) -> list[tf.Tensor]:
    """Split a field into `levels` bands and the low-pass, coarse to fine.

    Band k is x_k - up(x_{k-1}), where x_k is the field averaged to level k and up is bilinear with the rim
    repeated (Burt and Adelson 1983, with a mean for the reducing filter).

    Returns:
        [low-pass, band 1, ..., band `levels`], the last at the resolution of the field.
    """
    means = [field]
    for _ in range(levels):
        means.insert(0, mean_pool(means[0]))
    return means[:1] + [fine - twice_finer_padded(coarse) for coarse, fine in zip(means, means[1:])]


def local_deviation(field: tf.Tensor, window: int) -> tf.Tensor:
    """Return the field less its `window` x `window` mean: (b, n, m, c) -> (b, n - w + 1, m - w + 1, c)."""
    return without_margin(field, window // 2) - tf.nn.avg_pool2d(field, window, 1, "VALID")
