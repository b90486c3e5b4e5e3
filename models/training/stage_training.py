# SPDX-License-Identifier: GPL-3.0-or-later
"""Training one stage: its networks, its optimisers, its averaged weights, and one step of both players."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import keras
import numpy as np
import tensorflow as tf

from ...errors import GeoGanError
from ..architecture import STAGE_NAMES, StageArchitecture
from ..area import Area
from ..networks.discriminator import Discriminator
from ..networks.generator import Generator
from ..networks.layers import FLOAT32
from ..networks.pyramid import mean_pool, without_margin
from ..networks.relief import Relief
from ..networks.scaling import scaling_of
from ..statistics import FieldStatistics
from ..weights import assign, network_weights, values_of
from .batches import Batch, Batches
from .judgement import judged
from .land_terms import LandTerms
from .losses import LOSSES, guide_distance
from .placement import faster
from .settings import TrainingSettings
from .stage_statistics import measured_hollows, measured_statistics

# Where gamma is found on the way, it grows while the discriminator tells more than nine pairs in ten apart,
# and falls while it tells fewer. The idea is that of StyleGAN2-ADA (arXiv 2006.06676), which steers its
# augmentation so, and the bounds are what was seen: left to grow, gamma reached 440 in 600 steps of a detail
# stage, and slopes and curvatures fell away from the real ones; with 3 they came nearer (one seed each).
_GAMMA_AT_FIRST = 3.0
_GAMMA_LEAST, _GAMMA_MOST = 1.0, 10.0
_LEAD_WANTED = 0.8
_GAMMA_PATCHES = 400.0  # in which gamma changes by a factor of e, were the lead off by one
# The averaged weights forget half of what they knew after a tenth of the patches seen so far, at most after
# this many: quick to leave the first steps behind, slow enough to even out the players' swings.
_EMA_SHARE = 0.1
_EMA_MOST_PATCHES = 10_000
# A layout that was told of water from the first step made plains with lone hills, and valleys told so, as dry
# as pixels, slopes full of knobs: dry, but not land.
_FORMS_FIRST_PATCHES = 16_000


class StageTrainer:
    """Everything that changes while one stage learns. All of it can be stored and restored.

    Made and used where a placement was entered (placement.py), it is on all of its devices.
    """

    def __init__(
        self,
        stage: StageArchitecture,
        areas: Sequence[Area],
        settings: TrainingSettings,
        statistics: Sequence[FieldStatistics] | None = None,
        precision: str = FLOAT32,
        water_shares: Sequence[float] | None = None,
    ) -> None:
        """Take the areas at the stage's output resolution, and the precision of the convolutions.

        The statistics of each landscape are measured on the areas where none are given (a training that goes
        on keeps its own). `water_shares` says how much of the water that stands on the areas the stage's land
        may hold, by landscape: all of it, if left out (see dams.py).

        Raises:
            GeoGanError: no patch without voids, or land without any relief.
        """
        self.stage, self.settings = stage, settings
        self._strategy = tf.distribute.get_strategy()
        self.patches_a_step = settings.batch_size * self._strategy.num_replicas_in_sync
        self.random = tf.random.Generator.from_seed(settings.seed)
        self.batches = Batches(stage, areas, settings.batch_size, self.random)
        sampler = self.batches.sampler
        self.statistics = statistics or measured_statistics(stage, sampler, self.random)
        hollows = measured_hollows(stage, sampler, self.statistics, settings.seed)
        if water_shares is not None:
            hollows = hollows._replace(water=hollows.water * tf.constant(water_shares, tf.float32))
        self._land_terms = LandTerms(stage, hollows, settings)
        keras.utils.set_random_seed(settings.seed)
        self.generator = Generator(stage, self.statistics, precision)
        self.discriminator = Discriminator(stage, len(self.statistics), precision)
        self._build()
        self.averaged = [
            tf.Variable(weight, trainable=False) for weight in self.generator.trainable_variables
        ]
        self._optimizers = [
            keras.optimizers.Adam(settings.learning_rate, beta_1=0.0, beta_2=0.99, epsilon=1e-8)
            for _ in range(2)
        ]
        for optimizer, network in zip(self._optimizers, (self.generator, self.discriminator)):
            optimizer.build(network.trainable_variables)
        self.steps = 0
        self.patches = 0  # learnt from; with other devices, a step has another number of them
        # The stage that makes the pixels has them from its guide; others learn them, or a base model knew.
        self.knows_forms = stage.guided and stage.name == STAGE_NAMES[-1]
        gamma = _GAMMA_AT_FIRST if settings.gamma is None else settings.gamma
        self.gamma = tf.Variable(
            gamma, trainable=False, dtype=tf.float32, aggregation=tf.VariableAggregation.MEAN
        )
        self._names_of_losses: tuple[str, ...] = ()  # known once the graph of a step is built
        self._step = tf.function(self._train_step_everywhere, autograph=False)

    def move_to(self, areas: Sequence[Area]) -> None:
        """Learn from other areas from now on; the statistics stay.

        Raises:
            GeoGanError: a landscape has no patch without voids there; the areas stay the old ones.
        """
        self.batches.sampler.move_to(areas)

    def compile(self) -> None:
        """Build the graph of a step, and take one that is forgotten: TensorFlow first optimises a graph then.

        Takes seconds in which nothing is learnt and no cancel is heard.
        """
        before = self.weights(), self.progress_state(), self.steps
        self._step(tf.constant(0.0), tf.constant(1.0))
        self.go_on_from(*before)

    def try_xla(self) -> bool:
        """Take steps with and without XLA, forget them, and keep to the faster way; return if it is XLA.

        Only for areas that stay: XLA compiles a step again where they change their sizes.
        """
        by_xla = tf.function(self._train_step, autograph=False, jit_compile=True)
        numbers = tf.constant(0.0), tf.constant(1.0)
        before = self.weights(), self.progress_state(), self.steps
        is_faster = faster(lambda: by_xla(*numbers), lambda: self._step(*numbers))
        self.go_on_from(*before)
        if is_faster:
            self._step = by_xla
        return is_faster

    def step(self, learning_rate: float) -> dict[str, float]:
        """Train both players on one batch and return their losses."""
        for optimizer in self._optimizers:
            optimizer.learning_rate.assign(learning_rate)
        seen = self.patches + self.patches_a_step
        half_life = min(_EMA_SHARE * seen, _EMA_MOST_PATCHES)
        ema = 0.5 ** (self.patches_a_step / half_life)
        self.knows_forms = self.knows_forms or seen > _FORMS_FIRST_PATCHES
        losses = self._step(tf.constant(ema, tf.float32), tf.constant(float(self.knows_forms)))
        self.steps += 1
        self.patches = seen
        # Read at once: this waits for the device, so that clock and cancel are right on a GPU too.
        return dict(zip(self._names_of_losses, losses.numpy().tolist()))

    def weights(self) -> dict[str, np.ndarray]:
        """Return what the model file holds: the averaged generator and the discriminator, by name."""
        names = network_weights(self.generator.trainable_variables, self._prefix("generator"))
        averaged = {name: variable.numpy() for name, variable in zip(names, self.averaged)}
        return averaged | network_weights(
            self.discriminator.trainable_variables, self._prefix("discriminator")
        )

    def start_from(self, weights: Mapping[str, np.ndarray]) -> None:
        """Take the weights of a model file; raises GeoGanError where they do not fit."""
        assign(self.generator.trainable_variables, self._prefix("generator"), weights)
        assign(self.discriminator.trainable_variables, self._prefix("discriminator"), weights)
        for averaged, weight in zip(self.averaged, self.generator.trainable_variables):
            averaged.assign(weight)

    def progress_state(self) -> dict[str, np.ndarray]:
        """Return what a checkpoint holds beside the weights: live generator, optimisers and random state."""
        state = network_weights(self.generator.trainable_variables, self._prefix("live"))
        state[self._prefix("random")] = self.random.state.numpy()
        state[self._prefix("patches")] = np.int64(self.patches)
        for name, variable in self._steering().items():
            state[self._prefix(name)] = variable.numpy()
        for player, optimizer in enumerate(self._optimizers):
            for i, variable in enumerate(optimizer.variables):
                state[self._prefix(f"optimizer{player}") + str(i)] = np.asarray(variable.numpy())
        return state

    def go_on_from(
        self, weights: Mapping[str, np.ndarray], state: Mapping[str, np.ndarray], steps: int
    ) -> None:
        """Restore a checkpoint; raises GeoGanError where it does not fit."""
        self.start_from(weights)
        assign(self.generator.trainable_variables, self._prefix("live"), state)
        try:
            self.random.reset(state[self._prefix("random")])
            self.patches = int(state[self._prefix("patches")])
            self.knows_forms = self.knows_forms or self.patches > _FORMS_FIRST_PATCHES
            for name, variable in self._steering().items():
                variable.assign(state[self._prefix(name)])
            for player, optimizer in enumerate(self._optimizers):
                for i, variable in enumerate(optimizer.variables):
                    variable.assign(state[self._prefix(f"optimizer{player}") + str(i)])
        except (KeyError, ValueError, tf.errors.InvalidArgumentError) as error:
            raise GeoGanError("The checkpoint is damaged. Delete it, or train without RESUME.") from error
        self.steps = steps

    def _prefix(self, part: str) -> str:
        return f"{self.stage.name}/{part}/"

    def _build(self) -> None:
        batch = self.batches.draw()
        self.generator.build()
        patches, *beside = self.batches.crop(batch.real, *batch.beside)
        bands = self._seen(self._relief(patches, batch.landscape), batch.landscape)
        self.discriminator(bands, *self._told(batch.landscape, beside))

    def _relief(self, patches: tf.Tensor, landscape: tf.Tensor) -> Relief:
        return Relief(patches, scaling_of(self.statistics, landscape))

    def _seen(self, relief: Relief, landscape: tf.Tensor) -> list[tf.Tensor]:
        """Return what the discriminator sees of patches."""
        return self.discriminator.bands_of(self.batches.some_changed(relief, landscape))

    def _told(self, landscape: tf.Tensor, beside: Sequence[tf.Tensor]) -> list[tf.Tensor]:
        """Return what the discriminator is told of patches: their landscape, and their conditions if any."""
        return [landscape, *(mean_pool(each, self.stage.factor) for each in beside)]

    def _train_step_everywhere(self, *numbers: tf.Tensor) -> tf.Tensor:
        """One step on each device, which learn together."""
        return self._strategy.reduce("MEAN", self._strategy.run(self._train_step, numbers), axis=None)

    def _train_step(self, ema: tf.Tensor, knows_forms: tf.Tensor) -> tf.Tensor:
        """Both players learn from one batch and one pass of each network, at once.

        Returns:
            All losses as one vector: each tensor that leaves the graph is read from the device by itself.
        """
        batch = self.batches.draw()
        variables = self.generator.trainable_variables
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(values_of(variables))
            fake = self.generator(batch.noise, batch.landscape, batch.guide, batch.told)
            real_patches, fake_patches, *beside = self.batches.crop(batch.real, fake, *batch.beside)
            made, real = (self._relief(each, batch.landscape) for each in (fake_patches, real_patches))
            fake_bands = self._seen(made, batch.landscape)
            distance = self._guide_distance(fake, batch)
            land, terms = self._land_terms(fake, made, real, batch.landscape, knows_forms)
            own_loss = land + self.settings.guide_weight * distance
        real_bands = self._seen(real, batch.landscape)
        judgement = judged(
            self.discriminator,
            LOSSES[self.settings.loss],
            self.gamma.read_value(),
            real_bands,
            fake_bands,
            self._told(batch.landscape, beside),
        )
        sources, pulls = [*fake_bands, own_loss], [*judgement.pulls, tf.ones([])]
        self._apply(0, tape.gradient(sources, values_of(variables), pulls))
        self._apply(1, judgement.gradients)
        if self.settings.gamma is None:
            self._adapt_gamma(judgement.lead)
        for averaged, weight in zip(self.averaged, variables):
            averaged.assign(ema * averaged + (1.0 - ema) * weight)
        losses = {**judgement.losses, **terms}
        losses |= {"guide_distance": distance, "gamma": self.gamma.read_value()}
        self._names_of_losses = tuple(losses)
        return tf.stack(list(losses.values()))

    def _apply(self, player: int, gradients: Sequence[tf.Tensor]) -> None:
        network = (self.generator, self.discriminator)[player]
        # An embedding's are one row a patch: Keras would add up their squares instead of squaring their sum.
        dense = [tf.convert_to_tensor(gradient) for gradient in gradients]
        # Keras adds up the gradients of all devices; to Adam, their scale is nothing.
        self._optimizers[player].apply(dense, network.trainable_variables)

    def _adapt_gamma(self, lead: tf.Tensor) -> None:
        rate = self.patches_a_step / _GAMMA_PATCHES
        gamma = self.gamma * tf.exp(rate * (lead - _LEAD_WANTED))
        self.gamma.assign(tf.clip_by_value(gamma, _GAMMA_LEAST, _GAMMA_MOST))

    def _guide_distance(self, fake: tf.Tensor, batch: Batch) -> tf.Tensor:
        if batch.guide is None:
            return tf.constant(0.0)
        inside = without_margin(batch.guide, self.stage.guide_margin)
        unit = scaling_of(self.statistics, batch.landscape).band_deviations[0]
        return tf.reduce_mean(guide_distance(mean_pool(fake, self.stage.factor), inside, unit))

    def _steering(self) -> dict[str, tf.Variable]:
        return {"gamma": self.gamma, **self._land_terms.averages()}
