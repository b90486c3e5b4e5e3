# SPDX-License-Identifier: GPL-3.0-or-later
"""Which ways slopes face and land bends: along rows and columns, or between them."""

from __future__ import annotations

from collections.abc import Sequence

import tensorflow as tf

from .bends import bends_of
from .pyramid import slopes_of

ASPECTS_POWERS = (1, 1)  # of the shares: of each statistic of a level
ASPECTS_STATISTICS = len(ASPECTS_POWERS)
_LEVEL = 1e-6  # of squares: keeps level land from being divided by nothing, and from pulling hardest
_SMALLEST = 1e-3  # of what is found: keeps land that faces diagonally from having a logarithm of nothing


def aspects(means: Sequence[tf.Tensor]) -> tf.Tensor:
    """Return how far slopes face, and land bends, along rows and columns, resolution by resolution.

    A slope (p, q) along columns and rows, of size s, that faces at an angle t has p p - q q = s s cos 2t. So
    the mean of s s (1 + cos 4t) / 2 over that of s s is 1 where all face along rows and columns, 0 where all
    face diagonally or land is level, and 1/2 where no way is preferred. Bends likewise: half the difference
    of the second differences along columns and along rows, and the mixed one, turn twice as fast as the land,
    as p p - q q and 2 p q do. Where land is rough from cell to cell these see more along the axes: of bends,
    white noise has 0.8. Real land beside it has that, too.

    Land that was learnt from nothing had rows of spurs straight down hillsides that faced along rows and
    columns, hence slopes that faced between both (docs/choices.md).

    Args:
        means: the `pyramid` of fields, (b, n, n, 1) each, in a unit that makes landscapes alike.

    Returns:
        (b, ASPECTS_STATISTICS * levels): of slopes, then of bends, each coarse to fine.
    """
    found = [(_of_slopes(field), _of_bends(field)) for field in means]
    return tf.stack([level[i] for i in range(ASPECTS_STATISTICS) for level in found], 1) + _SMALLEST


def _of_slopes(field: tf.Tensor) -> tf.Tensor:
    down, right = slopes_of(field)
    down, right = tf.square(down), tf.square(right)
    return _share(tf.square(down - right) / (down + right + _LEVEL), down + right)


def _of_bends(field: tf.Tensor) -> tf.Tensor:
    down, right, falling, rising = bends_of(field)
    along, across = tf.square(0.5 * (down - right)), tf.square(0.25 * (falling - rising))
    return _share(along, along + across)


def _share(along: tf.Tensor, whole: tf.Tensor) -> tf.Tensor:
    return tf.reduce_mean(along, [1, 2, 3]) / (tf.reduce_mean(whole, [1, 2, 3]) + _LEVEL)
