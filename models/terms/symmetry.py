# SPDX-License-Identifier: GPL-3.0-or-later
"""What land should have none of: a grid and a grain."""

from __future__ import annotations

from collections.abc import Sequence

import tensorflow as tf

from ..networks.pyramid import cut, differences, neighbours

_LEVEL = 1e-6  # keeps level land from being divided by nothing
_FLAT = 1e-3  # of the unit: the mean size of steps or bends below which a window counts as level
_WINDOW = 4  # cells: the land around, by whose roughness a grid is seen
_PLAIN = 0.6  # of the mean roughness of a batch: what is below is plain
GRID_STATISTICS = 24  # of each place on the lattice
GRAIN_STATISTICS = 2  # of each level


def grid(field: tf.Tensor, period: int) -> tf.Tensor:
    """Return how fields depend on the place on a lattice of `period` pixels: on average 0 without a grid.

    Steps (first differences), their sizes, and the sizes of bends (second differences), along columns and
    along rows, are averaged by place: row and column modulo the period. Returned is what these means lie off
    their own mean, over the mean size in windows of _WINDOW cells, in plain windows and in rough ones apart.
    So of pixels side by side, and of means over 2 x 2 pixels side by side, wherever these begin: told of the
    first only, stages hid their grid in the second (docs/choices.md).

    The eye sees a grid on plains. Told over the size in whole patches, and of all land together, the tenth
    bundled model left one there: the mean curvature of the worst place was 0.09 to 0.26 of the usual size, in
    the smoothest fifth of its land, where chance gives 0.007 (docs/choices.md). Without the bends a stage
    printed lines, without the steps, blocks; averaged by rows and by columns only, a pattern that changes its
    sign from one to the next went unseen.

    Args:
        field: (b, n, n, 1), in a unit that makes landscapes alike; n a multiple of `period`.

    Returns:
        (b, GRID_STATISTICS * period**2), over `period`, so that lines weigh the same at each period.
    """
    by_place = []
    for spacing, means in ((1, field), (2, _means_of_four(field))):
        for axis in (1, 2):
            steps = differences(means, axis, spacing)
            by_place += _by_place(steps, period, with_signs=True)
            by_place += _by_place(differences(steps, axis, spacing), period)
    places = tf.stack(by_place, 1)
    places -= tf.reduce_mean(places, [2, 3], keepdims=True)
    return tf.reshape(places, [-1, GRID_STATISTICS * period**2]) / period


def _by_place(values: tf.Tensor, period: int, *, with_signs: bool = False) -> list[tf.Tensor]:
    """Return means (b, period, period) of the sizes of differences, of plain windows and of rough ones.

    With signs, those of the differences themselves come first. All are summed over their windows and divided
    by half of all, so that few plains weigh little.
    """
    across = min(values.shape[1:3]) // period
    window = min(_WINDOW, across)  # cells
    count = across // window
    side = count * window * period
    values = cut(values, [0, 0], [values.shape[1] - side, values.shape[2] - side])
    sizes = _in_windows(tf.abs(values), window, period)
    usual = tf.reduce_mean(sizes, [2, 4], keepdims=True)
    is_plain = tf.cast(usual < _PLAIN * tf.reduce_mean(usual), usual.dtype)
    means = []
    for each in (_in_windows(values, window, period), sizes) if with_signs else (sizes,):
        relative = each / (usual + _FLAT)
        everywhere, plain = (tf.reduce_mean(part, [1, 3]) for part in (relative, relative * is_plain))
        means += [2.0 * plain, 2.0 * (everywhere - plain)]
    return means


def _in_windows(values: tf.Tensor, window: int, period: int) -> tf.Tensor:
    """Return the means by place in each window of so many cells: (b, windows, period, windows, period)."""
    side = values.shape[1]
    windows = side // (window * period)
    # Rows first: with both at once, in seven dimensions, a step of training took 6 % longer.
    by_row = tf.reduce_mean(tf.reshape(values, [-1, windows, window, period * side]), 2)
    return tf.reduce_mean(tf.reshape(by_row, [-1, windows, period, windows, window, period]), 4)


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
        down = differences(mean[:, :, 1:] + mean[:, :, :-1], 1)
        right = differences(mean[:, 1:] + mean[:, :-1], 2)
        energy = 0.5 * tf.reduce_mean(tf.square(down) + tf.square(right)) + _LEVEL
        found.append(tf.reduce_mean(down * right) / energy)
        found.append(0.5 * tf.reduce_mean(tf.square(down) - tf.square(right)) / energy)
    return tf.stack(found)


def _means_of_four(field: tf.Tensor) -> tf.Tensor:
    """Return the means over 2 x 2 pixels, wherever these begin."""
    for axis in (1, 2):
        before, after = neighbours(field, axis)
        field = 0.5 * (before + after)
    return field
