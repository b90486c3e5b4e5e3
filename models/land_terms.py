# SPDX-License-Identifier: GPL-3.0-or-later
"""What a generator is told of its land besides the discriminator's word: its water, its grid and its grain.

The discriminator takes long to see what is rare, or spread thinly over a whole patch. These can be measured.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import tensorflow as tf

from .architecture import StageArchitecture
from .losses import GRAIN_STATISTICS, GRID_STATISTICS, grain, grid, water_ratio
from .pyramid import pyramid, water_depths
from .scaling import scaling_of
from .statistics import FieldStatistics

if TYPE_CHECKING:
    from .stage_training import TrainingSettings

# What a batch says of water, grid and grain scatters by chance. So the pull on the generator is as strong as
# the mean of the last patches is off, and only its direction comes from the batch: that is the gradient of
# the squared mean. By the square of each batch chance itself was punished: land dried and lost its forms.
_TENDENCY_PATCHES = 64.0
_WET_AT_FIRST = 10.0  # times the water of real land


class LandTerms:
    """The terms of one stage, and the means that they steer by."""

    def __init__(
        self,
        stage: StageArchitecture,
        statistics: Sequence[FieldStatistics],
        real_water: tf.Tensor,
        settings: TrainingSettings,
    ) -> None:
        """Take the statistics of each landscape, and how deep water stands on it (see `measured_water`)."""
        self._stage, self._statistics, self._real_water = stage, statistics, real_water
        self._settings = settings
        asymmetries = GRID_STATISTICS * stage.factor
        if not stage.guided:
            asymmetries += GRAIN_STATISTICS * stage.levels
        self._wetness = tf.Variable(_WET_AT_FIRST, trainable=False)  # mean water over that of real land
        self._asymmetry = tf.Variable(tf.zeros([asymmetries]), trainable=False)

    def averages(self) -> dict[str, tf.Variable]:
        """Return what a checkpoint must hold, by name."""
        return {"wetness": self._wetness, "asymmetry": self._asymmetry}

    def __call__(
        self, fields: tf.Tensor, patches: tf.Tensor, landscape: tf.Tensor
    ) -> tuple[tf.Tensor, dict[str, tf.Tensor]]:
        """Return the loss of a batch, and where the means stand.

        Args:
            fields: generated ones, whole, (b, n, n, 1), n a multiple of the stage's factor.
            patches: what the discriminator sees of them, (b, p, p, 1).
            landscape: of each, (b,).
        """
        stage, settings = self._stage, self._settings
        scaling = scaling_of(self._statistics, landscape)
        forms = patches / scaling.patch_deviation
        wetness = water_ratio(water_depths(forms), tf.gather(self._real_water, landscape))
        asymmetry = grid(fields / scaling.band_deviations[-1], stage.factor)
        if not stage.guided:  # else it has the grain of its guide
            asymmetry = tf.concat([asymmetry, grain(pyramid(forms, stage.octaves))], 0)
        self._remember(self._wetness, wetness)
        self._remember(self._asymmetry, asymmetry)
        excess = tf.nn.relu(tf.math.log(self._wetness))
        loss = settings.water_weight * excess * wetness / self._wetness
        loss += settings.symmetry_weight * tf.reduce_sum(self._asymmetry * asymmetry)
        return loss, {"wetness": self._wetness.read_value(), "asymmetry": tf.norm(self._asymmetry)}

    def _remember(self, average: tf.Variable, found: tf.Tensor) -> None:
        share = self._settings.batch_size / _TENDENCY_PATCHES
        average.assign_add(min(1.0, share) * (tf.stop_gradient(found) - average))
