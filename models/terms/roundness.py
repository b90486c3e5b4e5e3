# SPDX-License-Identifier: GPL-3.0-or-later
"""How round land bends: knobs and bowls do, ridges and valleys do not."""

from __future__ import annotations

from collections.abc import Sequence

import tensorflow as tf

from .bends import Bends

# Of each statistic of a level. Mean squares change twice as fast as means, and so count a quarter.
ROUNDNESS_POWERS = (1, 1, 2, 2)
ROUNDNESS_STATISTICS = len(ROUNDNESS_POWERS)
_LEVEL = 1e-6  # of squared bends: keeps level land from being divided by nothing, and from pulling hardest
_SMALLEST = 1e-3  # of what is found: keeps land without any knobs from having a logarithm of nothing


def roundness(bends: Sequence[Bends]) -> tf.Tensor:
    """Return how round the domes of fields are, and their bowls, resolution by resolution.

    How land bends is in its second derivatives, the Hessian. Where their determinant is positive it bends the
    same way along both axes, down from a dome or up from a bowl; along a ridge or a valley, straight on, it
    is 0, and on a saddle negative. So the positive determinant, over half the mean square of all second
    derivatives of the field, is 1 where land is round and bends as much as usual, and 0 on ridges. Its mean
    sees that knobs stand where ridges should, its mean square that a few are very round.

    Args:
        bends: of the `pyramid` of fields, in a unit that makes landscapes alike.

    Returns:
        (b, ROUNDNESS_STATISTICS * levels): means of domes, of bowls, then mean squares of both, each coarse
        to fine.
    """
    found = [_of_level(level) for level in bends]
    return tf.stack([level[i] for i in range(ROUNDNESS_STATISTICS) for level in found], 1) + _SMALLEST


def _of_level(bends: Bends) -> list[tf.Tensor]:
    down, right, falling, rising = bends
    across = 0.25 * (falling - rising)
    squares = tf.square(down) + tf.square(right) + 2.0 * tf.square(across)
    unit = 0.5 * tf.reduce_mean(squares, [1, 2, 3], keepdims=True) + _LEVEL
    round_ = tf.nn.relu(down * right - tf.square(across)) / unit
    is_bowl = tf.cast(down + right > 0.0, down.dtype)
    parts = [round_ * (1.0 - is_bowl), round_ * is_bowl]
    return [tf.reduce_mean(each, [1, 2, 3]) for each in (*parts, *(tf.square(part) for part in parts))]
