# SPDX-License-Identifier: GPL-3.0-or-later
"""The losses, each a function of logits (b,) and gradients, returning one value a patch (b,)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Callable, NamedTuple

import tensorflow as tf

_DRY = 5e-5  # the depth of water, in deviations of a patch, below which land counts as dry
_LEVEL = 1e-6  # keeps level land from being divided by nothing
GRID_STATISTICS = 12  # of each place on the lattice
GRAIN_STATISTICS = 2  # of each level


class AdversarialLoss(NamedTuple):
    """A pair of losses, each of (real_logits, fake_logits)."""

    discriminator: Callable[[tf.Tensor, tf.Tensor], tf.Tensor]
    generator: Callable[[tf.Tensor, tf.Tensor], tf.Tensor]


def _relativistic_discriminator(real_logits: tf.Tensor, fake_logits: tf.Tensor) -> tf.Tensor:
    return tf.nn.softplus(fake_logits - real_logits)


def _relativistic_generator(real_logits: tf.Tensor, fake_logits: tf.Tensor) -> tf.Tensor:
    return tf.nn.softplus(real_logits - fake_logits)


def _standard_discriminator(real_logits: tf.Tensor, fake_logits: tf.Tensor) -> tf.Tensor:
    return tf.nn.softplus(-real_logits) + tf.nn.softplus(fake_logits)


def _standard_generator(real_logits: tf.Tensor, fake_logits: tf.Tensor) -> tf.Tensor:  # noqa: ARG001
    return tf.nn.softplus(-fake_logits)


LOSSES = {
    # Each fake is judged against a real one: Huang et al. 2024, "The GAN is dead; long live the GAN!"
    "relativistic": AdversarialLoss(_relativistic_discriminator, _relativistic_generator),
    # Sigmoid cross-entropy, the generator's in its non-saturating form: Goodfellow et al. 2014.
    "standard": AdversarialLoss(_standard_discriminator, _standard_generator),
}


def gradient_penalty(gradients: Sequence[tf.Tensor]) -> tf.Tensor:
    """Return the squared norm of the gradient of each patch's logit, summed over its bands.

    R1 where the gradient was taken at real patches, R2 at generated ones (Mescheder et al. 2018). It is the
    gradient with respect to the bands as the discriminator reads them, so that no band outweighs another by
    its height alone.
    """
    return tf.add_n([tf.reduce_sum(tf.square(gradient), [1, 2, 3]) for gradient in gradients])


def guide_distance(means: tf.Tensor, guide: tf.Tensor, unit: tf.Tensor) -> tf.Tensor:
    """Return the mean distance between the cell means of a field and its guide, in units of `unit` metres.

    Args:
        means, guide: (b, n, n, 1).
        unit: of each patch, (b, 1, 1, 1).
    """
    return tf.reduce_mean(tf.abs(means - guide) / unit, [1, 2, 3])


def water_ratio(depths: tf.Tensor, wanted: tf.Tensor) -> tf.Tensor:
    """Return how many times as deep as on real land water stands on a batch.

    Args:
        depths: of water, (b, ...), in deviations of a patch (see `pyramid.water_depths`).
        wanted: the mean depth on real land in that unit, (b,).
    """
    return (tf.reduce_mean(depths) + _DRY) / (tf.reduce_mean(wanted) + _DRY)


def grid(field: tf.Tensor, period: int) -> tf.Tensor:
    """Return how a field depends on the place on a lattice of `period` pixels: on average 0 without a grid.

    Steps (first differences), their sizes, and the sizes of bends (second differences), along columns and
    along rows, are averaged by row and by column modulo the period. Returned is what these means lie off
    their own mean, over the mean size. Without the bends a stage printed lines, without the steps, blocks.

    Args:
        field: (b, n, n, 1), in a unit that makes landscapes alike; n a multiple of `period`.

    Returns:
        (GRID_STATISTICS * period,).
    """
    profiles = []
    for axis in (1, 2):
        steps = _differences(field, axis)
        bends = _differences(steps, axis)
        for values, signed in ((steps, True), (steps, False), (bends, False)):
            sizes = tf.abs(values)
            relative = (values if signed else sizes) / (tf.reduce_mean(sizes) + _LEVEL)
            whole = relative[:, : field.shape[1] - period, : field.shape[2] - period, 0]
            profiles += [tf.reduce_mean(whole, [0, 1]), tf.reduce_mean(whole, [0, 2])]
    by_place = tf.reduce_mean(tf.reshape(tf.stack(profiles), [len(profiles), -1, period]), 1)
    return tf.reshape(by_place - tf.reduce_mean(by_place, 1, keepdims=True), [-1])


def grain(means: Sequence[tf.Tensor]) -> tf.Tensor:
    """Return which directions the slopes of a field prefer: on average 0 where no direction prevails.

    Of the slopes (p, q) along columns and rows, mean p q and mean (p p - q q) / 2 over their mean
    (p p + q q) / 2: the parts of the structure tensor that turn with the field, from -1 to 1. Training
    patches are turned and mirrored, so that land has no grain but by chance; a layout stage that made all
    its ridges run one way had it.

    Args:
        means: the `pyramid` of the field, in a unit that makes landscapes alike.

    Returns:
        (GRAIN_STATISTICS * levels,).
    """
    found = []
    for mean in means:
        # Of the four cells around a corner: forward differences share a cell, and so would seem to agree.
        down = _differences(mean[:, :, 1:] + mean[:, :, :-1], 1)
        right = _differences(mean[:, 1:] + mean[:, :-1], 2)
        energy = 0.5 * tf.reduce_mean(tf.square(down) + tf.square(right)) + _LEVEL
        found.append(tf.reduce_mean(down * right) / energy)
        found.append(0.5 * tf.reduce_mean(tf.square(down) - tf.square(right)) / energy)
    return tf.stack(found)


def _differences(field: tf.Tensor, axis: int) -> tf.Tensor:
    return field[:, 1:] - field[:, :-1] if axis == 1 else field[:, :, 1:] - field[:, :, :-1]
