# SPDX-License-Identifier: GPL-3.0-or-later
"""Pits as both players are told of them: at each resolution, in units of the relief that it adds."""

from __future__ import annotations

import math
from collections.abc import Sequence

import tensorflow as tf

from .pyramid import hollow_depths
from .scaling import Scaling

# The discriminator reads bands through asinh, so that quiet land is not drowned by mountains. On the sample,
# at equal steps and one seed: cleaner plains, and a mean slope of 0.245 instead of 0.193 (real: 0.238).
_COMPANDING = 8.0  # one over the band deviations at which the scale turns from linear to logarithmic


def companded(band: tf.Tensor) -> tf.Tensor:
    """Return a whitened band on a scale that is linear near zero and logarithmic far from it; 1 stays 1."""
    return tf.asinh(_COMPANDING * band) / math.asinh(_COMPANDING)


def pits(field: tf.Tensor, scaling: Scaling) -> list[tf.Tensor]:
    """Return the companded depths of the pits at the resolution of the low-pass and of each band.

    Such pits are hollows without an outlet, which a few convolutions would hardly notice: they are small and
    few.

    Args:
        field: (b, n, n, 1).
        scaling: of the landscapes, whose deviations are the units.

    Returns:
        Coarse to fine, the last (b, n, n, 1), each other one half as fine as the next; see `hollow_depths`.
    """
    units = [scaling.patch_deviation, *scaling.band_deviations]
    depths = hollow_depths(field, len(scaling.band_deviations))[::-1]
    return [companded(of_level / unit) for of_level, unit in zip(depths, units)]


def pittedness(depths: Sequence[tf.Tensor]) -> tf.Tensor:
    """Return the mean of the depths that `pits` gives of each patch and each resolution: (b, levels).

    The scale makes it something between how many there are and how deep they are.
    """
    return tf.stack([tf.reduce_mean(of_level, [1, 2, 3]) for of_level in depths], 1)
