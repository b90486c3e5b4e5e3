# SPDX-License-Identifier: GPL-3.0-or-later
"""Random training patches, cut and turned inside the graph from areas that stay in memory."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import tensorflow as tf

from ...errors import GeoGanError
from ..area import Area

_MOST_PLACES = 2_000_000  # places are thinned above this, to bound the memory of their list


class _Land(NamedTuple):
    """Areas in one flat array, and the places of patches in it."""

    places: np.ndarray | tf.Variable  # how many each landscape has, (landscapes,)
    first: np.ndarray | tf.Variable  # place of each landscape, (landscapes,)
    starts: np.ndarray | tf.Variable  # index of the first pixel of each place
    strides: np.ndarray | tf.Variable  # pixels from a row of it to the next
    values: np.ndarray | tf.Variable  # of all areas, and their conditions, (pixels, 1 + n)


class PatchSampler:
    """Draws square patches without voids from areas of any number, shape and void pattern.

    Their margins may lie on bridges: nothing but cells of a guide is made of these.

    All areas lie in one flat tensor; a patch is gathered by index, so that its turning and mirroring (the
    eight symmetries of the square) is arithmetic on indices and costs nothing.
    """

    def __init__(self, areas: Sequence[Area], size: int, margin: int = 0) -> None:
        """Take the areas, and the patch size and how much of it is margin on each side, in pixels.

        Raises:
            GeoGanError: a landscape has no patch without voids.
        """
        self.size, self._margin = size, margin
        land = _land_of(areas, size, margin)
        self.landscapes = len(land.places)
        # Variables of any length, so that a compiled step goes on with other areas.
        self._land = _Land(
            *(tf.Variable(each, shape=[None, *each.shape[1:]], trainable=False) for each in land)
        )

    def move_to(self, areas: Sequence[Area]) -> None:
        """Draw from other areas from now on.

        Raises:
            GeoGanError: a landscape has no patch without voids there; the areas stay the old ones.
        """
        land = _land_of(areas, self.size, self._margin)
        if len(land.places) < self.landscapes:
            raise _no_place(self.size)
        for variable, value in zip(self._land, land):
            variable.assign(value)

    @property
    def places_by_landscape(self) -> np.ndarray:
        """How many places each landscape has, (landscapes,)."""
        return tf.convert_to_tensor(self._land.places).numpy()

    def draw(self, count: int, random: tf.random.Generator) -> tuple[tf.Tensor, tf.Tensor]:
        """Return patches (count, size, size, 1 + conditions) and the landscape of each, int64 (count,).

        Every landscape is as likely as any other, however large its areas are; within a landscape, so is
        every place. Patches are turned and mirrored at random.
        """
        landscape = random.uniform([count], 0, self.landscapes, tf.int64)
        return self.draw_from(landscape, random), landscape

    def draw_from(self, landscape: tf.Tensor, random: tf.random.Generator) -> tf.Tensor:
        """Return one patch of each landscape given, int64 (count,): its heights, then its conditions."""
        count = landscape.shape[0]
        anywhere, land = random.uniform([count], 0, 1 << 62, tf.int64), self._land
        place = tf.gather(land.first, landscape) + anywhere % tf.gather(land.places, landscape)
        start, stride = tf.gather(land.starts, place), tf.gather(land.strides, place)
        rows, cols = self._indices(count, random)
        indices = start[:, None, None] + rows * stride[:, None, None] + cols
        return tf.gather(land.values, indices)

    def _indices(self, count: int, random: tf.random.Generator) -> tuple[tf.Tensor, tf.Tensor]:
        along = tf.range(self.size, dtype=tf.int64)
        rows, cols = tf.meshgrid(along, along, indexing="ij")  # (size, size)
        flips = random.uniform([3, count, 1, 1], 0, 2, tf.int64) > 0
        rows = tf.where(flips[0], self.size - 1 - rows, rows)
        cols = tf.where(flips[1], self.size - 1 - cols, cols)
        return tf.where(flips[2], cols, rows), tf.where(flips[2], rows, cols)


def _land_of(areas: Sequence[Area], size: int, margin: int) -> _Land:
    by_landscape = sorted(areas, key=lambda area: area.landscape)
    offset, starts, strides = 0, [], []
    places = np.zeros(1 + max((area.landscape for area in areas), default=0), np.int64)
    for area, (rows, cols) in zip(by_landscape, _thinned_places(by_landscape, size, margin)):
        width = area.values.shape[1]
        starts.append(offset + rows.astype(np.int64) * width + cols)
        strides.append(np.full(len(rows), width, np.int64))
        places[area.landscape] += len(rows)
        offset += area.values.size
    if not places.all():
        raise _no_place(size)
    return _Land(
        places,
        np.cumsum(places) - places,
        np.concatenate(starts),
        np.concatenate(strides),
        np.concatenate([_flat(area) for area in by_landscape]),
    )


def _thinned_places(areas: Sequence[Area], size: int, margin: int) -> list[tuple[np.ndarray, np.ndarray]]:
    """Return the places of each area, so far apart that there are not too many in all.

    A small landscape that would have none so, beside large ones, has all of its places.
    """
    pixels = sum(area.values.size for area in areas)
    # Odd, so that the cells of guides begin anywhere: at every fourth pixel they always had the same phase.
    spacing = max(1, int(np.ceil(np.sqrt(pixels / _MOST_PLACES)))) | 1
    places = [_places_of(area, size, margin, spacing) for area in areas]
    has_some = {area.landscape for area, (rows, _) in zip(areas, places) if len(rows)}
    return [
        thinned if area.landscape in has_some else _places_of(area, size, margin, 1)
        for area, thinned in zip(areas, places)
    ]


def _flat(area: Area) -> np.ndarray:
    """Return the heights of an area, 0 where void, and its conditions, (pixels, 1 + n)."""
    heights = np.nan_to_num(area.values).reshape(-1, 1)
    if area.conditions is None:
        return heights
    return np.concatenate([heights, area.conditions.reshape(len(heights), -1)], 1)


def _no_place(size: int) -> GeoGanError:
    return GeoGanError(
        "No place of {size} x {size} pixels without voids was found in the layers. "
        "Choose larger layers, fill their voids first, or use a smaller pixel size.",
        size=size,
    )


def _places_of(area: Area, size: int, margin: int, spacing: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the first rows and columns of the windows that have data, and inside their margin no bridges."""
    if min(area.values.shape) < size:
        return np.empty(0, np.int64), np.empty(0, np.int64)
    is_void = ~np.isfinite(area.values)
    is_place = ~_touched(is_void, size)
    if area.is_bridge is not None:
        inside = ~_touched(is_void | area.is_bridge, size - 2 * margin)
        is_place &= inside[margin : margin + is_place.shape[0], margin : margin + is_place.shape[1]]
    rows, cols = np.nonzero(is_place[::spacing, ::spacing])
    return rows * spacing, cols * spacing


def _touched(pixels: np.ndarray, size: int) -> np.ndarray:
    """Return for each window, by its first row and column, whether any of its pixels is one of these."""
    sums = np.zeros((pixels.shape[0] + 1, pixels.shape[1] + 1), np.int32)
    np.cumsum(np.cumsum(pixels, 0, dtype=np.int32), 1, out=sums[1:, 1:])
    return sums[size:, size:] - sums[:-size, size:] - sums[size:, :-size] + sums[:-size, :-size] > 0


def count_places(areas: Sequence[Area], size: int, margin: int = 0) -> int:
    """Return how many places the areas have for a patch without voids (see `PatchSampler`)."""
    return sum(len(_places_of(area, size, margin, 1)[0]) for area in areas)
