# SPDX-License-Identifier: GPL-3.0-or-later
"""The generator and the discriminator of one stage.

The generator has valid convolutions only and nothing that looks at the whole map, so that a pixel depends on
the noise and the guide around it and on nothing else: this is what makes tiles seamless. The discriminator
sees patches only and may pad.
"""

from __future__ import annotations

from collections.abc import Sequence

import keras
import tensorflow as tf

from .architecture import GUIDE_MEAN, STAGE_NAMES, StageArchitecture
from .pits import companded, pits
from .placement import FLOAT32
from .pyramid import (
    interleaved,
    laplacian_bands,
    local_deviation,
    mean_pool,
    pyramid,
    sharpened,
    twice_finer,
    without_margin,
)
from .scaling import Scaling, scaling_of
from .statistics import FieldStatistics

_SLOPE = 0.2  # of the leaky rectifier, as in StyleGAN2 and R3GAN
# The pits beside the octaves are so few that the penalties on gradients kept the discriminator from heeding
# them at all. Sixteen times as large, where the pixels are made: in 800 steps of a detail stage, medians of
# three seeds, unseen tiles made finer by four, land 0.96, 0.64 and 1.04 instead of 1.45, 0.76 and 0.95.
_LOUDER_PITS = 16.0
# Deviations of the large forms: land that lies farther off the mean is read as if it lay so far off it. Few
# places of the training layers do, and none of them is flat: a plain three deviations up, which a given guide
# may well have, became bumps of 33 m from cell to cell in the valleys of the fourteenth bundled model.
_MOST_LEVEL = 1.0
_SUMMARY_SIZE = 4  # cells: the window of the discriminator's last spatial convolution


def _rectified(x: tf.Tensor) -> tf.Tensor:
    return tf.nn.leaky_relu(x, _SLOPE)


def _rectified_beside(x: tf.Tensor) -> tf.Tensor:
    """Return `_rectified` of features that something else reads as they are.

    TensorFlow (2.21) joins a rectifier with the convolution, or the sum after one, that it follows. Where
    that has other readers, it gives up on all of the graph; it does not look beyond an `ensure_shape`. So
    blocks take 4 % less of the processor's time, for the same bits. Steps of training take as long.
    """
    return _rectified(tf.ensure_shape(x, x.shape))


def _convolution(
    name: str, channels: int, size: int, precision: str, gain: float = 1.0, padding: str = "valid"
) -> keras.layers.Conv2D:
    initializer = (
        keras.initializers.VarianceScaling(gain, "fan_in", "untruncated_normal") if gain else "zeros"
    )
    return keras.layers.Conv2D(
        channels, size, padding=padding, kernel_initializer=initializer, name=name, dtype=precision
    )


def _shape_of(channels: int) -> tuple[int | None, ...]:
    """Return the shape that a layer is built for: any number of cells, so many channels."""
    return None, None, None, channels


def _landscape_features(landscapes: int, channels: int) -> keras.layers.Embedding:
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
        self._spread = _convolution("spread", channels, 3, precision, gain=2.0, padding=padding)
        self._mix = _convolution("mix", channels, 1, precision, gain=0.0)

    def build(self, _: object = None) -> None:
        """Make the variables."""
        self._spread.build(_shape_of(self._channels))
        self._mix.build(_shape_of(self._channels))

    def call(self, x: tf.Tensor) -> tf.Tensor:
        """Return features of the same channels."""
        return without_margin(x, self._margin) + self._mix(_rectified(self._spread(_rectified_beside(x))))


class Generator(keras.Model):
    """Noise, and a guide for a guided stage, to a field `factor` times finer.

    A field is built coarse to fine: each level makes the field so far bilinearly finer and adds what its
    features say of the four pixels of each of its cells (Shi et al. 2016, arXiv 1609.05158), scaled by the
    deviation of that band in the training data of the landscape.
    """

    def __init__(
        self, stage: StageArchitecture, statistics: Sequence[FieldStatistics], precision: str = FLOAT32
    ) -> None:
        """Take the statistics of each landscape, and the precision of the convolutions (see placement.py)."""
        super().__init__(name="generator")
        self.stage = stage
        self.statistics = statistics
        widths = stage.widths
        # A guided stage starts as the smooth refinement of its guide, one without a guide as noise with the
        # spectrum of the data: so chosen after a few short runs, not ablated.
        band_gain = 0.01 if stage.guided else 1.0
        self._entry = _convolution("entry", widths[0], 3, precision)
        self._landscape = _landscape_features(len(statistics), widths[0])
        self._blocks = [
            [
                ResidualBlock(f"level{level}_block{i}", width, precision, "valid")
                for i in range(stage.blocks[level])
            ]
            for level, width in enumerate(widths)
        ]
        self._narrowing, self._noise_in = (
            [
                _convolution(f"level{level}_{part}", widths[level], 1, precision)
                for level in range(1, len(widths))
            ]
            for part in ("narrow", "noise")
        )
        self._bands_out = [
            _convolution(f"level{level}_band", 4, 1, FLOAT32, gain=band_gain) for level in range(len(widths))
        ]
        if not stage.guided:
            self._low_out = _convolution("low", 1, 1, FLOAT32)

    def build(self, _: object = None) -> None:
        """Make the variables, without a first call: that would take as long as all else at start-up."""
        stage, widths = self.stage, self.stage.widths
        guide_channels = 2 if stage.guided else 0  # its level and its form
        self._entry.build(_shape_of(stage.latent_channels + guide_channels + stage.conditions))
        self._landscape.build()
        for level, width in enumerate(widths):
            for block in self._blocks[level]:
                block.build()
            self._bands_out[level].build(_shape_of(width))
        for coarser, narrow, noise_in in zip(widths, self._narrowing, self._noise_in):
            narrow.build(_shape_of(coarser))
            noise_in.build(_shape_of(stage.noise_channels))
        if not stage.guided:
            self._low_out.build(_shape_of(widths[0]))

    def call(
        self,
        noise: Sequence[tf.Tensor],
        landscape: tf.Tensor,
        guide: tf.Tensor | None = None,
        conditions: tf.Tensor | None = None,
    ) -> tf.Tensor:
        """Return the field.

        Args:
            noise: one tensor a level, (b, n_k + 2 m_k, n_k + 2 m_k, c_k), where n_k counts the cells of that
                level in the output and m_k is `stage.noise_margin(k)`.
            landscape: the index of each patch's landscape, (b,).
            guide: (b, n_0 + 2 m, n_0 + 2 m, 1) in the unit of the field, m = `stage.guide_margin`.
            conditions: (b, n_0 + 2 m, n_0 + 2 m, `stage.conditions`), m = `stage.latent_margin`, or None.

        Returns:
            (b, n_0 * factor, n_0 * factor, 1), in the unit of the field.
        """
        stage, scaling = self.stage, scaling_of(self.statistics, landscape)
        entry = self._entry(self._entry_of(noise[0], guide, scaling, conditions))
        told = tf.cast(self._landscape(landscape), entry.dtype)[:, None, None, :]
        features = self._features_of_level(0, entry + told)
        if stage.guided:
            field = sharpened(without_margin(guide, stage.guide_margin - 3))
        else:
            low = self._low_out(_rectified_beside(without_margin(features, stage.feature_margins[0] - 1)))
            field = scaling.mean + scaling.low_deviation * low
        for level in range(stage.octaves):
            if level:
                features = self._finer_features(level, features, noise[level])
            # The field keeps one cell of margin until the last level: made finer, 1 becomes 2 * 1 - 1.
            spare = 1 if level < stage.octaves - 1 else 0
            finer = twice_finer(field, 1 - spare)
            field = finer + scaling.band_deviations[level] * self._band_of(level, features, spare)
        return field

    def _band_of(self, level: int, features: tf.Tensor, margin: int) -> tf.Tensor:
        """Return the band that a level adds, its cells half as large, with a margin of 0 or 1 of them."""
        seen = without_margin(features, self.stage.feature_margins[level] - margin)
        phases = self._bands_out[level](_rectified_beside(seen))
        return without_margin(interleaved(phases), margin)

    def _entry_of(
        self, noise: tf.Tensor, guide: tf.Tensor | None, scaling: Scaling, conditions: tf.Tensor | None
    ) -> tf.Tensor:
        parts = [noise]
        if guide is not None:
            level = (without_margin(guide, GUIDE_MEAN // 2) - scaling.mean) / scaling.low_deviation
            form = local_deviation(guide, GUIDE_MEAN)
            around = level - form / scaling.low_deviation
            beyond = around - tf.clip_by_value(around, -_MOST_LEVEL, _MOST_LEVEL)
            parts += [level - beyond, form / scaling.form_deviation]
        if conditions is not None:  # last: so a base model without any is widened (base_model.py)
            parts.append(conditions)
        return tf.concat(parts, -1) if len(parts) > 1 else noise

    def _features_of_level(self, level: int, features: tf.Tensor) -> tf.Tensor:
        for block in self._blocks[level]:
            features = block(features)
        return features

    def _finer_features(self, level: int, features: tf.Tensor, noise: tf.Tensor) -> tf.Tensor:
        stage = self.stage
        spare = 2 * stage.feature_margins[level - 1] - 1 - stage.noise_margin(level)
        features = twice_finer(self._narrowing[level - 1](features), spare)
        features = features + self._noise_in[level - 1](noise)
        return self._features_of_level(level, features)


class Discriminator(keras.Model):
    """Whitened bands of a patch, each at its own resolution, to one logit a patch."""

    def __init__(
        self, stage: StageArchitecture, statistics: Sequence[FieldStatistics], precision: str = FLOAT32
    ) -> None:
        """Take the statistics of each landscape, and the precision of the convolutions (see placement.py)."""
        super().__init__(name="discriminator")
        self.stage = stage
        self.statistics = statistics
        self._pits_unit = _LOUDER_PITS if stage.name == STAGE_NAMES[-1] else 1.0
        widths = stage.judging_widths[::-1]  # fine to coarse; the finest band enters at half its resolution
        self._entries = [
            _convolution(f"entry{i}", width, 3, precision, padding="same") for i, width in enumerate(widths)
        ]
        self._widening = [
            _convolution(f"widen{i}", width, 1, precision) for i, width in enumerate(widths) if i
        ]
        self._blocks = [
            ResidualBlock(f"block{i}", width, precision, "same") for i, width in enumerate(widths)
        ]
        octaves_left = (stage.patch // stage.factor).bit_length() - _SUMMARY_SIZE.bit_length()
        self._tail = [
            ResidualBlock(f"tail{i}", widths[-1], precision, "same") for i in range(octaves_left - 1)
        ]
        self._summary = _convolution("summary", widths[-1], _SUMMARY_SIZE, FLOAT32, gain=2.0)
        self._verdict = _convolution("verdict", 1, 1, FLOAT32)
        self._landscape = _landscape_features(len(statistics), widths[-1])

    def bands_of(self, field: tf.Tensor, landscape: tf.Tensor) -> list[tf.Tensor]:
        """Return what is read of patches (b, p, p, 1), coarse to fine: whitened and companded.

        The low-pass is there by itself, less its mean over the patch, and with its pits: three channels. Each
        band is there with the pits at its resolution: two.
        """
        scaling = scaling_of(self.statistics, landscape)
        means = pyramid(field, self.stage.octaves)
        low, *bands = laplacian_bands(means)
        whole = (low - scaling.mean) / scaling.low_deviation
        form = (low - tf.reduce_mean(low, [1, 2], keepdims=True)) / scaling.patch_deviation
        whitened = [companded(band / unit) for band, unit in zip(bands, scaling.band_deviations)]
        coarsest, *depths = (self._pits_unit * each for each in pits(field, scaling))
        with_pits = [tf.concat(both, -1) for both in zip(whitened, depths)]
        return [tf.concat([whole, form, coarsest], -1), *with_pits]

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
        summary = _rectified(self._summary(_rectified(features)))
        fit = tf.reduce_sum(self._landscape(landscape) * tf.reduce_mean(summary, [1, 2]), -1)
        return tf.reduce_mean(self._verdict(summary), [1, 2, 3]) + fit
