# SPDX-License-Identifier: GPL-3.0-or-later
"""What a generator is told of its land besides the discriminator's word.

Water, pits, ruggedness, grid and grain; and, where it has a guide, how different its lands of one guide are.

The discriminator takes long to see what is rare, or spread thinly over a whole patch. These can be measured.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import tensorflow as tf

from .architecture import STAGE_NAMES, StageArchitecture
from .pits import pittedness
from .pyramid import laplacian_bands, pyramid, water_depths
from .scaling import Scaling, scaling_of
from .stage_statistics import Hollows
from .statistics import FieldStatistics

if TYPE_CHECKING:
    from .stage_training import TrainingSettings

_DRY = 5e-5  # the depth of water, in deviations of a patch, below which land counts as dry
_UNPITTED = 1e-5  # the mean companded depth of pits below which land counts as having none
_LEVEL = 1e-6  # keeps level land from being divided by nothing
RUGGEDNESS_STATISTICS = 2  # of each level
GRID_STATISTICS = 6  # of each place on the lattice
GRAIN_STATISTICS = 2  # of each level
# What a batch says of its land scatters by chance. So the pull on the generator is as strong as the mean of
# the last patches is off, and only its direction comes from the batch: that is the gradient of the squared
# mean. By the square of each batch chance itself was punished: land dried and lost its forms.
_REMEMBERED_PATCHES = 64.0
_WET_AT_FIRST = 10.0  # times the water of real land


class LandTerms:
    """The terms of one stage, and the means that they steer by."""

    def __init__(
        self,
        stage: StageArchitecture,
        statistics: Sequence[FieldStatistics],
        real_hollows: Hollows,
        settings: TrainingSettings,
    ) -> None:
        """Take the statistics and the hollows of each landscape (see `measured_hollows`)."""
        self._stage, self._statistics, self._real_hollows = stage, statistics, real_hollows
        self._settings = settings
        self._twins = twins_of(stage, settings.batch_size)
        # Told of pits, a layout got rid of them as lone hills on plains, and valleys perhaps as knobs.
        self._has_pixels = stage.name == STAGE_NAMES[-1]
        asymmetries = GRID_STATISTICS * stage.factor**2
        if not stage.guided:
            asymmetries += GRAIN_STATISTICS * (stage.octaves + 1)
        self._wetness = _average(_WET_AT_FIRST)  # mean water over that of real land
        self._pits = _average(tf.ones([stage.octaves + 1]))  # over those of real land
        self._asymmetry = _average(tf.zeros([asymmetries]))
        ruggedness_at_first = tf.ones([RUGGEDNESS_STATISTICS * (stage.octaves + 1)])
        self._ruggedness = _average(ruggedness_at_first)
        self._real_ruggedness = _average(ruggedness_at_first)
        self._variety = _average(tf.ones([stage.octaves]))
        self._real_variety = _average(tf.ones([stage.octaves]))

    def averages(self) -> dict[str, tf.Variable]:
        """Return what a checkpoint must hold, by name."""
        pits = {"pits": self._pits} if self._has_pixels else {}
        variety = {"variety": self._variety, "real_variety": self._real_variety} if self._twins else {}
        return {
            "wetness": self._wetness,
            **pits,
            **variety,
            "asymmetry": self._asymmetry,
            "ruggedness": self._ruggedness,
            "real_ruggedness": self._real_ruggedness,
        }

    def __call__(
        self,
        fields: tf.Tensor,
        patches: tf.Tensor,
        real_patches: tf.Tensor,
        landscape: tf.Tensor,
        water_told: tf.Tensor | float,
    ) -> tuple[tf.Tensor, dict[str, tf.Tensor]]:
        """Return the loss of a batch, and where the means stand.

        Args:
            fields: generated ones, whole, (b, n, n, 1), n a multiple of the stage's factor.
            patches: what the discriminator sees of them, (b, p, p, 1).
            real_patches: those that they are judged against, of the same guides, (b, p, p, 1).
            landscape: of each, (b,).
            water_told: how much of its weight the word of water has, 0 to 1.
        """
        scaling = scaling_of(self._statistics, landscape)
        loss = self._ruggedness_loss(patches, real_patches, scaling)
        loss += self._symmetry_loss(fields, patches, scaling)
        finest = self._stage.octaves
        means = {
            "ruggedness": self._ruggedness[finest] / self._real_ruggedness[finest],
            "asymmetry": tf.norm(self._asymmetry),
        }
        water, pits = (tf.gather(measured, landscape) for measured in self._real_hollows)
        loss += water_told * self._water_loss(patches, scaling, water)
        means["wetness"] = self._wetness.read_value()
        if self._has_pixels:
            loss += self._pits_loss(patches, scaling, pits)
            means["pits"] = self._pits[finest]
        if self._twins:
            loss += self._variety_loss(patches, real_patches, scaling)
            means["variety"] = tf.reduce_mean(self._variety / self._real_variety)
        return loss, means

    def _water_loss(self, patches: tf.Tensor, scaling: Scaling, wanted: tf.Tensor) -> tf.Tensor:
        wetness = water_ratio(water_depths(patches / scaling.patch_deviation), wanted)
        self._remember(self._wetness, wetness)
        excess = tf.nn.relu(tf.math.log(self._wetness))
        return self._settings.water_weight * excess * wetness / self._wetness

    def _pits_loss(self, patches: tf.Tensor, scaling: Scaling, wanted: tf.Tensor) -> tf.Tensor:
        found = tf.reduce_mean((pittedness(patches, scaling) + _UNPITTED) / (wanted + _UNPITTED), 0)
        self._remember(self._pits, found)
        excess = tf.math.log(self._pits)
        return self._settings.pits_weight * tf.reduce_sum(excess * found / self._pits)

    def _ruggedness_loss(self, patches: tf.Tensor, real_patches: tf.Tensor, scaling: Scaling) -> tf.Tensor:
        found = ruggedness(patches, scaling)
        self._remember(self._ruggedness, found)
        self._remember(self._real_ruggedness, ruggedness(real_patches, scaling))
        excess = tf.math.log(self._ruggedness / self._real_ruggedness)
        return self._settings.ruggedness_weight * tf.reduce_sum(excess * found / self._ruggedness)

    def _variety_loss(self, patches: tf.Tensor, real_patches: tf.Tensor, scaling: Scaling) -> tf.Tensor:
        found, wanted = variety(patches, real_patches, scaling, self._twins)
        self._remember(self._variety, found)
        self._remember(self._real_variety, wanted)
        excess = tf.math.log(self._variety / self._real_variety)
        return self._settings.variety_weight * tf.reduce_sum(excess * found / self._variety)

    def _symmetry_loss(self, fields: tf.Tensor, patches: tf.Tensor, scaling: Scaling) -> tf.Tensor:
        stage = self._stage
        asymmetry = grid(fields / scaling.band_deviations[-1], stage.factor)
        if not stage.guided:  # else it has the grain of its guide
            forms = pyramid(patches / scaling.patch_deviation, stage.octaves)
            asymmetry = tf.concat([asymmetry, grain(forms)], 0)
        self._remember(self._asymmetry, asymmetry)
        return self._settings.symmetry_weight * tf.reduce_sum(self._asymmetry * asymmetry)

    def _remember(self, average: tf.Variable, found: tf.Tensor) -> None:
        patches = self._settings.batch_size * tf.distribute.get_strategy().num_replicas_in_sync
        share = min(1.0, patches / _REMEMBERED_PATCHES)
        average.assign_add(share * (tf.stop_gradient(found) - average))


def _average(at_first: tf.Tensor | float) -> tf.Variable:
    """Return a variable that, where several devices train, takes the mean of what they find."""
    return tf.Variable(at_first, trainable=False, aggregation=tf.VariableAggregation.MEAN)


def water_ratio(depths: tf.Tensor, wanted: tf.Tensor) -> tf.Tensor:
    """Return how many times as deep as on real land water stands on a batch.

    Args:
        depths: of water, (b, ...), in deviations of a patch (see `pyramid.water_depths`).
        wanted: the mean depth on real land in that unit, (b,).
    """
    return (tf.reduce_mean(depths) + _DRY) / (tf.reduce_mean(wanted) + _DRY)


def ruggedness(patches: tf.Tensor, scaling: Scaling) -> tf.Tensor:
    """Return how large the forms and each octave of patches are: mean sizes, then root mean squares.

    Told of squares only, a stage made all its relief in a few places and left the rest smooth: mean sizes
    see that. The forms are the low-pass less its mean over the patch.

    Args:
        patches: (b, p, p, 1).
        scaling: of their landscapes, whose deviations are the units.

    Returns:
        (RUGGEDNESS_STATISTICS * levels,), each half coarse to fine.
    """
    low, *bands = laplacian_bands(pyramid(patches, len(scaling.band_deviations)))
    forms = (low - tf.reduce_mean(low, [1, 2], keepdims=True)) / scaling.patch_deviation
    octaves = [forms, *(band / deviation for band, deviation in zip(bands, scaling.band_deviations))]
    sizes = [tf.reduce_mean(tf.abs(octave)) for octave in octaves]
    squares = [tf.sqrt(tf.reduce_mean(tf.square(octave)) + _LEVEL) for octave in octaves]
    return tf.stack([size + _LEVEL for size in sizes] + squares)


def twins_of(stage: StageArchitecture, batch_size: int) -> int:
    """Return how many of a batch, its last, have the same guides as its first; none without a guide."""
    return batch_size // 4 if stage.guided else 0


def variety(
    patches: tf.Tensor, real_patches: tf.Tensor, scaling: Scaling, twins: int
) -> tuple[tf.Tensor, tf.Tensor]:
    """Return how far twins are from each other, octave by octave, and how far they are from the real patch.

    Were the real patch one more that the stage had made, both would be the same: so it is for forecasts
    whose spread is right (Gneiting and Raftery 2007). A stage that does not care for its noise makes twins
    alike.

    Args:
        patches: (b, p, p, 1), the first `twins` and the last of the same guides.
        real_patches: of those guides, (b, p, p, 1).
        scaling: of their landscapes, whose deviations are the units.

    Returns:
        (octaves,) each, coarse to fine; the second has no gradient.
    """
    octaves = len(scaling.band_deviations)
    bands = laplacian_bands(pyramid(patches, octaves))[1:]
    real_bands = laplacian_bands(pyramid(real_patches, octaves))[1:]
    between, beside = [], []
    for band, real, deviation in zip(bands, real_bands, scaling.band_deviations):
        one, other, truth, unit = band[:twins], band[-twins:], real[:twins], deviation[:twins]
        between.append(tf.reduce_mean(tf.abs(one - other) / unit) + _LEVEL)
        distances = tf.abs(one - truth) + tf.abs(other - truth)
        beside.append(tf.reduce_mean(distances / unit) / 2.0 + _LEVEL)
    return tf.stack(between), tf.stop_gradient(tf.stack(beside))


def grid(field: tf.Tensor, period: int) -> tf.Tensor:
    """Return how a field depends on the place on a lattice of `period` pixels: on average 0 without a grid.

    Steps (first differences), their sizes, and the sizes of bends (second differences), along columns and
    along rows, are averaged by place: row and column modulo the period. Returned is what these means lie off
    their own mean, over the mean size. Without the bends a stage printed lines, without the steps, blocks;
    averaged by rows and by columns only, a pattern that changes its sign from one to the next went unseen:
    the bends of the bundled model's places were up to 14 % apart, those of its rows 2 %.

    Args:
        field: (b, n, n, 1), in a unit that makes landscapes alike; n a multiple of `period`.

    Returns:
        (GRID_STATISTICS * period**2,), over `period`, so that lines weigh the same at each period.
    """
    by_place = []
    cells = field.shape[1] // period - 1
    for axis in (1, 2):
        steps = _differences(field, axis)
        bends = _differences(steps, axis)
        for values, signed in ((steps, True), (steps, False), (bends, False)):
            sizes = tf.abs(values)
            relative = (values if signed else sizes) / (tf.reduce_mean(sizes) + _LEVEL)
            whole = relative[:, : cells * period, : cells * period]
            by_place.append(tf.reduce_mean(tf.reshape(whole, [-1, cells, period, cells, period]), [0, 1, 3]))
    places = tf.stack(by_place)
    return tf.reshape(places - tf.reduce_mean(places, [1, 2], keepdims=True), [-1]) / period


def grain(means: Sequence[tf.Tensor]) -> tf.Tensor:
    """Return which directions the slopes of a field prefer: on average 0 where no direction prevails.

    Of the slopes (p, q) along columns and rows, mean p q and mean (p p - q q) / 2 over their mean
    (p p + q q) / 2: the parts of the structure tensor that turn with the field, from -1 to 1. Training
    patches are turned and mirrored, so that land has no grain but by chance; a layout stage that made all
    its ridges run one way had it.

    Args:
        means: the `pyramid` of the field, in a unit that makes landscapes alike.

    Returns:
        (GRAIN_STATISTICS * levels,).
    """
    found = []
    for mean in means:
        # Of the four cells around a corner: forward differences share a cell, and so would seem to agree.
        down = _differences(mean[:, :, 1:] + mean[:, :, :-1], 1)
        right = _differences(mean[:, 1:] + mean[:, :-1], 2)
        energy = 0.5 * tf.reduce_mean(tf.square(down) + tf.square(right)) + _LEVEL
        found.append(tf.reduce_mean(down * right) / energy)
        found.append(0.5 * tf.reduce_mean(tf.square(down) - tf.square(right)) / energy)
    return tf.stack(found)


def _differences(field: tf.Tensor, axis: int) -> tf.Tensor:
    return field[:, 1:] - field[:, :-1] if axis == 1 else field[:, :, 1:] - field[:, :, :-1]
