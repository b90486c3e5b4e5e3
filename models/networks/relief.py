# SPDX-License-Identifier: GPL-3.0-or-later
"""What both players see of patches: their heights at all resolutions, their octaves and their pits."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import tensorflow as tf

from .pits import pits
from .pyramid import laplacian_bands, pyramid
from .scaling import Scaling


@dataclass(frozen=True)
class Relief:
    """Patches, and what is seen of them, each part made once, when it is first asked for.

    Made for each term anew, TensorFlow would merge it, but not its gradient.
    """

    patches: tf.Tensor  # (b, p, p, 1)
    scaling: Scaling  # of their landscapes

    @cached_property
    def heights(self) -> list[tf.Tensor]:
        """The `pyramid` of the patches, coarse to fine, in their unit: (b, n, n, 1) each."""
        return pyramid(self.patches, len(self.scaling.band_deviations))

    @cached_property
    def means(self) -> list[tf.Tensor]:
        """The same in deviations of the patches, a unit that makes landscapes alike."""
        return [level / self.scaling.patch_deviation for level in self.heights]

    @cached_property
    def octaves(self) -> list[tf.Tensor]:
        """The forms and the octaves, coarse to fine, in their deviations.

        The forms are the low-pass less its mean over the patch.
        """
        low, *bands = laplacian_bands(self.heights)
        forms = (low - tf.reduce_mean(low, [1, 2], keepdims=True)) / self.scaling.patch_deviation
        return [forms, *(band / deviation for band, deviation in zip(bands, self.scaling.band_deviations))]

    @cached_property
    def pits(self) -> list[tf.Tensor]:
        """The companded `pits`, coarse to fine, as large as the octaves."""
        return pits(self.patches, self.scaling)
