# SPDX-License-Identifier: GPL-3.0-or-later
"""How fields bend: their second differences, by which knobs, ridges and straight lines are told apart."""

from __future__ import annotations

from typing import NamedTuple

import tensorflow as tf

from ..networks.pyramid import cut, without_margin


class Bends(NamedTuple):
    """Second differences of fields across each cell, (b, n - 2, n - 2, 1) each; below 0 on a crest."""

    down: tf.Tensor  # of the cells above and below
    right: tf.Tensor  # of those to the left and to the right
    falling: tf.Tensor  # of those up left and down right
    rising: tf.Tensor  # of those down left and up right


def bends_of(field: tf.Tensor) -> Bends:
    """Return the bends of fields (b, n, n, 1)."""
    twice = 2.0 * without_margin(field, 1)
    return Bends(
        cut(field, [2, 1], [0, 1]) + cut(field, [0, 1], [2, 1]) - twice,
        cut(field, [1, 2], [1, 0]) + cut(field, [1, 0], [1, 2]) - twice,
        cut(field, [2, 2], [0, 0]) + cut(field, [0, 0], [2, 2]) - twice,
        cut(field, [2, 0], [0, 2]) + cut(field, [0, 2], [2, 0]) - twice,
    )
