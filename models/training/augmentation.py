# SPDX-License-Identifier: GPL-3.0-or-later
"""Patches changed at random before the discriminator sees them, so that it cannot learn few of them by heart.

Real and generated patches are changed alike. So the generator does not learn to make what the changes make:
land is turned before both are compared, and only land that is right before it is turned is right after
(Karras et al. 2020, arXiv 2006.06676). What is changed is what a memory would hold: where a patch lies on its
lattice, which way it is turned, how wide and how high its forms are, and how high it lies.
"""

from __future__ import annotations

import math

import tensorflow as tf

from ..networks.scaling import Scaling

# Patches of one landscape, side by side, with which half of the most are changed. With 24 of each of three
# landscapes a discriminator learnt them by heart, with 98 it did not (see `share_of_changed`).
_PATCHES_ENOUGH = 35.0
_MOST = 0.8  # of patches that are changed: some must be as they are, or the changes would be learnt
_LEAST = 0.02  # a smaller share does nothing but take time
_WIDER, _HIGHER = 0.2, 0.2  # deviations of the logarithms of width and height
_LIFTED = 0.3  # deviation of the shift of the mean height, in deviations of the low-pass


def share_of_changed(patches: float) -> float:
    """Return the probability of each change, given how many patches a landscape has: 0 where many.

    A layout stage of 21 tiles of one degree had 73 patches side by side in all. Its discriminator told them
    from generated ones, and took generated ones for likelier than land that it had never seen. With 294 and
    4 692, the valleys and detail stages' discriminators found unseen land as likely as their own.
    """
    share = _MOST / (1.0 + patches / _PATCHES_ENOUGH)
    return share if share >= _LEAST else 0.0


def changed(patches: tf.Tensor, scaling: Scaling, share: tf.Tensor, random: tf.random.Generator) -> tf.Tensor:
    """Return patches of which some are turned and made wider, and some made higher and lifted.

    Args:
        patches: (b, p, p, 1). What lies beyond a patch is its mirror image.
        scaling: of their landscapes.
        share: probability, 0 to 1, of each kind of change of each patch, (b,).
        random: where the changes are drawn from.
    """
    count, side = patches.shape[0], patches.shape[1]
    is_moved, is_lifted = tf.unstack(tf.cast(random.uniform([2, count]) < share, tf.float32))
    angle = is_moved * random.uniform([count], -math.pi, math.pi)
    wider, higher, lift = tf.unstack(random.normal([3, count]))
    rows, cols = _turned(side, angle, tf.exp(-_WIDER * is_moved * wider))
    turned = _interpolated(patches[..., 0], _mirrored(rows, side), _mirrored(cols, side))[..., None]
    mean = tf.reduce_mean(turned, [1, 2], keepdims=True)
    factor = tf.exp(_HIGHER * is_lifted * higher)[:, None, None, None]
    lifted = mean + _LIFTED * scaling.low_deviation * (is_lifted * lift)[:, None, None, None]
    return lifted + factor * (turned - mean)


def _turned(side: int, angle: tf.Tensor, step: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """Return where the pixels of turned patches lie in the patches, rows and columns (b, side, side)."""
    along = tf.range(side, dtype=tf.float32) - (side - 1) / 2.0
    down, right = tf.meshgrid(along, along, indexing="ij")
    sine, cosine = ((step * each)[:, None, None] for each in (tf.sin(angle), tf.cos(angle)))
    middle = (side - 1) / 2.0
    return middle + cosine * down - sine * right, middle + sine * down + cosine * right


def _mirrored(places: tf.Tensor, side: int) -> tf.Tensor:
    """Return places in 0 to side - 1: beyond, a patch goes on as its own mirror image."""
    last = side - 1.0
    return last - tf.abs(tf.math.floormod(places, 2.0 * last) - last)


def _interpolated(fields: tf.Tensor, rows: tf.Tensor, cols: tf.Tensor) -> tf.Tensor:
    """Return fields (b, n, n) at places between their pixels, bilinearly."""
    side = fields.shape[1]
    top, left = (tf.clip_by_value(tf.floor(places), 0.0, side - 2.0) for places in (rows, cols))
    down, right = rows - top, cols - left
    first = tf.cast(top, tf.int32) * side + tf.cast(left, tf.int32)
    flat = tf.reshape(fields, [-1, side * side])
    corners = [tf.gather(flat, first + step, batch_dims=1) for step in (0, 1, side, side + 1)]
    above = corners[0] + right * (corners[1] - corners[0])
    below = corners[2] + right * (corners[3] - corners[2])
    return above + down * (below - above)
