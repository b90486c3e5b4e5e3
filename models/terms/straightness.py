# SPDX-License-Identifier: GPL-3.0-or-later
"""How straight land runs along rows and columns, where networks draw lines."""

from __future__ import annotations

from collections.abc import Sequence

import tensorflow as tf

from .bends import Bends

_RUN = 16  # cells over which bends are averaged; one run beside the next, since one from each cell is slow
STRAIGHTNESS_POWERS = (1, 2)  # of squared bends: of each statistic of a level
STRAIGHTNESS_STATISTICS = len(STRAIGHTNESS_POWERS)
_LEVEL = 1e-6  # of squared bends: keeps level land from being divided by nothing, and from pulling hardest
_SMALLEST = 1e-3  # of what is found: keeps land without any lines from having a logarithm of nothing


def straightness(bends: Sequence[Bends]) -> tf.Tensor:
    """Return how much of the bends of fields lies in lines along rows and columns, resolution by resolution.

    A line (a crest, a valley, a kink) is where land bends. If it runs along a row, land bends down the
    columns there, alike from cell to cell of the row. So the bends (second differences) across rows and
    columns are averaged over runs of cells along them: what is left of their mean square is 1 where lines run
    straight on, and 1 over the length where each cell bends by chance. Fourth powers, over the squared mean
    square, see that a few lines run very straight. Real land has some of it, too; what convolutions make
    runs on along rows and columns farther (docs/choices.md).

    Args:
        bends: of the `pyramid` of fields, in a unit that makes landscapes alike.

    Returns:
        (b, STRAIGHTNESS_STATISTICS * levels), squares and fourth powers, each coarse to fine. In small
        fields runs are half a side.
    """
    found = [_of_level(level) for level in bends]
    return tf.stack([level[i] for i in range(STRAIGHTNESS_STATISTICS) for level in found], 1) + _SMALLEST


def _of_level(bends: Bends) -> list[tf.Tensor]:
    down, right = bends.down, bends.right
    run = min(_RUN, down.shape[1] // 2)
    runs = [
        tf.nn.avg_pool2d(each, sides, sides, "VALID") for each, sides in ((down, [1, run]), (right, [run, 1]))
    ]
    usual = 0.5 * tf.reduce_mean(tf.square(down) + tf.square(right), [1, 2, 3]) + _LEVEL
    return [
        0.5 * sum(tf.reduce_mean(tf.square(mean) ** power, [1, 2, 3]) for mean in runs) / usual**power
        for power in STRAIGHTNESS_POWERS
    ]
