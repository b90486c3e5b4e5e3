# SPDX-License-Identifier: GPL-3.0-or-later
"""The losses, each a function of logits (b,) and gradients, returning one value a patch (b,)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Callable, NamedTuple

import tensorflow as tf

_DRY = 5e-5  # the depth of water, in deviations of a patch, below which land counts as dry
_LEVEL = 1e-6  # keeps level land from being divided by nothing


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


def water_excess(depths: tf.Tensor, wanted: tf.Tensor) -> tf.Tensor:
    """Return the logarithm of how much deeper water stands than on real land, 0 where it does not.

    Args:
        depths: of water, (b, ...), in deviations of a patch (see `pyramid.water_depths`).
        wanted: the mean depth on real land in that unit, (b,).
    """
    ratio = (tf.reduce_mean(depths) + _DRY) / (tf.reduce_mean(wanted) + _DRY)
    return tf.nn.relu(tf.math.log(ratio))


def grid_strength(field: tf.Tensor, period: int) -> tf.Tensor:
    """Return how much a field depends on the place on a lattice of `period` pixels: 0 where it does not.

    Steps (first differences), their sizes, and the sizes of bends (second differences), along rows and along
    columns, are averaged by row and by column modulo the period. What these means lie off their own mean,
    over the mean size, is squared and summed. A field without a grid has a little of it, from chance. Without
    the bends a stage printed lines, without the steps, blocks.

    Args:
        field: (b, n, n, 1), in a unit that makes landscapes alike; n a multiple of `period`.
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
    return tf.reduce_sum(tf.square(by_place - tf.reduce_mean(by_place, 1, keepdims=True)))


def grain_strength(means: Sequence[tf.Tensor]) -> tf.Tensor:
    """Return how much the slopes of a field prefer directions: 0 where each of eight symmetries is as likely.

    Of the slopes (p, q) along rows and columns, mean p q and mean (p p - q q) / 2 over their mean
    (p p + q q) / 2: the parts of the structure tensor that turn with the field. Their squares are summed over
    the levels. Training patches are turned and mirrored, so that land has no grain but by chance; a layout
    stage that made all its ridges run one way had it.

    Args:
        means: the `pyramid` of the field, in a unit that makes landscapes alike.
    """
    strength = tf.constant(0.0)
    for mean in means:
        # Of the four cells around a corner: forward differences share a cell, and so would seem to agree.
        down = _differences(mean[:, :, 1:] + mean[:, :, :-1], 1)
        right = _differences(mean[:, 1:] + mean[:, :-1], 2)
        energy = 0.5 * tf.reduce_mean(tf.square(down) + tf.square(right)) + _LEVEL
        diagonal = tf.reduce_mean(down * right) / energy
        upright = 0.5 * tf.reduce_mean(tf.square(down) - tf.square(right)) / energy
        strength += tf.square(diagonal) + tf.square(upright)
    return strength


def _differences(field: tf.Tensor, axis: int) -> tf.Tensor:
    return field[:, 1:] - field[:, :-1] if axis == 1 else field[:, :, 1:] - field[:, :, :-1]
