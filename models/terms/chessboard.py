# SPDX-License-Identifier: GPL-3.0-or-later
"""How much of a chessboard there is in land: the finest pattern that cells can hold, by which they show."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import tensorflow as tf

from ..networks.pyramid import differences

CHESSBOARD_POWERS = (1,)  # of the shares: of each statistic of a level
CHESSBOARD_STATISTICS = len(CHESSBOARD_POWERS)
_WINDOW = 8  # cells: as large as the patches of a chessboard that the eye sees on plains
_SMALLEST_WINDOW = 3  # cells: all differences that 4 x 4 cells have
_LEVEL = 1e-6  # of squared differences: keeps level land from being divided by nothing
_SMALLEST = 1e-3  # of what is found: keeps land without any from having a logarithm of nothing


def chessboard(means: Sequence[tf.Tensor]) -> tf.Tensor:
    """Return how much of the finest forms of fields is a chessboard, resolution by resolution.

    The finest forms are differences along rows of differences along columns. On a chessboard they are alike
    in size and change their sign from cell to cell. So these signs are taken away, and the differences
    averaged over windows of 8 x 8 cells: what is left of their mean square, times 64, is 64 on a chessboard,
    3.5 where each cell is chance, and far below 1 on real land, whose forms are larger than cells. Each
    window counts the same, so that plains do, where a chessboard is seen.

    One of coarser cells is found where the field begins with one of these: of patches cut anywhere, in a few.

    By the means of places on a lattice (symmetry.py) one goes unseen whose high cells here are its low ones
    there.

    Args:
        means: the `pyramid` of fields, (b, n, n, 1) each, in a unit that makes landscapes alike.

    Returns:
        (b, CHESSBOARD_STATISTICS * levels), coarse to fine. In small fields windows are half a side, and at
        least 3 cells.
    """
    return tf.stack([_of_level(field) for field in means], 1) + _SMALLEST


def _of_level(field: tf.Tensor) -> tf.Tensor:
    forms = differences(differences(field, 1), 2)
    rows, cols = forms.shape[1:3]
    window = min(_WINDOW, max(_SMALLEST_WINDOW, rows // 2))
    signs = 1.0 - 2.0 * (np.add.outer(np.arange(rows), np.arange(cols)) % 2)[None, :, :, None]
    alike, size = (
        tf.nn.avg_pool2d(each, window, window, "VALID")
        for each in (forms * signs.astype(np.float32), forms**2)
    )
    return tf.reduce_mean(window**2 * alike**2 / (size + _LEVEL), [1, 2, 3])
