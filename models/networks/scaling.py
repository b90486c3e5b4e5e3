# SPDX-License-Identifier: GPL-3.0-or-later
"""The statistics that each patch of a batch is scaled by: those of its landscape."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import tensorflow as tf

from ..statistics import FieldStatistics


class Scaling(NamedTuple):
    """The numbers of `FieldStatistics` for a batch, each a tensor (b, 1, 1, 1)."""

    mean: tf.Tensor
    low_deviation: tf.Tensor
    form_deviation: tf.Tensor
    patch_deviation: tf.Tensor
    band_deviations: tuple[tf.Tensor, ...]  # coarse to fine


def scaling_of(statistics: Sequence[FieldStatistics], landscape: tf.Tensor) -> Scaling:
    """Return the scaling of a batch, given the statistics of all landscapes and the landscape of each patch.

    Args:
        landscape: whole numbers (b,), indices of `statistics`.
    """

    def of_batch(numbers: Sequence[float]) -> tf.Tensor:
        return tf.gather(tf.constant(numbers, tf.float32), landscape)[:, None, None, None]

    return Scaling(
        of_batch([each.mean for each in statistics]),
        of_batch([each.low_deviation for each in statistics]),
        of_batch([each.form_deviation for each in statistics]),
        of_batch([each.patch_deviation for each in statistics]),
        tuple(of_batch(band) for band in zip(*[each.band_deviations for each in statistics])),
    )
