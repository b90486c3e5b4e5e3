# SPDX-License-Identifier: GPL-3.0-or-later
"""The losses, each a function of logits (b,) and gradients, returning one value a patch (b,)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Callable, NamedTuple

import tensorflow as tf

_DRY = 2e-4  # the depth of hollows, in deviations of a patch, below which land counts as dry


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


def hollow_excess(depths: Sequence[tf.Tensor], wanted: tf.Tensor) -> tf.Tensor:
    """Return by how much patches hold more water than real land: the sum over levels of a log ratio, or 0.

    Args:
        depths: of the batch's hollows, one tensor a level (see `pyramid.hollow_depths`), in any unit.
        wanted: the mean depth of real land at each level in that unit, (b, levels).
    """
    made = tf.stack([tf.reduce_mean(depth) for depth in depths])
    ratio = (made + _DRY) / (tf.reduce_mean(wanted, 0) + _DRY)
    return tf.reduce_sum(tf.nn.relu(tf.math.log(ratio)))


def grid_strength(field: tf.Tensor, period: int) -> tf.Tensor:
    """Return how unlike the ground bends at the positions of a lattice of `period` pixels: 0 where it does not.

    The mean and the mean size of the second differences along each axis, by position along each axis, less
    their mean over all positions, over the mean size: summed squares.

    Args:
        field: (b, n, n, 1), in a unit that makes landscapes alike; n a multiple of `period`.
    """
    inside = field[:, period - 1 : 1 - period, period - 1 : 1 - period, 0] if period > 1 else field[..., 0]
    along_rows = inside[:, 2:, 1:-1] + inside[:, :-2, 1:-1] - 2.0 * inside[:, 1:-1, 1:-1]
    along_cols = inside[:, 1:-1, 2:] + inside[:, 1:-1, :-2] - 2.0 * inside[:, 1:-1, 1:-1]
    strength = tf.constant(0.0)
    for bends in (along_rows, along_cols):
        sizes = tf.abs(bends)
        size = tf.reduce_mean(sizes)
        for values in (bends, sizes):
            of_row, of_col = tf.reduce_mean(values, [0, 2]), tf.reduce_mean(values, [0, 1])
            for profile in (of_row, of_col):
                by_position = tf.reduce_mean(tf.reshape(profile, [-1, period]), 0)
                off = by_position - tf.reduce_mean(by_position)
                strength += tf.reduce_sum(tf.square(off / size))
    return strength
