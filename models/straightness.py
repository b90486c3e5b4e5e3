# SPDX-License-Identifier: GPL-3.0-or-later
"""How straight land runs: along rows and columns, where networks draw lines, and along both diagonals."""

from __future__ import annotations

from collections.abc import Sequence

import tensorflow as tf

from .bends import bends_of
from .pyramid import cut

_ALONG_AXES, _ALONG_DIAGONALS = (3, 6), (2, 4)  # cells, so that both reach about as far
STRAIGHTNESS_STATISTICS = len(_ALONG_AXES) + len(_ALONG_DIAGONALS)  # of each level
_LEVEL = 1e-6  # of squared bends: keeps level land from being divided by nothing, and from pulling hardest
_SMALLEST = 1e-3  # of what is found: keeps land that bends to and fro from having a logarithm of nothing


def straightness(means: Sequence[tf.Tensor]) -> tf.Tensor:
    """Return how far lines of fields run straight on, resolution by resolution.

    A line (a crest, a valley, a kink) is where land bends. If it runs along a row, land bends down the
    columns there, alike from cell to cell of the row. So the bends (second differences) across a direction
    are multiplied by those some cells on along it: their mean, over the mean square, is their correlation.
    Land alike in all directions has nearly the same along rows, columns and diagonals. Convolutions see rows
    and columns best, and what they make runs on along these too far (docs/choices.md).

    Args:
        means: the `pyramid` of fields, (b, n, n, 1) each.

    Returns:
        (b, STRAIGHTNESS_STATISTICS * levels): one more than the correlation, so that it is above 0; along
        axes, near and far, then along diagonals, each coarse to fine. Of fields too small to look far, far is
        half a side.
    """
    levels = [bends_of(field) for field in means]
    along_axes = [(((0, 1), bends.down), ((1, 0), bends.right)) for bends in levels]
    along_diagonals = [(((1, -1), bends.falling), ((1, 1), bends.rising)) for bends in levels]
    found = [_correlation(pair, apart) for apart in _ALONG_AXES for pair in along_axes]
    found += [_correlation(pair, apart) for apart in _ALONG_DIAGONALS for pair in along_diagonals]
    return 1.0 + _SMALLEST + tf.stack(found, 1)


def _correlation(directions: Sequence[tuple[tuple[int, int], tf.Tensor]], cells: int) -> tf.Tensor:
    """Return the correlation (b,) of bends with those so many cells on, in two directions together.

    Args:
        directions: the step from one cell to the next, down and right, and the bends across it.
    """
    products, squares = 0.0, 0.0
    for (down, right), bends in directions:
        apart = min(cells, bends.shape[1] // 2)
        to_right, to_left = (apart if right == side else 0 for side in (1, -1))
        here = cut(bends, [0, to_left], [down * apart, to_right])
        there = cut(bends, [down * apart, to_right], [0, to_left])
        products += tf.reduce_mean(here * there, [1, 2, 3])
        squares += 0.5 * tf.reduce_mean(tf.square(here) + tf.square(there), [1, 2, 3])
    return products / (squares + _LEVEL)
