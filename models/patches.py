# SPDX-License-Identifier: GPL-3.0-or-later
"""Random training patches, cut and turned inside the graph from areas that stay in memory."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import tensorflow as tf

from ..errors import GeoGanError

_MOST_PLACES = 2_000_000  # places are thinned above this, to bound the memory of their list


class PatchSampler:
    """Draws square patches without voids from areas of any number, shape and void pattern.

    All areas lie in one flat tensor; a patch is gathered by index, so that its turning and mirroring (the
    eight symmetries of the square) is arithmetic on indices and costs nothing.
    """

    def __init__(self, areas: Sequence[np.ndarray], size: int) -> None:
        """Take areas, float32 (rows, cols) with NaN where there is no data, and the patch size in pixels.

        Raises:
            GeoGanError: no area has a patch without voids.
        """
        self.size = size
        spacing = max(1, int(np.ceil(np.sqrt(sum(area.size for area in areas) / _MOST_PLACES))))
        offset, starts, strides = 0, [], []
        for area in areas:
            rows, cols = _void_free_places(area, size, spacing)
            starts.append(offset + rows.astype(np.int64) * area.shape[1] + cols)
            strides.append(np.full(len(rows), area.shape[1], np.int64))
            offset += area.size
        self.places = sum(len(start) for start in starts)
        if not self.places:
            raise GeoGanError(
                "No place of {size} x {size} pixels without voids was found in the layers. "
                "Choose larger layers, fill their voids first, or use a smaller pixel size.",
                size=size,
            )
        self._values = tf.constant(np.concatenate([np.nan_to_num(area).ravel() for area in areas]))
        self._starts = tf.constant(np.concatenate(starts))
        self._strides = tf.constant(np.concatenate(strides))

    def draw(self, count: int, random: tf.random.Generator, symmetries: bool = True) -> tf.Tensor:
        """Return patches (count, size, size, 1), each turned and mirrored at random when `symmetries`."""
        place = random.uniform([count], 0, self.places, tf.int64)
        start, stride = tf.gather(self._starts, place), tf.gather(self._strides, place)
        rows, cols = self._indices(count, random, symmetries)
        indices = start[:, None, None] + rows * stride[:, None, None] + cols
        return tf.gather(self._values, indices)[..., None]

    def _indices(
        self, count: int, random: tf.random.Generator, symmetries: bool
    ) -> tuple[tf.Tensor, tf.Tensor]:
        along = tf.range(self.size, dtype=tf.int64)
        rows, cols = tf.meshgrid(along, along, indexing="ij")  # (size, size)
        if not symmetries:
            return rows[None], cols[None]
        flips = random.uniform([3, count, 1, 1], 0, 2, tf.int64) > 0
        rows = tf.where(flips[0], self.size - 1 - rows, rows)
        cols = tf.where(flips[1], self.size - 1 - cols, cols)
        return tf.where(flips[2], cols, rows), tf.where(flips[2], rows, cols)


def _void_free_places(area: np.ndarray, size: int, spacing: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the first rows and columns of the windows of `area` in which every pixel has data."""
    if min(area.shape) < size:
        return np.empty(0, np.int64), np.empty(0, np.int64)
    voids = np.zeros((area.shape[0] + 1, area.shape[1] + 1), np.int32)
    np.cumsum(np.cumsum(~np.isfinite(area), 0, dtype=np.int32), 1, out=voids[1:, 1:])
    in_window = voids[size:, size:] - voids[:-size, size:] - voids[size:, :-size] + voids[:-size, :-size]
    rows, cols = np.nonzero(in_window[::spacing, ::spacing] == 0)
    return rows * spacing, cols * spacing


def count_places(areas: Sequence[np.ndarray], size: int) -> int:
    """Return how many places the areas have for a patch without voids."""
    return sum(len(_void_free_places(area, size, 1)[0]) for area in areas)


def averaged(area: np.ndarray, factor: int) -> np.ndarray:
    """Return the means of `factor` x `factor` pixels, without an incomplete rim.

    A mean is that of the pixels with data; where fewer than half have any it is NaN. So a few small voids
    do not take away the room for large forms.
    """
    rows, cols = (length // factor for length in area.shape)
    cells = area[: rows * factor, : cols * factor].reshape(rows, factor, cols, factor)
    valid = np.isfinite(cells)
    count = valid.sum((1, 3))
    mean = np.where(valid, cells, 0.0).sum((1, 3), dtype=np.float64) / np.maximum(count, 1)
    return np.where(2 * count >= factor**2, mean, np.nan).astype(np.float32)
