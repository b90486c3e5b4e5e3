# SPDX-License-Identifier: GPL-3.0-or-later
"""Means over the last patches of a training, which terms steer by."""

from __future__ import annotations

import tensorflow as tf

_REMEMBERED_PATCHES = 64.0  # unless told otherwise


class RunningMean:
    """A mean that forgets. Where several devices train, it takes the mean of what they find."""

    def __init__(self, at_first: tf.Tensor, remembered_patches: float = _REMEMBERED_PATCHES) -> None:
        """Start from a value, float32 of any shape."""
        self.variable = tf.Variable(at_first, trainable=False, aggregation=tf.VariableAggregation.MEAN)
        self._remembered = remembered_patches

    def remember(self, found: tf.Tensor, patches: int) -> None:
        """Take what one device found in a batch of so many patches, a tensor of the mean's shape."""
        share = min(1.0, _everywhere(patches) / self._remembered)
        self.variable.assign_add(share * (tf.stop_gradient(found) - self.variable))


class MeanByLandscape(RunningMean):
    """A mean for each landscape, (landscapes, n): each moves by as much as a batch has of it."""

    def remember_each(self, found: tf.Tensor, landscape: tf.Tensor) -> None:
        """Take what was found in each patch, (b, n), of the landscapes (b,)."""
        members = tf.one_hot(landscape, self.variable.shape[0])  # (b, landscapes)
        patches = tf.reduce_sum(members, 0)[:, None]
        sums = tf.matmul(members, tf.stop_gradient(found), transpose_a=True)
        share = tf.minimum(1.0, _everywhere(patches) / self._remembered)
        self.variable.assign_add(share * (sums / tf.maximum(patches, 1.0) - self.variable))

    def of(self, landscape: tf.Tensor) -> tf.Tensor:
        """Return the mean of each patch's landscape, (b, n)."""
        return tf.gather(self.variable, landscape)


class MeansBesideReal:
    """The means of generated land, and of the real land beside it, by landscape: both above 0."""

    def __init__(self, landscapes: int, statistics: int) -> None:
        """Start as if both were alike."""
        self.generated, self.real = (MeanByLandscape(tf.ones([landscapes, statistics])) for _ in range(2))

    def pull(self, found: tf.Tensor, real: tf.Tensor, landscape: tf.Tensor, counts: tf.Tensor) -> tf.Tensor:
        """Remember what was found in both, (b, n); return the loss of what is off, each counting (n,)."""
        self.generated.remember_each(found, landscape)
        self.real.remember_each(real, landscape)
        mean = self.generated.of(landscape)
        excess = tf.math.log(mean / self.real.of(landscape))
        return pull_of(counts * excess, found / mean)

    def ratio(self, statistic: int) -> tf.Tensor:
        """Return where one of them stands over that of real land, the mean of all landscapes."""
        return tf.reduce_mean(self.generated.variable[:, statistic] / self.real.variable[:, statistic])


def pull_of(excess: tf.Tensor, relative: tf.Tensor) -> tf.Tensor:
    """Return the mean over patches of how far off their means are, times what each is of it; both (b, n)."""
    return tf.reduce_mean(tf.reduce_sum(excess * relative, 1))


def _everywhere(patches: tf.Tensor | float) -> tf.Tensor | float:
    """Return how many patches all devices learn from, given those of one."""
    return patches * tf.distribute.get_strategy().num_replicas_in_sync
