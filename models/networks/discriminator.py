# SPDX-License-Identifier: GPL-3.0-or-later
"""The discriminator of one stage. It sees patches only, and so its convolutions may pad."""

from __future__ import annotations

from collections.abc import Sequence

import keras
import tensorflow as tf

from ..architecture import STAGE_NAMES, StageArchitecture
from .layers import FLOAT32, ResidualBlock, convolution, landscape_features, rectified
from .pits import companded
from .pyramid import mean_pool
from .relief import Relief

# The pits beside the octaves are so few that the penalties on gradients kept the discriminator from heeding
# them at all. Sixteen times as large, where the pixels are made: in 800 steps of a detail stage, medians of
# three seeds, unseen tiles made finer by four, land 0.96, 0.64 and 1.04 instead of 1.45, 0.76 and 0.95.
_LOUDER_PITS = 16.0
_SUMMARY_SIZE = 4  # cells: the window of the discriminator's last spatial convolution


class Discriminator(keras.Model):
    """Whitened bands of a patch, each at its own resolution, to one logit a patch."""

    def __init__(self, stage: StageArchitecture, landscapes: int, precision: str = FLOAT32) -> None:
        """Take how many landscapes there are, and the precision of the convolutions (layers.py)."""
        super().__init__(name="discriminator")
        self.stage = stage
        self._pits_unit = _LOUDER_PITS if stage.name == STAGE_NAMES[-1] else 1.0
        widths = stage.judging_widths[::-1]  # fine to coarse; the finest band enters at half its resolution
        self._entries = [
            convolution(f"entry{i}", width, 3, precision, padding="same") for i, width in enumerate(widths)
        ]
        self._widening = [
            convolution(f"widen{i}", width, 1, precision) for i, width in enumerate(widths) if i
        ]
        self._blocks = [
            ResidualBlock(f"block{i}", width, precision, "same") for i, width in enumerate(widths)
        ]
        octaves_left = (stage.patch // stage.factor).bit_length() - _SUMMARY_SIZE.bit_length()
        self._tail = [
            ResidualBlock(f"tail{i}", widths[-1], precision, "same") for i in range(octaves_left - 1)
        ]
        self._summary = convolution("summary", widths[-1], _SUMMARY_SIZE, FLOAT32, gain=2.0)
        self._verdict = convolution("verdict", 1, 1, FLOAT32)
        self._landscape = landscape_features(landscapes, widths[-1])

    def bands_of(self, relief: Relief) -> list[tf.Tensor]:
        """Return what is read of patches, coarse to fine: whitened and companded.

        The low-pass is there by itself, less its mean over the patch, and with its pits: three channels. Each
        band is there with the pits at its resolution: two.
        """
        whole = (relief.heights[0] - relief.scaling.mean) / relief.scaling.low_deviation
        forms, *octaves = relief.octaves
        coarsest, *depths = (self._pits_unit * each for each in relief.pits)
        with_pits = [tf.concat([companded(octave), pits], -1) for octave, pits in zip(octaves, depths)]
        return [tf.concat([whole, forms, coarsest], -1), *with_pits]

    def call(
        self, bands: Sequence[tf.Tensor], landscape: tf.Tensor, conditions: tf.Tensor | None = None
    ) -> tf.Tensor:
        """Return one logit a patch, (b,), from the bands that `bands_of` gives and the landscape, (b,).

        The landscape counts by projection (Miyato and Koyama 2018, arXiv 1802.05637). Conditions, if any, are
        read beside the low-pass, (b, p / factor, p / factor, n).
        """
        finest, second, *coarser = bands[::-1]
        if conditions is not None:
            beside = [second, *coarser]
            beside[-1] = tf.concat([beside[-1], conditions], -1)
            second, *coarser = beside
        # Its four phases become channels.
        inputs = [tf.concat([tf.nn.space_to_depth(finest, 2), second], -1), *coarser]
        features = self._blocks[0](self._entries[0](inputs[0]))
        for band, entry, widen, block in zip(inputs[1:], self._entries[1:], self._widening, self._blocks[1:]):
            features = block(entry(band) + widen(mean_pool(features)))
        for block in self._tail:
            features = block(mean_pool(features))
        summary = rectified(self._summary(rectified(features)))
        fit = tf.reduce_sum(self._landscape(landscape) * tf.reduce_mean(summary, [1, 2]), -1)
        return tf.reduce_mean(self._verdict(summary), [1, 2, 3]) + fit
