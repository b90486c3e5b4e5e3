# SPDX-License-Identifier: GPL-3.0-or-later
"""What land should have none of: a grid and a grain."""

from __future__ import annotations

from collections.abc import Sequence

import tensorflow as tf

from .pyramid import neighbours

_LEVEL = 1e-6  # keeps level land from being divided by nothing
_FLAT = 1e-3  # of the unit: the mean size of steps or bends below which a patch counts as level
GRID_STATISTICS = 6  # of each place on the lattice
GRAIN_STATISTICS = 2  # of each level


def grid(field: tf.Tensor, period: int) -> tf.Tensor:
    """Return how a field depends on the place on a lattice of `period` pixels: on average 0 without a grid.

    Steps (first differences), their sizes, and the sizes of bends (second differences), along columns and
    along rows, are averaged by place: row and column modulo the period. Returned is what these means lie off
    their own mean, over the mean size in each patch: over that of all patches, mountains hid the dots that
    were printed on plains, where the places differed three times as much. Without the bends a stage printed
    lines, without the steps, blocks; averaged by rows and by columns only, a pattern that changes its sign
    from one to the next went unseen: the bends of the bundled model's places were up to 14 % apart, those of
    its rows 2 %.

    Args:
        field: (b, n, n, 1), in a unit that makes landscapes alike; n a multiple of `period`.

    Returns:
        (GRID_STATISTICS * period**2,), over `period`, so that lines weigh the same at each period.
    """
    by_place = []
    cells = field.shape[1] // period - 1
    for axis in (1, 2):
        steps = _differences(field, axis)
        bends = _differences(steps, axis)
        for values, signed in ((steps, True), (steps, False), (bends, False)):
            sizes = tf.abs(values)
            of_patch = tf.reduce_mean(sizes, [1, 2], keepdims=True)
            relative = (values if signed else sizes) / (of_patch + _FLAT)
            whole = relative[:, : cells * period, : cells * period]
            by_place.append(tf.reduce_mean(tf.reshape(whole, [-1, cells, period, cells, period]), [0, 1, 3]))
    places = tf.stack(by_place)
    return tf.reshape(places - tf.reduce_mean(places, [1, 2], keepdims=True), [-1]) / period


def grain(means: Sequence[tf.Tensor]) -> tf.Tensor:
    """Return which directions the slopes of a field prefer: on average 0 where no direction prevails.

    Of the slopes (p, q) along columns and rows, mean p q and mean (p p - q q) / 2 over their mean
    (p p + q q) / 2: the parts of the structure tensor that turn with the field, from -1 to 1. Training
    patches are turned and mirrored, so that land has no grain but by chance; a layout stage that made all
    its ridges run one way had it.

    Args:
        means: the `pyramid` of the field, in a unit that makes landscapes alike.

    Returns:
        (GRAIN_STATISTICS * levels,).
    """
    found = []
    for mean in means:
        # Of the four cells around a corner: forward differences share a cell, and so would seem to agree.
        down = _differences(mean[:, :, 1:] + mean[:, :, :-1], 1)
        right = _differences(mean[:, 1:] + mean[:, :-1], 2)
        energy = 0.5 * tf.reduce_mean(tf.square(down) + tf.square(right)) + _LEVEL
        found.append(tf.reduce_mean(down * right) / energy)
        found.append(0.5 * tf.reduce_mean(tf.square(down) - tf.square(right)) / energy)
    return tf.stack(found)


def _differences(field: tf.Tensor, axis: int) -> tf.Tensor:
    before, after = neighbours(field, axis)
    return after - before
