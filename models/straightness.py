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
        axes, near and far, then along diagonals, each coarse to fine.
    """
    levels = [bends_of(field) for field in means]
    along_axes = [(((0, 1), bends.down), ((1, 0), bends.right)) for bends in levels]
    along_diagonals = [(((1, -1), bends.falling), ((1, 1), bends.rising)) for bends in levels]
    found = [_correlation(pair, apart) for apart in _ALONG_AXES for pair in along_axes]
    found += [_correlation(pair, apart) for apart in _ALONG_DIAGONALS for pair in along_diagonals]
    return 1.0 + tf.stack(found, 1)


def _correlation(bends: Sequence[tuple[tuple[int, int], tf.Tensor]], apart: int) -> tf.Tensor:
    """Return the correlation (b,) of bends with those so many steps on, the mean of two directions.

    In small fields it is with those half a side on.
    """
    products, squares = 0.0, 0.0
    for (down, right), each in bends:
        apart = min(apart, each.shape[1] // 2)
        first = [0, apart if right < 0 else 0], [down * apart, apart if right > 0 else 0]
        second = [down * apart, apart if right > 0 else 0], [0, apart if right < 0 else 0]
        products += tf.reduce_mean(cut(each, *first) * cut(each, *second), [1, 2, 3])
        squares += tf.reduce_mean(tf.square(each), [1, 2, 3])
    return products / (squares + _LEVEL)
