# SPDX-License-Identifier: GPL-3.0-or-later
"""What one stage learns from: batches of patches with their guides and noise, and how they are shown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np
import tensorflow as tf

from ..architecture import StageArchitecture
from ..area import Area
from ..networks.noise import random_noise
from ..networks.pyramid import mean_pool, without_margin
from ..networks.relief import Relief
from .augmentation import changed, share_of_changed
from .land_terms import twins_of
from .own_guides import windows_of_each
from .patches import PatchSampler
from .planning import guide_margin_px, needed_patch

_OWN_GUIDES = 3 / 8  # of a batch: the twins, whose guides are real, are a quarter twice


class Batch(NamedTuple):
    """What a step learns from."""

    real: tf.Tensor  # (b, patch + factor, patch + factor, 1)
    landscape: tf.Tensor  # (b,)
    guide: tf.Tensor | None  # (b, n + 2 m, n + 2 m, 1), the margin m is the generator's, n its output cells
    noise: list[tf.Tensor]
    told: tf.Tensor | None  # the conditions that the generator takes (see `Generator.call`)
    beside: list[tf.Tensor]  # none, or those of the real pixels, (b, patch + factor, patch + factor, c)


class Batches:
    """Draws batches for a stage."""

    def __init__(
        self, stage: StageArchitecture, areas: Sequence[Area], size: int, random: tf.random.Generator
    ) -> None:
        """Take the areas at the stage's output resolution, and how many patches a batch has.

        Raises:
            GeoGanError: a landscape has no patch without voids.
        """
        self._stage, self._size, self._random = stage, size, random
        self.sampler = PatchSampler(areas, needed_patch(stage), guide_margin_px(stage))
        self.shares_of_changed = [share_of_changed(patches) for patches in self._patches(areas)]
        if stage.conditions:  # turned land would no longer lie on them
            self.shares_of_changed = [0.0] * len(self.shares_of_changed)
        self._own = int(_OWN_GUIDES * size)  # patches of a batch whose guides are the model's own
        self._own_guides: tf.Variable | None = None
        if self.takes_own_guides:
            side, landscapes = needed_patch(stage) // stage.factor, self.sampler.landscapes
            none_yet = tf.zeros([landscapes, windows_of_each(landscapes), side, side, 1])
            self._own_guides = tf.Variable(none_yet, trainable=False)
            self._has_own_guides = tf.Variable(False, trainable=False)

    def draw(self) -> Batch:
        """Return a batch; the last of a guided stage have the guides of the first (see `variety`)."""
        stage, twins = self._stage, twins_of(self._stage, self._size)
        drawn = self.sampler.draw(self._size - twins, self._random)
        drawn, landscape = (tf.concat([each, each[:twins]], 0) for each in drawn)
        patches, margin = drawn[..., :1], guide_margin_px(stage)
        return Batch(
            real=without_margin(patches, margin),
            landscape=landscape,
            guide=self._guides_of(patches, landscape, twins) if stage.guided else None,
            noise=random_noise(stage, self._size, self._random, stage.patch + stage.factor),
            told=self._told(drawn[..., 1:]) if stage.conditions else None,
            beside=[without_margin(drawn[..., 1:], margin)] if stage.conditions else [],
        )

    @property
    def takes_own_guides(self) -> bool:
        """Whether the stage can learn along guides that were never real land: no layer goes with those."""
        return self._stage.guided and not self._stage.conditions and self._own > 0

    def take_own_guides(self, guides: np.ndarray) -> None:
        """Learn along these as well from now on, as `own_guides` returns them."""
        self._own_guides.assign(guides)
        self._has_own_guides.assign(True)

    def _guides_of(self, patches: tf.Tensor, landscape: tf.Tensor, twins: int) -> tf.Tensor:
        """Return the guides of patches; between the twins, own ones in place of some, once there are any."""
        real, own = mean_pool(patches, self._stage.factor), self._own
        if not self.takes_own_guides:
            return real
        chosen = self._random.uniform([own], 0, self._own_guides.shape[1], tf.int64)
        places = tf.stack([landscape[twins : twins + own], chosen], 1)
        # By its value: XLA cannot gather from a variable.
        made = tf.gather_nd(self._own_guides.read_value(), places)
        between = tf.where(self._has_own_guides.read_value(), made, real[twins : twins + own])
        return tf.concat([real[:twins], between, real[twins + own :]], 0)

    def _told(self, conditions: tf.Tensor) -> tf.Tensor:
        """Return what the generator takes of the conditions of whole patches.

        A stage without a guide draws no margin around its patches: there they go on as a mirror image.
        """
        stage, cells = self._stage, mean_pool(conditions, self._stage.factor)
        if stage.guided:
            return without_margin(cells, stage.guide_margin - stage.latent_margin)
        missing = stage.latent_margin
        while missing:  # a mirror image is no wider than what is mirrored
            width = min(missing, cells.shape[1])
            cells = tf.pad(cells, [[0, 0], [width, width], [width, width], [0, 0]], "SYMMETRIC")
            missing -= width
        return cells

    def crop(self, *fields: tf.Tensor) -> list[tf.Tensor]:
        """Cut the discriminator's patches from fields, all at one random offset below the stage's factor.

        The discriminator looks at the pixels of its own lattice (pooling, phases) unlike one another. Were
        that the generator's, it would teach the generator to print it: a grid in the land.
        """
        stage = self._stage
        row, col = tf.unstack(self._random.uniform([2], 0, stage.factor, tf.int32))
        sizes = [[self._size, stage.patch, stage.patch, field.shape[-1]] for field in fields]
        return [
            tf.ensure_shape(tf.slice(field, [0, row, col, 0], size), size)
            for field, size in zip(fields, sizes)
        ]

    def some_changed(self, relief: Relief, landscape: tf.Tensor) -> Relief:
        """Return patches of which some are changed, where their landscape has little land to learn from."""
        if not any(self.shares_of_changed):
            return relief
        share = tf.gather(tf.constant(self.shares_of_changed, tf.float32), landscape)
        return replace(relief, patches=changed(relief.patches, relief.scaling, share, self._random))

    def _patches(self, areas: Sequence[Area]) -> list[float]:
        """Return how many patches each landscape has side by side, at most as many as there are places."""
        pixels = np.zeros(self.sampler.landscapes)
        for area in areas:
            pixels[area.landscape] += np.count_nonzero(np.isfinite(area.with_voids().values))
        return np.minimum(pixels / self._stage.patch**2, self.sampler.places_by_landscape).tolist()
