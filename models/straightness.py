# SPDX-License-Identifier: GPL-3.0-or-later
"""How straight land runs: along rows and columns, where networks draw lines, and along both diagonals."""

from __future__ import annotations

from collections.abc import Sequence

import tensorflow as tf

from .bends import bends_of
from .pyramid import cut

_LENGTH = 16  # cells, a power of two: of the runs over which bends are averaged
_POWERS = (1, 2)  # of squared bends
STRAIGHTNESS_POWERS = _POWERS * 2  # of each statistic of a level: along axes, then along diagonals
STRAIGHTNESS_STATISTICS = len(STRAIGHTNESS_POWERS)
_LEVEL = 1e-6  # of squared bends: keeps level land from being divided by nothing, and from pulling hardest
_SMALLEST = 1e-3  # of what is found: keeps land without any lines from having a logarithm of nothing


def straightness(means: Sequence[tf.Tensor]) -> tf.Tensor:
    """Return how much of the bends of fields lies in straight lines, resolution by resolution.

    A line (a crest, a valley, a kink) is where land bends. If it runs along a row, land bends down the
    columns there, alike from cell to cell of the row. So the bends (second differences) across a direction
    are averaged over runs of cells along it: what is left of their mean square is 1 where lines run straight
    on, and 1 over the length where each cell bends by chance. Fourth powers, over the squared mean square,
    see that a few lines run very straight. Land alike in all directions has nearly the same along rows,
    columns and diagonals; what convolutions make runs on along rows and columns too far (docs/choices.md).

    Args:
        means: the `pyramid` of fields, (b, n, n, 1) each, in a unit that makes landscapes alike.

    Returns:
        (b, STRAIGHTNESS_STATISTICS * levels), each statistic coarse to fine. In small fields runs are
        shorter, about half a side.
    """
    levels = [bends_of(field) for field in means]
    along_axes = [(((0, 1), bends.down), ((1, 0), bends.right)) for bends in levels]
    along_diagonals = [(((1, -1), bends.falling), ((1, 1), bends.rising)) for bends in levels]
    found = []
    for along in (along_axes, along_diagonals):
        left = [_left_of(directions) for directions in along]
        found += [level[i] for i in range(len(_POWERS)) for level in left]
    return tf.stack(found, 1) + _SMALLEST


def _left_of(directions: Sequence[tuple[tuple[int, int], tf.Tensor]]) -> list[tf.Tensor]:
    """Return what is left (b,) of each power of bends in means over runs, of two directions together.

    Args:
        directions: the step from one cell to the next, down and right, and the bends across it.
    """
    usual = sum(tf.reduce_mean(tf.square(bends), [1, 2, 3]) for _, bends in directions) / len(directions)
    squares = [tf.square(_means_over_runs(bends, step)) for step, bends in directions]
    return [
        sum(tf.reduce_mean(each**power, [1, 2, 3]) for each in squares)
        / (len(directions) * (usual + _LEVEL) ** power)
        for power in _POWERS
    ]


def _means_over_runs(bends: tf.Tensor, step: tuple[int, int]) -> tf.Tensor:
    """Return the means of bends over _LENGTH cells, each a step from the one before."""
    apart, longest = 1, min(_LENGTH, bends.shape[1] // 2)
    while apart < longest:
        down, to_right, to_left = (apart * max(0, way) for way in (step[0], step[1], -step[1]))
        here = cut(bends, [0, to_left], [down, to_right])
        there = cut(bends, [down, to_right], [0, to_left])
        bends, apart = 0.5 * (here + there), 2 * apart
    return bends
