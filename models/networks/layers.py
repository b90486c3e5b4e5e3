# SPDX-License-Identifier: GPL-3.0-or-later
"""What the networks of both players are made of."""

from __future__ import annotations

import keras
import tensorflow as tf

from .pyramid import without_margin

FLOAT32, BFLOAT16 = "float32", "mixed_bfloat16"  # as Keras names precisions; weights are float32 in both

_SLOPE = 0.2  # of the leaky rectifier, as in StyleGAN2 and R3GAN


def rectified(x: tf.Tensor) -> tf.Tensor:
    """Return features after the rectifier that all of the networks have."""
    return tf.nn.leaky_relu(x, _SLOPE)


def rectified_beside(x: tf.Tensor) -> tf.Tensor:
    """Return `rectified` of features that something else reads as they are.

    TensorFlow (2.21) joins a rectifier with the convolution, or the sum after one, that it follows. Where
    that has other readers, it gives up on all of the graph; it does not look beyond an `ensure_shape`. So
    blocks take 4 % less of the processor's time, for the same bits. Steps of training take as long.
    """
    return rectified(tf.ensure_shape(x, x.shape))


def convolution(
    name: str, channels: int, size: int, precision: str, gain: float = 1.0, padding: str = "valid"
) -> keras.layers.Conv2D:
    """Return a convolution whose kernel starts with a variance of `gain` over its inputs, or as zeros."""
    initializer = (
        keras.initializers.VarianceScaling(gain, "fan_in", "untruncated_normal") if gain else "zeros"
    )
    return keras.layers.Conv2D(
        channels, size, padding=padding, kernel_initializer=initializer, name=name, dtype=precision
    )


def shape_of(channels: int) -> tuple[int | None, ...]:
    """Return the shape that a layer is built for: any number of cells, so many channels."""
    return None, None, None, channels


def landscape_features(landscapes: int, channels: int) -> keras.layers.Embedding:
    """Return the layer that tells the landscapes apart; at the start it says nothing."""
    return keras.layers.Embedding(landscapes, channels, embeddings_initializer="zeros", name="landscape")


class ResidualBlock(keras.layers.Layer):
    """x + W2 lrelu(W1 lrelu(x)), W1 3 x 3 and W2 1 x 1; starts as the identity, since W2 starts at zero.

    With valid padding one cell is lost on each side.
    """

    def __init__(self, name: str, channels: int, precision: str, padding: str) -> None:
        super().__init__(name=name, dtype=precision)
        self._channels = channels
        self._margin = 1 if padding == "valid" else 0
        self._spread = convolution("spread", channels, 3, precision, gain=2.0, padding=padding)
        self._mix = convolution("mix", channels, 1, precision, gain=0.0)

    def build(self, _: object = None) -> None:
        """Make the variables."""
        self._spread.build(shape_of(self._channels))
        self._mix.build(shape_of(self._channels))

    def call(self, x: tf.Tensor) -> tf.Tensor:
        """Return features of the same channels."""
        return without_margin(x, self._margin) + self._mix(rectified(self._spread(rectified_beside(x))))
