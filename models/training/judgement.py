# SPDX-License-Identifier: GPL-3.0-or-later
"""What the discriminator says of a batch: what it learns of that itself, and what the generator may."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import tensorflow as tf

from ..networks.discriminator import Discriminator
from ..weights import values_of
from .losses import AdversarialLoss, gradient_penalty


class Judgement(NamedTuple):
    """What both players learn from."""

    gradients: list[tf.Tensor]  # of the discriminator's loss, by its variables
    pulls: list[tf.Tensor]  # of the generator's loss, by the bands of the generated patches
    lead: tf.Tensor  # the share of pairs that the discriminator tells apart less that which it does not
    losses: dict[str, tf.Tensor]


def judged(
    discriminator: Discriminator,
    loss_pair: AdversarialLoss,
    gamma: tf.Tensor,
    real_bands: Sequence[tf.Tensor],
    fake_bands: Sequence[tf.Tensor],
    told: Sequence[tf.Tensor],
) -> Judgement:
    """Judge a batch of both kinds.

    The gradient of a generated patch's logit, which R2 needs, is also what the generator learns from.

    Args:
        discriminator: the judge.
        loss_pair: the losses of both players.
        gamma: weight of R1 and R2, halved.
        real_bands: of real patches, as `Discriminator.bands_of` gives them.
        fake_bands: of as many generated ones.
        told: what the discriminator is told of each pair besides, and is not punished for heeding: its
            landscape, and its conditions if any.
    """
    # Real and generated patches in one pass: the network has no operation across patches.
    bands = [tf.concat(pair, 0) for pair in zip(real_bands, fake_bands)]
    variables = values_of(discriminator.trainable_variables)
    with tf.GradientTape(watch_accessed_variables=False) as tape:
        tape.watch(variables)
        with tf.GradientTape(watch_accessed_variables=False) as inner:
            inner.watch(bands)
            logits = discriminator(bands, *(tf.concat([each, each], 0) for each in told))
        by_band = inner.gradient(logits, bands)
        r1, r2 = tf.split(gradient_penalty(by_band), 2)
        real, fake = tf.split(logits, 2)
        adversarial = loss_pair.discriminator(real, fake)
        loss = tf.reduce_mean(adversarial + 0.5 * gamma * (r1 + r2))
    with tf.GradientTape() as persuading:
        persuading.watch(fake)
        persuasion = tf.reduce_mean(loss_pair.generator(real, fake))
    by_logit = persuading.gradient(persuasion, fake)[:, None, None, None]
    return Judgement(
        gradients=tape.gradient(loss, variables),
        pulls=[by_logit * tf.split(slopes, 2)[1] for slopes in by_band],
        lead=tf.reduce_mean(tf.sign(real - fake)),
        losses={
            "discriminator_loss": tf.reduce_mean(adversarial),
            "generator_loss": persuasion,
            "margin": tf.reduce_mean(real - fake),
            "r1": tf.reduce_mean(r1),
            "r2": tf.reduce_mean(r2),
        },
    )
