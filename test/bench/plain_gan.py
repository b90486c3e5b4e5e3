# SPDX-License-Identifier: GPL-3.0-or-later
"""A stage trained as one would first write it: NumPy crops, and a Keras `train_step`, compiled.

Networks, losses, penalties, terms, optimisers and batch size are GeoGAN's, in float32. Plain are: patches cut
and turned by NumPy, noise drawn by NumPy, both handed to Keras every step; the discriminator learns from one
batch, and then the generator from another; each gradient has a tape and a pass of its own. What GeoGAN does
beside, a plain loop does not: gamma found on the way, patches changed where land is little, averaged weights.
Patches are counted as the discriminator learns from them, in both ways: the plain one cuts as many again for
its generator. Handed over by a bare compiled function, they cost less than by Keras' own `train_on_batch`.
"""

from __future__ import annotations

import keras
import numpy as np
import tensorflow as tf
from geogan.models.architecture import StageArchitecture
from geogan.models.area import Area
from geogan.models.networks.pyramid import mean_pool, without_margin
from geogan.models.networks.relief import Relief
from geogan.models.networks.scaling import scaling_of
from geogan.models.training.land_terms import LandTerms
from geogan.models.training.losses import LOSSES, gradient_penalty, guide_distance
from geogan.models.training.patches import PatchSampler
from geogan.models.training.planning import guide_margin_px, needed_patch
from geogan.models.training.settings import TrainingSettings
from geogan.models.training.stage_statistics import measured_hollows
from geogan.models.training.stage_training import StageTrainer


class PlainGan(keras.Model):
    """Both networks of a stage, and Keras' train_step for them."""

    def __init__(self, stage: StageArchitecture, heights: np.ndarray, settings: TrainingSettings) -> None:
        super().__init__()
        self.stage, self.settings, self._heights = stage, settings, heights
        self._numbers = np.random.default_rng(settings.seed)
        first = StageTrainer(stage, [Area(heights)], settings)  # builds networks and statistics
        self.generator, self.discriminator = first.generator, first.discriminator
        self.statistics = first.statistics
        sampler = PatchSampler([Area(heights)], needed_patch(stage))
        hollows = measured_hollows(stage, sampler, self.statistics, settings.seed)
        self._terms = LandTerms(stage, hollows, settings)
        self._players = [
            keras.optimizers.Adam(settings.learning_rate, beta_1=0.0, beta_2=0.99, epsilon=1e-8)
            for _ in range(2)
        ]
        for optimizer, network in zip(self._players, (self.generator, self.discriminator)):
            optimizer.build(network.trainable_variables)
        self.compile()

    def compile_step(self) -> None:
        """Build the graph of a step, which takes seconds; nothing is learnt."""
        batch = self._patches(), self._noise()
        self.train_function = tf.function(self.train_step)
        self.train_function.get_concrete_function([batch, batch])

    def step(self) -> None:
        """Cut two batches, one for each player, and hand them to Keras."""
        batches = [(self._patches(), self._noise()) for _ in range(2)]
        self.train_on_batch(batches)

    def train_on_batch(self, batches: list[tuple[np.ndarray, list[np.ndarray]]]) -> dict[str, float]:
        """Run the compiled train_step once; return its losses."""
        return {name: float(loss) for name, loss in self.train_function(batches).items()}

    def train_step(self, batches: list[tuple[tf.Tensor, list[tf.Tensor]]]) -> dict[str, tf.Tensor]:
        """Train the discriminator on the first batch, then the generator on the second."""
        losses = {"discriminator": self._train_discriminator(*batches[0])}
        losses["generator"] = self._train_generator(*batches[1])
        return losses

    def _train_discriminator(self, patches: tf.Tensor, noise: list[tf.Tensor]) -> tf.Tensor:
        real, _, landscape = self._given(patches)
        fields = real, self._generated(patches, noise)
        real_bands, fake_bands = (
            self.discriminator.bands_of(self._relief(each, landscape)) for each in fields
        )
        with tf.GradientTape() as tape:
            with tf.GradientTape() as of_real:
                of_real.watch(real_bands)
                real_logits = self.discriminator(real_bands, landscape)
            r1 = gradient_penalty(of_real.gradient(real_logits, real_bands))
            with tf.GradientTape() as of_fake:
                of_fake.watch(fake_bands)
                fake_logits = self.discriminator(fake_bands, landscape)
            r2 = gradient_penalty(of_fake.gradient(fake_logits, fake_bands))
            adversarial = LOSSES["relativistic"].discriminator(real_logits, fake_logits)
            loss = tf.reduce_mean(adversarial + 0.5 * 3.0 * (r1 + r2))
        variables = self.discriminator.trainable_variables
        self._players[1].apply(tape.gradient(loss, variables), variables)
        return loss

    def _train_generator(self, patches: tf.Tensor, noise: list[tf.Tensor]) -> tf.Tensor:
        real, guide, landscape = self._given(patches)
        with tf.GradientTape() as tape:
            fake = self._generated(patches, noise)
            both = [self._relief(each, landscape) for each in (fake, real)]
            fake_logits, real_logits = (
                self.discriminator(self.discriminator.bands_of(each), landscape) for each in both
            )
            land, _ = self._terms(fake, *both, landscape, 1.0)
            unit = scaling_of(self.statistics, landscape).band_deviations[0]
            inside = without_margin(guide, self.stage.guide_margin)
            distance = guide_distance(mean_pool(fake, self.stage.factor), inside, unit)
            persuasion = LOSSES["relativistic"].generator(real_logits, fake_logits)
            loss = tf.reduce_mean(persuasion + self.settings.guide_weight * distance) + land
        variables = self.generator.trainable_variables
        self._players[0].apply(tape.gradient(loss, variables), variables)
        return loss

    def _given(self, patches: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
        """Return the real fields, their guides, and the index of their only landscape."""
        real = without_margin(patches, guide_margin_px(self.stage))
        return real, mean_pool(patches, self.stage.factor), tf.zeros([patches.shape[0]], tf.int64)

    def _generated(self, patches: tf.Tensor, noise: list[tf.Tensor]) -> tf.Tensor:
        _, guide, landscape = self._given(patches)
        return self.generator(noise, landscape, guide)

    def _relief(self, field: tf.Tensor, landscape: tf.Tensor) -> Relief:
        cut = field[:, : self.stage.patch, : self.stage.patch]
        return Relief(cut, scaling_of(self.statistics, landscape))

    def _patches(self) -> np.ndarray:
        """Cut and turn a batch: float32 (b, n, n, 1)."""
        side, patches = needed_patch(self.stage), []
        for _ in range(self.settings.batch_size):
            row = self._numbers.integers(0, self._heights.shape[0] - side + 1)
            col = self._numbers.integers(0, self._heights.shape[1] - side + 1)
            patch = self._heights[row : row + side, col : col + side]
            patch = np.rot90(patch, self._numbers.integers(4))
            patches.append(patch.T if self._numbers.integers(2) else patch)
        return np.stack(patches)[..., None]

    def _noise(self) -> list[np.ndarray]:
        """Draw normal noise of the shapes that the generator takes, float32."""
        stage, shapes = self.stage, []
        for level in range(stage.octaves):
            cells = ((stage.patch + stage.factor) // stage.factor << level) + 2 * stage.noise_margin(level)
            channels = stage.noise_channels if level else stage.latent_channels
            shapes.append((self.settings.batch_size, cells, cells, channels))
        return [self._numbers.normal(size=shape).astype(np.float32) for shape in shapes]
