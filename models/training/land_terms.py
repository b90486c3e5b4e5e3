# SPDX-License-Identifier: GPL-3.0-or-later
"""What a generator is told of its land besides the discriminator's word.

Water, pits, ruggedness, roundness, straightness, chessboards and symmetry; and, where it has a guide, how
different its lands of one guide are.

The discriminator takes long to see what is rare, or spread thinly over a whole patch. These can be measured.
"""

from __future__ import annotations

from collections.abc import Sequence

import tensorflow as tf

from ..architecture import STAGE_NAMES, StageArchitecture
from ..networks.pits import pittedness
from ..networks.pyramid import water_depths
from ..networks.relief import Relief
from ..networks.scaling import Scaling
from ..terms.bends import bends_of
from ..terms.chessboard import CHESSBOARD_POWERS, CHESSBOARD_STATISTICS, chessboard
from ..terms.roundness import ROUNDNESS_POWERS, ROUNDNESS_STATISTICS, roundness
from ..terms.straightness import STRAIGHTNESS_POWERS, STRAIGHTNESS_STATISTICS, straightness
from ..terms.symmetry import GRAIN_STATISTICS, GRID_STATISTICS, grain, grid
from .running_means import MeanByLandscape, MeansBesideReal, RunningMean, pull_of
from .settings import TrainingSettings
from .stage_statistics import Hollows

_DRY = 5e-5  # the depth of water, in deviations of a patch, below which land counts as dry
_UNPITTED = 1e-5  # the mean companded depth of pits below which land counts as having none
_LEVEL = 1e-6  # keeps level land from being divided by nothing
# The powers of sizes that are told of, of each level, and how much each counts. Lone knobs are rare: in the
# twelfth bundled model's valleys the fourth root of the fourth powers was a fifth too large, all else right.
# Told of fourth powers from its first step, a small layout had not learnt its guiding layer after 150 steps.
_OF_KNOBS = 4
RUGGEDNESS_POWERS = {1: 1.0, 2: 1.0, _OF_KNOBS: 7.0}  # each power twice the one before
_WET_AT_FIRST = 10.0  # times the water of real land
# A grid is faint beside the chance of 64 patches, by which the other means steer. The mean of many more is
# sure of it, and so may pull harder.
_LASTING_PATCHES = 2000.0
_LASTING_PULL = 10.0


class LandTerms:
    """The terms of one stage, and the means that they steer by.

    What a batch says of its land scatters by chance. So the pull on the generator is as strong as the mean of
    the last patches is off, and only its direction comes from the batch: that is the gradient of the squared
    mean. By the square of each batch chance itself was punished: land dried and lost its forms.

    What land is made of has a mean for each landscape: by one mean of all, dry hills excused wet mountains.
    """

    def __init__(
        self,
        stage: StageArchitecture,
        real_hollows: Hollows,
        settings: TrainingSettings,
    ) -> None:
        """Take the hollows of each landscape (see `measured_hollows`)."""
        self._stage, self._real_hollows = stage, real_hollows
        self._settings = settings
        self._twins = twins_of(stage, settings.batch_size)
        # Told of pits, a layout got rid of them as lone hills on plains, and valleys perhaps as knobs.
        self._has_pixels = stage.name == STAGE_NAMES[-1]
        landscapes, levels = real_hollows.pits.shape
        no_grid = tf.zeros([landscapes, GRID_STATISTICS * stage.factor**2])
        self._wetness = MeanByLandscape(tf.fill([landscapes, 1], _WET_AT_FIRST))  # over that of real land
        self._pits = MeanByLandscape(tf.ones([landscapes, levels]))  # over those of real land
        self._ruggedness = MeansBesideReal(landscapes, len(RUGGEDNESS_POWERS) * levels)
        self._roundness = MeansBesideReal(landscapes, ROUNDNESS_STATISTICS * levels)
        self._straightness = MeansBesideReal(landscapes, STRAIGHTNESS_STATISTICS * levels)
        self._chessboard = MeansBesideReal(landscapes, CHESSBOARD_STATISTICS * levels)
        self._grid = MeanByLandscape(no_grid)
        self._lasting_grid = MeanByLandscape(no_grid, _LASTING_PATCHES)
        self._grain = RunningMean(tf.zeros([GRAIN_STATISTICS * levels]))
        self._variety = RunningMean(tf.ones([stage.octaves]))
        self._real_variety = RunningMean(tf.ones([stage.octaves]))

    def averages(self) -> dict[str, tf.Variable]:
        """Return what a checkpoint must hold, by name."""
        means = {
            "wetness": self._wetness,
            "grid": self._grid,
            "lasting_grid": self._lasting_grid,
            "ruggedness": self._ruggedness.generated,
            "real_ruggedness": self._ruggedness.real,
            "roundness": self._roundness.generated,
            "real_roundness": self._roundness.real,
            "straightness": self._straightness.generated,
            "real_straightness": self._straightness.real,
            "chessboard": self._chessboard.generated,
            "real_chessboard": self._chessboard.real,
        }
        if not self._stage.guided:
            means["grain"] = self._grain
        if self._has_pixels:
            means["pits"] = self._pits
        if self._twins:
            means |= {"variety": self._variety, "real_variety": self._real_variety}
        return {name: mean.variable for name, mean in means.items()}

    def __call__(
        self,
        fields: tf.Tensor,
        land: Relief,
        real: Relief,
        landscape: tf.Tensor,
        knows_forms: tf.Tensor | float,
    ) -> tuple[tf.Tensor, dict[str, tf.Tensor]]:
        """Return the loss of a batch, and where the means stand, over all landscapes.

        Args:
            fields: generated ones, whole, (b, n, n, 1), n a multiple of the stage's factor.
            land: of the patches that are cut from them.
            real: of those that these are judged against, of the same guides.
            landscape: of each, (b,).
            knows_forms: 1 or 0. As long as the stage learns forms it is not told of water, knobs,
                roundness, straightness and chessboards.
        """
        water, pits = (tf.gather(measured, landscape) for measured in self._real_hollows)
        loss = self._ruggedness_loss(land.octaves, real.octaves, landscape, knows_forms)
        loss += knows_forms * self._forms_loss(land.means, real.means, landscape)
        loss += self._grid_loss(fields, land.scaling, landscape)
        if not self._stage.guided:  # else it has the grain of its guide
            loss += self._grain_loss(land.means)
        loss += knows_forms * self._water_loss(land.means[-1], water, landscape)
        finest = self._stage.octaves
        finest_domes = 3 * finest + 2  # their mean square, which lone knobs raise
        means = {
            "ruggedness": self._ruggedness.ratio(finest),
            "roundness": self._roundness.ratio(finest_domes),
            "straightness": self._straightness.ratio(finest),
            "chessboard": self._chessboard.ratio(finest),
            "grid": tf.reduce_mean(tf.norm(self._lasting_grid.variable, axis=1)),
            "wetness": tf.reduce_mean(self._wetness.variable),
        }
        if self._has_pixels:
            loss += self._pits_loss(land.pits, pits, landscape)
            means["pits"] = tf.reduce_mean(self._pits.variable[:, finest])
        if self._twins:
            loss += self._variety_loss(land.octaves, real.octaves)
            means["variety"] = tf.reduce_mean(self._variety.variable / self._real_variety.variable)
        return loss, means

    def _water_loss(self, patches: tf.Tensor, wanted: tf.Tensor, landscape: tf.Tensor) -> tf.Tensor:
        found = water_ratio(water_depths(patches), wanted)[:, None]
        self._wetness.remember_each(found, landscape)
        mean = self._wetness.of(landscape)
        return self._settings.water_weight * pull_of(tf.nn.relu(tf.math.log(mean)), found / mean)

    def _pits_loss(self, depths: Sequence[tf.Tensor], wanted: tf.Tensor, landscape: tf.Tensor) -> tf.Tensor:
        found = (pittedness(depths) + _UNPITTED) / (wanted + _UNPITTED)
        self._pits.remember_each(found, landscape)
        mean = self._pits.of(landscape)
        return self._settings.pits_weight * pull_of(tf.math.log(mean), found / mean)

    def _ruggedness_loss(
        self,
        octaves: Sequence[tf.Tensor],
        real_octaves: Sequence[tf.Tensor],
        landscape: tf.Tensor,
        knows_forms: tf.Tensor | float,
    ) -> tf.Tensor:
        # Of a power both the excess and its change are that many times those of its root, which is told of.
        counts = [
            weight / power**2 * (knows_forms if power == _OF_KNOBS else 1.0)
            for power, weight in RUGGEDNESS_POWERS.items()
        ]
        counts = tf.repeat(tf.stack(counts), len(octaves))
        found, real = ruggedness(octaves), ruggedness(real_octaves)
        return self._settings.ruggedness_weight * self._ruggedness.pull(found, real, landscape, counts)

    def _forms_loss(
        self, means: Sequence[tf.Tensor], real_means: Sequence[tf.Tensor], landscape: tf.Tensor
    ) -> tf.Tensor:
        """Return that of roundness, straightness and chessboards, of the `means` of both lands."""
        both = means, real_means
        bends = [[bends_of(level) for level in each] for each in both]
        coarsest = 0.0 if self._stage.guided else 1.0  # that of its guide
        levels = [coarsest] + [1.0] * self._stage.octaves
        settings, loss = self._settings, 0.0
        for measure, seen, memory, powers, weight in (
            (roundness, bends, self._roundness, ROUNDNESS_POWERS, settings.roundness_weight),
            (straightness, bends, self._straightness, STRAIGHTNESS_POWERS, settings.straightness_weight),
            (chessboard, both, self._chessboard, CHESSBOARD_POWERS, settings.chessboard_weight),
        ):
            counts = tf.constant([level / power**2 for power in powers for level in levels])
            loss += weight * memory.pull(*map(measure, seen), landscape, counts)
        return loss

    def _variety_loss(self, octaves: Sequence[tf.Tensor], real_octaves: Sequence[tf.Tensor]) -> tf.Tensor:
        found, wanted = variety(octaves[1:], real_octaves[1:], self._twins)
        self._variety.remember(found, self._settings.batch_size)
        self._real_variety.remember(wanted, self._settings.batch_size)
        excess = tf.math.log(self._variety.variable / self._real_variety.variable)
        return self._settings.variety_weight * tf.reduce_sum(excess * found / self._variety.variable)

    def _grid_loss(self, fields: tf.Tensor, scaling: Scaling, landscape: tf.Tensor) -> tf.Tensor:
        found = grid(fields / scaling.band_deviations[-1], self._stage.factor)
        for mean in (self._grid, self._lasting_grid):
            mean.remember_each(found, landscape)
        pull = self._grid.of(landscape) + _LASTING_PULL * self._lasting_grid.of(landscape)
        return self._settings.symmetry_weight * tf.reduce_mean(tf.reduce_sum(pull * found, 1))

    def _grain_loss(self, means: Sequence[tf.Tensor]) -> tf.Tensor:
        found = grain(means)
        self._grain.remember(found, self._settings.batch_size)
        return self._settings.symmetry_weight * tf.reduce_sum(self._grain.variable * found)


def water_ratio(depths: tf.Tensor, wanted: tf.Tensor) -> tf.Tensor:
    """Return how many times as deep as on real land water stands on each patch, (b,).

    Args:
        depths: of water, (b, cells), in deviations of a patch (see `networks.pyramid`).
        wanted: the mean depth on real land in that unit, (b,).
    """
    return (tf.reduce_mean(depths, 1) + _DRY) / (wanted + _DRY)


def ruggedness(octaves: Sequence[tf.Tensor]) -> tf.Tensor:
    """Return how large the forms and each octave of patches are: means of sizes, squares, fourth powers.

    Told of squares only, a stage made all its relief in a few places and left the rest smooth: mean sizes
    see that. Told of both, valleys made lone knobs of one cell, which fourth powers see.

    Args:
        octaves: as `Relief` has them.

    Returns:
        (b, len(RUGGEDNESS_POWERS) * levels), each power's coarse to fine.
    """
    raised, means = [tf.abs(octave) for octave in octaves], []
    for _ in RUGGEDNESS_POWERS:
        means += [tf.reduce_mean(each, [1, 2, 3]) for each in raised]
        raised = [tf.square(each) for each in raised]
    return tf.stack(means, 1) + _LEVEL


def twins_of(stage: StageArchitecture, batch_size: int) -> int:
    """Return how many of a batch, its last, have the same guides as its first; none without a guide."""
    return batch_size // 4 if stage.guided else 0


def variety(
    octaves: Sequence[tf.Tensor], real_octaves: Sequence[tf.Tensor], twins: int
) -> tuple[tf.Tensor, tf.Tensor]:
    """Return how far twins are from each other, octave by octave, and how far they are from the real patch.

    Were the real patch one more that the stage had made, both would be the same: so it is for forecasts
    whose spread is right (Gneiting and Raftery 2007). A stage that does not care for its noise makes twins
    alike.

    Args:
        octaves: of patches (see `Relief`), the first `twins` and the last of the same guides.
        real_octaves: of real patches, of those guides.

    Returns:
        (octaves,) each, coarse to fine; the second has no gradient.
    """
    between, beside = [], []
    for octave, real in zip(octaves, real_octaves):
        rest = octave.shape[0] - 2 * twins
        one, _, other = tf.split(octave, [twins, rest, twins])  # its gradient is quicker than that of a slice
        truth = real[:twins]
        between.append(tf.reduce_mean(tf.abs(one - other)) + _LEVEL)
        beside.append(tf.reduce_mean(tf.abs(one - truth) + tf.abs(other - truth)) / 2.0 + _LEVEL)
    return tf.stack(between), tf.stop_gradient(tf.stack(beside))
