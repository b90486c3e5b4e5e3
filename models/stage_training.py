# SPDX-License-Identifier: GPL-3.0-or-later
"""Training one stage: its networks, its optimisers, its averaged weights, and one step of both players."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import keras
import numpy as np
import tensorflow as tf

from ..errors import GeoGanError
from .architecture import GUIDE_MEAN, StageArchitecture
from .losses import LOSSES, gradient_penalty, guide_distance
from .networks import Discriminator, Generator
from .noise import random_noise
from .patches import PatchSampler
from .pyramid import laplacian_bands, local_deviation, mean_pool, without_margin
from .statistics import FieldStatistics
from .weights import assign, network_weights

_STATISTICS_BATCHES = 16
_STATISTICS_PATCHES = 32
_SMALLEST_DEVIATION = 1e-6  # of the low-pass deviation: keeps flat bands from being divided by nothing
# The averaged weights forget half of what they knew after a tenth of the patches seen so far, at most after
# this many: quick to leave the first steps behind, slow enough to even out the players' swings.
_EMA_SHARE = 0.1
_EMA_MOST_PATCHES = 10_000


@dataclass(frozen=True)
class TrainingSettings:
    """What a training is run with.

    The defaults looked best of those tried in two minutes on the sample, one seed each: with a gamma of 1
    rough and quiet land ran together, with one of 10 the generator's grid showed. Learning rate, batch size
    and guide weight were not varied one by one.
    """

    batch_size: int = 8  # patches a step
    learning_rate: float = 1e-3
    gamma: float = 3.0  # weight of R1 and R2, halved as in their papers
    loss: str = "relativistic"  # or "standard"
    guide_weight: float = 10.0  # of the distance between a guided field's cell means and its guide
    seed: int = 0


class StageTrainer:
    """Everything that changes while one stage learns. All of it can be stored and restored."""

    def __init__(
        self,
        stage: StageArchitecture,
        areas: Sequence[np.ndarray],
        settings: TrainingSettings,
        statistics: FieldStatistics | None = None,
    ) -> None:
        """Take the areas at the stage's output resolution, float32 (rows, cols), NaN where void.

        The statistics are measured on the areas where none are given (a training that goes on keeps its own).

        Raises:
            GeoGanError: no patch without voids, or land without any relief.
        """
        self.stage, self.settings = stage, settings
        self.random = tf.random.Generator.from_seed(settings.seed)
        margin = stage.guide_margin * stage.factor if stage.guided else 0
        self._sampler = PatchSampler(areas, stage.patch + 2 * margin)
        self._margin = margin
        self.statistics = statistics or measured_statistics(stage, self._sampler, self.random, margin)
        keras.utils.set_random_seed(settings.seed)
        self.generator = Generator(stage, self.statistics)
        self.discriminator = Discriminator(stage, self.statistics)
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
        self._step = tf.function(self._train_step, autograph=False)

    def compile(self) -> None:
        """Build the graph of a step: seconds in which nothing is learnt and no cancel is heard."""
        self._step.get_concrete_function(tf.TensorSpec([], tf.float32))

    def step(self, learning_rate: float) -> dict[str, float]:
        """Train both players on one batch and return their losses."""
        for optimizer in self._optimizers:
            optimizer.learning_rate.assign(learning_rate)
        seen = (self.steps + 1) * self.settings.batch_size
        half_life = min(_EMA_SHARE * seen, _EMA_MOST_PATCHES)
        losses = self._step(tf.constant(0.5 ** (self.settings.batch_size / half_life), tf.float32))
        self.steps += 1
        # As numbers at once: this waits for the device, so that clock and cancel are right on a GPU too.
        return {name: float(loss) for name, loss in losses.items()}

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
            for player, optimizer in enumerate(self._optimizers):
                for i, variable in enumerate(optimizer.variables):
                    variable.assign(state[self._prefix(f"optimizer{player}") + str(i)])
        except (KeyError, ValueError, tf.errors.InvalidArgumentError) as error:
            raise GeoGanError("The checkpoint is damaged. Delete it, or train without RESUME.") from error
        self.steps = steps

    def _prefix(self, part: str) -> str:
        return f"{self.stage.name}/{part}/"

    def _build(self) -> None:
        noise = random_noise(self.stage, 1, self.random)
        side = self.stage.patch // self.stage.factor + 2 * self.stage.guide_margin
        field = self.generator(noise, tf.zeros([1, side, side, 1]) if self.stage.guided else None)
        self.discriminator(self.discriminator.bands_of(field))

    def _batch(self) -> tuple[tf.Tensor, tf.Tensor | None, list[tf.Tensor]]:
        """Return real patches, their guides (None without) and noise."""
        patches = self._sampler.draw(self.settings.batch_size, self.random)
        guide = mean_pool(patches, self.stage.factor) if self.stage.guided else None
        return (
            without_margin(patches, self._margin),
            guide,
            random_noise(self.stage, self.settings.batch_size, self.random),
        )

    def _train_step(self, ema: tf.Tensor) -> dict[str, tf.Tensor]:
        losses = self._train_discriminator()
        losses.update(self._train_generator())
        for averaged, weight in zip(self.averaged, self.generator.trainable_variables):
            averaged.assign(ema * averaged + (1.0 - ema) * weight)
        return losses

    def _train_discriminator(self) -> dict[str, tf.Tensor]:
        real, guide, noise = self._batch()
        fake = self.generator(noise, guide)
        # Real and generated patches in one pass: the network has no operation across patches.
        bands = self.discriminator.bands_of(tf.concat([real, fake], 0))
        variables = self.discriminator.trainable_variables
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch([variable.value for variable in variables])
            with tf.GradientTape(watch_accessed_variables=False) as inner:
                inner.watch(bands)
                logits = self.discriminator(bands)
            penalty = gradient_penalty(inner.gradient(logits, bands))
            real_logits, fake_logits = tf.split(logits, 2)
            r1, r2 = tf.split(penalty, 2)
            adversarial = LOSSES[self.settings.loss].discriminator(real_logits, fake_logits)
            loss = tf.reduce_mean(adversarial + 0.5 * self.settings.gamma * (r1 + r2))
        self._optimizers[1].apply(tape.gradient(loss, [variable.value for variable in variables]), variables)
        return {
            "discriminator_loss": tf.reduce_mean(adversarial),
            "margin": tf.reduce_mean(real_logits - fake_logits),
            "r1": tf.reduce_mean(r1),
            "r2": tf.reduce_mean(r2),
        }

    def _train_generator(self) -> dict[str, tf.Tensor]:
        real, guide, noise = self._batch()
        real_logits = self.discriminator(self.discriminator.bands_of(real))
        variables = self.generator.trainable_variables
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch([variable.value for variable in variables])
            fake = self.generator(noise, guide)
            fake_logits = self.discriminator(self.discriminator.bands_of(fake))
            adversarial = tf.reduce_mean(LOSSES[self.settings.loss].generator(real_logits, fake_logits))
            distance = tf.constant(0.0)
            if guide is not None:
                inside = without_margin(guide, self.stage.guide_margin)
                unit = self.statistics.band_deviations[0]
                distance = tf.reduce_mean(guide_distance(mean_pool(fake, self.stage.factor), inside, unit))
            loss = adversarial + self.settings.guide_weight * distance
        self._optimizers[0].apply(tape.gradient(loss, [variable.value for variable in variables]), variables)
        return {"generator_loss": adversarial, "guide_distance": distance}


def measured_statistics(
    stage: StageArchitecture, sampler: PatchSampler, random: tf.random.Generator, margin: int
) -> FieldStatistics:
    """Measure mean and deviations over random patches."""
    collected: dict[str, list[np.ndarray]] = {}
    for _ in range(_STATISTICS_BATCHES):
        patches = sampler.draw(_STATISTICS_PATCHES, random)
        low, *bands = laplacian_bands(without_margin(patches, margin), stage.levels)
        samples = {
            "low": low,
            "patch": low - tf.reduce_mean(low, [1, 2], keepdims=True),
        }
        if stage.guided:
            samples["form"] = local_deviation(mean_pool(patches, stage.factor), GUIDE_MEAN)
        samples.update({f"band{i}": band for i, band in enumerate(bands)})
        for name, sample in samples.items():
            collected.setdefault(name, []).append(sample.numpy().astype(np.float64).ravel())
    pooled = {name: np.concatenate(samples) for name, samples in collected.items()}
    low_deviation = float(pooled["low"].std())
    least = max(_SMALLEST_DEVIATION * low_deviation, 1e-9)

    def deviation(name: str) -> float:
        return max(float(pooled[name].std()), least)

    return FieldStatistics(
        mean=float(pooled["low"].mean()),
        low_deviation=deviation("low"),
        form_deviation=deviation("form" if stage.guided else "patch"),
        patch_deviation=deviation("patch"),
        band_deviations=tuple(deviation(f"band{i}") for i in range(stage.levels)),
    )
