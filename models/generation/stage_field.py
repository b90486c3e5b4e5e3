# SPDX-License-Identifier: GPL-3.0-or-later
"""The endless field of one stage. Several threads may ask for its blocks at once."""

from __future__ import annotations

import copy
import threading
from collections import OrderedDict
from collections.abc import Mapping
from concurrent.futures import Future

import numpy as np
import tensorflow as tf

from ..networks.generator import Generator
from ..networks.noise import world_noise
from ..weights import assign
from .world import Field, World


class StageField:
    """The endless field of one stage, computed by canonical blocks."""

    def __init__(
        self, index: int, generator: Generator, size: int, most_kept: int, coarser: Field | None
    ) -> None:
        """Take the stage's place in the cascade, its network, and the field that guides it, if one does.

        Args:
            size: side of a canonical block, in the stage's output cells.
            most_kept: blocks that are kept for others.
        """
        self._index, self._generator, self._size, self._coarser = index, generator, size, coarser
        self._most_kept = most_kept
        self._conditions: Field | None = None
        self._kept: OrderedDict[tuple[World, int, int], Future[np.ndarray]] = OrderedDict()
        self._lock = threading.Lock()  # of what is kept
        self._evaluate = tf.function(generator, autograph=False)

    def conditioned_by(self, conditions: Field, coarser: Field | None) -> StageField:
        """Return the field that is told of guiding layers; it shares its network with this one."""
        other = self.guided_by(coarser)
        other._conditions = conditions
        return other

    def guided_by(self, coarser: Field | None) -> StageField:
        """Return the field that another one guides; it shares its network with this one."""
        other = copy.copy(self)
        other._coarser, other._kept, other._lock = coarser, OrderedDict(), threading.Lock()
        return other

    def load(self, weights: Mapping[str, np.ndarray]) -> None:
        """Take the stage's weights from those of a cascade; raises GeoGanError where they do not fit."""
        stage = self._generator.stage
        assign(self._generator.trainable_variables, f"{stage.name}/generator/", weights)
        self._kept.clear()

    def block(self, world: World, block_row: int, block_col: int) -> np.ndarray:
        """Return a canonical block by its number, computed and not kept."""
        size = self._size
        return self._evaluated(world, block_row * size, block_col * size, size)

    def alone(self, world: World, row: int, col: int, side: int) -> np.ndarray:
        """Return the square window at (row, col), computed by itself: neither of canonical blocks nor kept.

        It is computed somewhat wider, from cell to cell, and cut. Convolutions of another size round
        otherwise, so its bits are those of the same window only.
        """
        factor = self._generator.stage.factor
        down, right = row % factor, col % factor
        field = self._evaluated(world, row - down, col - right, side + factor)
        return field[down : down + side, right : right + side]

    def _evaluated(self, world: World, row: int, col: int, side: int) -> np.ndarray:
        """Return the field at (row, col); all three are multiples of the stage's factor."""
        stage = self._generator.stage
        noise = world_noise(stage, self._index, world.seed, row, col, side)

        def cells_around(field: Field, margin: int) -> np.ndarray:
            first_row, first_col, cells = (each // stage.factor for each in (row, col, side))
            return field.window(world, first_row - margin, first_col - margin, cells + 2 * margin)

        guide = conditions = None
        if stage.guided:
            guide = tf.constant(cells_around(self._coarser, stage.guide_margin)[None, :, :, None])
        if self._conditions is not None:
            conditions = tf.constant(cells_around(self._conditions, stage.latent_margin)[None])
        landscape = tf.constant([world.landscape], tf.int64)
        strength = np.float32(world.variety if stage.guided else 1.0)
        scaled = [tf.constant(field if strength == 1.0 else strength * field) for field in noise]
        return self._evaluate(scaled, landscape, guide, conditions).numpy()[0, :, :, 0]

    def window(self, world: World, row: int, col: int, side: int) -> np.ndarray:
        """Return the square window of the field at (row, col), pasted from canonical blocks.

        One that is a canonical block by itself is handed out and not kept.
        """
        size = self._size
        if side == size and row % size == 0 and col % size == 0:
            key = (world, row // size, col // size)
            kept = self._kept.get(key)
            return kept.result().copy() if kept else self.block(*key)
        window = np.empty((side, side), np.float32)
        for block_row in range(row // size, (row + side - 1) // size + 1):
            for block_col in range(col // size, (col + side - 1) // size + 1):
                block = self._kept_block(world, block_row, block_col)
                into_rows, from_rows = _overlap(row, side, block_row * size, size)
                into_cols, from_cols = _overlap(col, side, block_col * size, size)
                window[into_rows, into_cols] = block[from_rows, from_cols]
        return window

    def _kept_block(self, world: World, block_row: int, block_col: int) -> np.ndarray:
        """Return a canonical block; who asks for one that another thread computes waits for that."""
        key = (world, block_row, block_col)
        with self._lock:
            is_ours = key not in self._kept
            if is_ours:
                self._kept[key] = Future()
                if len(self._kept) > self._most_kept:
                    self._kept.popitem(last=False)
            self._kept.move_to_end(key)
            kept = self._kept[key]
        if is_ours:
            try:
                kept.set_result(self.block(world, block_row, block_col))
            except BaseException as error:  # noqa: BLE001 - those who wait must hear of any
                kept.set_exception(error)
                self._forget(key, kept)  # who asks later tries again
        return kept.result()

    def _forget(self, key: tuple[World, int, int], block: Future[np.ndarray]) -> None:
        with self._lock:
            if self._kept.get(key) is block:  # and not begun anew meanwhile
                del self._kept[key]


def _overlap(start: int, length: int, block_start: int, block_length: int) -> tuple[slice, slice]:
    """Return where a block and a window overlap: as a slice of the window and one of the block."""
    first, stop = max(start, block_start), min(start + length, block_start + block_length)
    return slice(first - start, stop - start), slice(first - block_start, stop - block_start)
