# SPDX-License-Identifier: GPL-3.0-or-later
"""The generator of one stage.

It has valid convolutions only and nothing that looks at the whole map, so that a pixel depends on the noise
and the guide around it and on nothing else: this is what makes tiles seamless.
"""

from __future__ import annotations

from collections.abc import Sequence

import keras
import tensorflow as tf

from ..architecture import GUIDE_MEAN, StageArchitecture
from ..statistics import FieldStatistics
from .layers import (
    FLOAT32,
    ResidualBlock,
    convolution,
    landscape_features,
    rectified_beside,
    shape_of,
)
from .pyramid import interleaved, local_deviation, sharpened, twice_finer, without_margin
from .scaling import Scaling, scaling_of

# Deviations of the large forms: land that lies farther off the mean is read as if it lay so far off it. Few
# places of the training layers do, and none of them is flat: a plain three deviations up, which a given guide
# may well have, became bumps of 33 m from cell to cell in the valleys of the fourteenth bundled model.
_MOST_LEVEL = 1.0


class Generator(keras.Model):
    """Noise, and a guide for a guided stage, to a field `factor` times finer.

    A field is built coarse to fine: each level makes the field so far bilinearly finer and adds what its
    features say of the four pixels of each of its cells (Shi et al. 2016, arXiv 1609.05158), scaled by the
    deviation of that band in the training data of the landscape.
    """

    def __init__(
        self, stage: StageArchitecture, statistics: Sequence[FieldStatistics], precision: str = FLOAT32
    ) -> None:
        """Take the statistics of each landscape, and the precision of the convolutions (layers.py)."""
        super().__init__(name="generator")
        self.stage = stage
        self.statistics = statistics
        widths = stage.widths
        # A guided stage starts as the smooth refinement of its guide, one without a guide as noise with the
        # spectrum of the data: so chosen after a few short runs, not ablated.
        band_gain = 0.01 if stage.guided else 1.0
        self._entry = convolution("entry", widths[0], 3, precision)
        self._landscape = landscape_features(len(statistics), widths[0])
        self._blocks = [
            [
                ResidualBlock(f"level{level}_block{i}", width, precision, "valid")
                for i in range(stage.blocks[level])
            ]
            for level, width in enumerate(widths)
        ]
        self._narrowing, self._noise_in = (
            [
                convolution(f"level{level}_{part}", widths[level], 1, precision)
                for level in range(1, len(widths))
            ]
            for part in ("narrow", "noise")
        )
        self._bands_out = [
            convolution(f"level{level}_band", 4, 1, FLOAT32, gain=band_gain) for level in range(len(widths))
        ]
        if not stage.guided:
            self._low_out = convolution("low", 1, 1, FLOAT32)

    def build(self, _: object = None) -> None:
        """Make the variables, without a first call: that would take as long as all else at start-up."""
        stage, widths = self.stage, self.stage.widths
        guide_channels = 2 if stage.guided else 0  # its level and its form
        self._entry.build(shape_of(stage.latent_channels + guide_channels + stage.conditions))
        self._landscape.build()
        for level, width in enumerate(widths):
            for block in self._blocks[level]:
                block.build()
            self._bands_out[level].build(shape_of(width))
        for coarser, narrow, noise_in in zip(widths, self._narrowing, self._noise_in):
            narrow.build(shape_of(coarser))
            noise_in.build(shape_of(stage.noise_channels))
        if not stage.guided:
            self._low_out.build(shape_of(widths[0]))

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
            low = self._low_out(rectified_beside(without_margin(features, stage.feature_margins[0] - 1)))
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
        phases = self._bands_out[level](rectified_beside(seen))
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
        if conditions is not None:  # last: so a base model without any is widened (training/base_model.py)
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
