# SPDX-License-Identifier: GPL-3.0-or-later
"""The losses, each a function of logits (b,) and gradients, returning one value a patch (b,)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Callable, NamedTuple

import tensorflow as tf


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
