# SPDX-License-Identifier: GPL-3.0-or-later
"""The classic GAN of the literature, as a fair and runnable benchmark.

Given for this comparison: three 3 x 3 convolutions of 128 channels with batch normalisation, fields of
256 x 256 px, sigmoid cross-entropy, Adam with a learning rate of 2e-4 and beta1 0.5, batches of 32, and noise
of 100 numbers. Taken from DCGAN (Radford, Metz and Chintala 2016, arXiv 1511.06434), where the settings of
Adam and the size of the noise come from too, but not those of convolutions and batches: fractionally-
strided convolutions in the generator and strided ones in the discriminator; ReLU, and LeakyReLU with 0.2;
no batch normalisation at the generator's output and the discriminator's input; tanh at the end; weights
drawn from N(0, 0.02).
From Goodfellow et al. 2014: the loss that does not saturate for the generator.

Interpreted, and where there was a choice, so that it learns most in the time:
- each of the three convolutions has stride 2, so that the noise is first projected to 32 x 32 x 128; with
  upsampling and stride 1 instead, the generator has four times the multiplications, though strided ones
  are known for checkerboards (Odena, Dumoulin and Olah 2016);
- a fourth convolution makes the single channel of heights, which tanh holds in the range, lowest to highest,
  of the training land;
- batch normalisation keeps its running means with a momentum of 0.9, since with Keras' 0.99 they would
  still be near their first values after the few steps that half an hour on a CPU allows;
- the noise is normal; the training squares are cut anywhere and turned to their eight symmetries, as
  GeoGAN's patches are;
- both networks are updated at once, from the same fields.
"""

from __future__ import annotations

from pathlib import Path

import keras
import numpy as np
import tensorflow as tf
from keras import layers

SIDE_PX = 256
BATCH = 32
NOISE = 100
CHANNELS = 128
CONVOLUTIONS = 3

_cross_entropy = keras.losses.BinaryCrossentropy(from_logits=True)


class ClassicGan:
    """A generator and a discriminator, their training and their fields."""

    def __init__(self, value_range: tuple[float, float], seed: int, side_px: int = SIDE_PX) -> None:
        """Take the lowest and the highest height in metres, and the side of the fields, a multiple of 8."""
        keras.utils.set_random_seed(seed)
        self.value_range, self.side_px = value_range, side_px
        with tf.device("/CPU:0"):
            self.generator, self.discriminator = _generator(side_px), _discriminator(side_px)
            self._optimizers = [keras.optimizers.Adam(2e-4, beta_1=0.5) for _ in range(2)]
            for optimizer, network in zip(self._optimizers, (self.generator, self.discriminator)):
                optimizer.build(network.trainable_variables)
        self._step = tf.function(self._eager_step, autograph=False)

    def compile(self, batch: int = BATCH) -> None:
        """Build the graph of a step, which takes seconds, before the clock of a training runs."""
        self._step.get_concrete_function(tf.TensorSpec([batch, self.side_px, self.side_px, 1], tf.float32))

    def step(self, heights: np.ndarray) -> tuple[float, float]:
        """Train on real heights (batch, side, side); return the losses of generator and discriminator."""
        low, high = self.value_range
        real = (2 * (heights - low) / (high - low) - 1).astype(np.float32)
        with tf.device("/CPU:0"):
            losses = self._step(tf.constant(real[..., None]))
        return float(losses[0]), float(losses[1])

    def _eager_step(self, real: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        noise = tf.random.normal([real.shape[0], NOISE])
        with tf.GradientTape() as of_generator, tf.GradientTape() as of_discriminator:
            fake = self.generator(noise, training=True)
            of_real = self.discriminator(real, training=True)
            of_fake = self.discriminator(fake, training=True)
            generator_loss = _cross_entropy(tf.ones_like(of_fake), of_fake)
            discriminator_loss = _cross_entropy(tf.ones_like(of_real), of_real) + _cross_entropy(
                tf.zeros_like(of_fake), of_fake
            )
        losses = (generator_loss, discriminator_loss)
        tapes, networks = (of_generator, of_discriminator), (self.generator, self.discriminator)
        for tape, loss, network, optimizer in zip(tapes, losses, networks, self._optimizers):
            variables = network.trainable_variables
            optimizer.apply(tape.gradient(loss, variables), variables)
        return losses

    def generate(self, seed: int) -> np.ndarray:
        """Return the heights of one field in metres, float32 (side, side)."""
        noise = np.random.default_rng(seed).normal(size=(1, NOISE)).astype(np.float32)
        low, high = self.value_range
        with tf.device("/CPU:0"):
            scaled = self.generator(noise, training=False).numpy()[0, :, :, 0]
        return (low + (high - low) * (scaled + 1) / 2).astype(np.float32)

    def save(self, path: Path) -> None:
        """Keep the generator, which is all that is needed to generate."""
        weights = {f"weight{number}": each for number, each in enumerate(self.generator.get_weights())}
        with path.open("wb") as file:
            np.savez(file, value_range=self.value_range, side_px=self.side_px, **weights)

    @classmethod
    def loaded(cls, path: Path) -> ClassicGan:
        """Return a saved one, to generate with."""
        with np.load(path, allow_pickle=False) as kept:
            low, high = kept["value_range"].tolist()
            gan = cls((low, high), seed=0, side_px=int(kept["side_px"]))
            gan.generator.set_weights([kept[f"weight{i}"] for i in range(len(gan.generator.weights))])
        return gan


def _normal() -> keras.initializers.Initializer:
    return keras.initializers.RandomNormal(stddev=0.02)


def _normalised() -> layers.Layer:
    return layers.BatchNormalization(momentum=0.9)


def _generator(side_px: int) -> keras.Sequential:
    """Return the network from noise (batch, 100) to fields (batch, side, side, 1) between -1 and 1."""
    first = side_px >> CONVOLUTIONS
    network = keras.Sequential([keras.Input([NOISE]), _without_bias(layers.Dense, first * first * CHANNELS)])
    network.add(layers.Reshape([first, first, CHANNELS]))
    network.add(_normalised())
    network.add(layers.ReLU())
    for _ in range(CONVOLUTIONS):
        network.add(_without_bias(layers.Conv2DTranspose, CHANNELS, 3, strides=2, padding="same"))
        network.add(_normalised())
        network.add(layers.ReLU())
    network.add(layers.Conv2D(1, 3, padding="same", activation="tanh", kernel_initializer=_normal()))
    return network


def _discriminator(side_px: int) -> keras.Sequential:
    """Return the network from fields (batch, side, side, 1) to logits (batch, 1)."""
    network = keras.Sequential([keras.Input([side_px, side_px, 1])])
    for number in range(CONVOLUTIONS):
        if number == 0:
            network.add(layers.Conv2D(CHANNELS, 3, strides=2, padding="same", kernel_initializer=_normal()))
        else:
            network.add(_without_bias(layers.Conv2D, CHANNELS, 3, strides=2, padding="same"))
            network.add(_normalised())
        network.add(layers.LeakyReLU(negative_slope=0.2))
    network.add(layers.Flatten())
    network.add(layers.Dense(1, kernel_initializer=_normal()))
    return network


def _without_bias(layer: type[layers.Layer], *arguments: object, **more: object) -> layers.Layer:
    """Return a layer that batch normalisation follows, which has a bias of its own."""
    return layer(*arguments, use_bias=False, kernel_initializer=_normal(), **more)
