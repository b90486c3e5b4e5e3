# SPDX-License-Identifier: GPL-3.0-or-later
"""Generation: any block of the world, from the coarsest stage to the finest.

Each stage is evaluated on *canonical blocks* only: one fixed size, aligned to the world. So the same
convolutions run on the same numbers however the request was cut, and the bits are the same. A guided stage
asks the stage before it for the window of field that it needs, which is put together from that stage's own
canonical blocks; these are kept for a while, since neighbours need them too. A block of the result itself is
not: nobody asks for it twice.
"""

from __future__ import annotations

import copy
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import NamedTuple, Protocol

import numpy as np
import tensorflow as tf

from .architecture import CascadeArchitecture, StageArchitecture
from .networks import Generator
from .noise import world_noise
from .statistics import FieldStatistics
from .weights import assign

BLOCK_PX = 512  # side of a canonical block of the result
# Side of a canonical block of a stage that guides another. A block of 128 cells takes twice as long per cell:
# the margins that convolutions eat are then a third of the work.
_COARSE_BLOCK_CELLS = 256
_PANEL_PX = 16_384  # width of the panels in which blocks are asked for (rasters/order.py)


class Cascade:
    """A trained model, ready to generate."""

    def __init__(
        self,
        architecture: CascadeArchitecture,
        statistics: Sequence[Sequence[FieldStatistics]],
        weights: Mapping[str, np.ndarray],
        variety: Sequence[float] = (),
    ) -> None:
        """Take the statistics of each stage's landscapes, and the weights by name as a model file holds them.

        Args:
            variety: of each landscape's worlds (see `World`), or none for 1.

        Raises:
            GeoGanError: weights do not fit the networks.
        """
        self.architecture = architecture
        self.variety = tuple(variety) or (1.0,) * len(statistics[0])
        last = len(architecture.stages) - 1
        self._stages: list[_StageField] = []
        for index, stage in enumerate(architecture.stages):
            generator = built_generator(stage, statistics[index])
            size = BLOCK_PX if index == last else _COARSE_BLOCK_CELLS
            # Half as large where a guide is given to the stage one octave off (see guide.py).
            kept = _blocks_of_a_row(size * architecture.pixels_per_field_cell(index) // 2)
            self._stages.append(
                _StageField(index, generator, size, kept, self._stages[-1] if index else None)
            )
        self.load(weights)

    def load(self, weights: Mapping[str, np.ndarray]) -> None:
        """Take other weights for the same networks; raises GeoGanError where they do not fit."""
        self.weights = dict(weights)
        for stage in self._stages:
            stage.load(weights)

    def block(self, seed: int, row: int, col: int, landscape: int = 0) -> np.ndarray:
        """Return the canonical block whose first pixel is (row, col), multiples of BLOCK_PX.

        Args:
            landscape: index of one of the landscapes that the model knows.

        Returns:
            float32 (BLOCK_PX, BLOCK_PX), in the unit of the training layers.
        """
        return self._stages[-1].window(self.world(seed, landscape), row, col, BLOCK_PX)

    def world(self, seed: int, landscape: int) -> World:
        """Return the world of a seed and a landscape, as various as the model makes it."""
        return World(seed, landscape, self.variety[landscape])

    def with_variety(self, variety: Sequence[float]) -> Cascade:
        """Return the cascade whose worlds are so various, by landscape.

        It shares networks and weights with this one.
        """
        other = copy.copy(self)
        other.variety = tuple(variety)
        return other

    def field(self, index: int, guide: Field | None = None) -> Field:
        """Return the field of one stage; one that needs a guide follows the one given.

        It shares networks and weights with this cascade.
        """
        stage = self._stages[index]
        return stage if guide is None else stage.guided_by(guide)

    def guided_by(self, guide: Field, first: int) -> Cascade:
        """Return the cascade from its stage number `first` on, which a given field guides.

        Where no stage is left, the field itself is the land. It shares networks and weights with this one.
        """
        guided = copy.copy(self)
        guided._stages = []
        for stage in self._stages[first:]:
            guide = stage.guided_by(guide)
            guided._stages.append(guide)
        guided._stages = guided._stages or [guide]
        return guided

    def conditioned_by(self, conditions: ConditionField) -> Cascade:
        """Return the cascade whose stages are told of guiding layers, as a model with conditions must be.

        It shares networks and weights with this one.

        Args:
            conditions: (rows, cols, n), on the cells that the last stage makes finer.
        """
        told = [conditions]
        for stage in reversed(self.architecture.stages[:-1]):
            for _ in range(stage.octaves):
                conditions = conditions.halved()
            told.insert(0, conditions)
        conditioned = copy.copy(self)
        conditioned._stages = []
        for stage, of_stage in zip(self._stages, told):
            coarser = conditioned._stages[-1] if conditioned._stages else None
            conditioned._stages.append(stage.conditioned_by(of_stage, coarser))
        return conditioned

    def steered_by(self, steer: Callable[[int, Field], Field]) -> Cascade:
        """Return the cascade whose fields are what `steer` makes of them, given a stage's number and field.

        Each stage follows the steered field before it. It shares networks and weights with this one.
        """
        steered = copy.copy(self)
        steered._stages = []
        for index, stage in enumerate(self._stages):
            field = stage.guided_by(steered._stages[-1]) if index else stage
            steered._stages.append(steer(index, field))
        return steered


class World(NamedTuple):
    """One of the endless lands of a model."""

    seed: int
    landscape: int
    variety: float = 1.0  # strength of the noise of guided stages: 1 as they learnt, 0 without any


class Field(Protocol):
    """What can guide a stage: a field that windows can be cut from."""

    def window(self, world: World, row: int, col: int, side: int) -> np.ndarray:
        """Return the square window at (row, col), float32 (side, side)."""


class ConditionField(Field, Protocol):
    """Conditions that all stages can be told of."""

    def halved(self) -> ConditionField:
        """Return their means over 2 x 2 cells, on the lattice of those."""


class _StageField:
    """The endless field of one stage, computed by canonical blocks."""

    def __init__(
        self, index: int, generator: Generator, size: int, most_kept: int, coarser: Field | None
    ) -> None:
        self._index, self._generator, self._size, self._coarser = index, generator, size, coarser
        self._most_kept = most_kept
        self._conditions: Field | None = None
        self._kept: OrderedDict[tuple[World, int, int], np.ndarray] = OrderedDict()
        self._noise = _NoiseAhead(generator.stage, index, size)
        self._evaluate = tf.function(generator, autograph=False)

    def conditioned_by(self, conditions: Field, coarser: Field | None) -> _StageField:
        other = self.guided_by(coarser)
        other._conditions = conditions
        return other

    def guided_by(self, coarser: Field | None) -> _StageField:
        other = copy.copy(self)
        other._coarser, other._kept = coarser, OrderedDict()
        return other

    def load(self, weights: Mapping[str, np.ndarray]) -> None:
        stage = self._generator.stage
        assign(self._generator.trainable_variables, f"{stage.name}/generator/", weights)
        self._kept.clear()

    def block(self, world: World, block_row: int, block_col: int) -> np.ndarray:
        stage, size = self._generator.stage, self._size
        row, col = block_row * size, block_col * size
        noise = self._noise.of(world.seed, row, col)
        guide = None
        if stage.guided:
            margin, cells = stage.guide_margin, size // stage.factor
            side = cells + 2 * margin
            window = self._coarser.window(
                world, row // stage.factor - margin, col // stage.factor - margin, side
            )
            guide = tf.constant(window[None, :, :, None])
        conditions = None
        if self._conditions is not None:
            margin, cells = stage.latent_margin, size // stage.factor
            corner = row // stage.factor - margin, col // stage.factor - margin
            window = self._conditions.window(world, *corner, cells + 2 * margin)
            conditions = tf.constant(window[None])
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
            return self._kept[key].copy() if key in self._kept else self.block(*key)
        window = np.empty((side, side), np.float32)
        for block_row in range(row // size, (row + side - 1) // size + 1):
            for block_col in range(col // size, (col + side - 1) // size + 1):
                block = self._kept_block(world, block_row, block_col)
                into_rows, from_rows = _overlap(row, side, block_row * size, size)
                into_cols, from_cols = _overlap(col, side, block_col * size, size)
                window[into_rows, into_cols] = block[from_rows, from_cols]
        return window

    def _kept_block(self, world: World, block_row: int, block_col: int) -> np.ndarray:
        key = (world, block_row, block_col)
        if key not in self._kept:
            self._kept[key] = self.block(world, block_row, block_col)
            if len(self._kept) > self._most_kept:
                self._kept.popitem(last=False)
        self._kept.move_to_end(key)
        return self._kept[key]


class _NoiseAhead:
    """The noise of a stage's blocks. While one block is computed, that of the block to its right is drawn."""

    def __init__(self, stage: StageArchitecture, index: int, size: int) -> None:
        self._stage, self._index, self._size = stage, index, size
        self._thread = ThreadPoolExecutor(1, "noise")
        self._coming: dict[tuple[int, int, int], Future[list[np.ndarray]]] = {}

    def of(self, seed: int, row: int, col: int) -> list[np.ndarray]:
        """Return the noise of the block at (row, col), and begin to draw that of the next one."""
        coming = self._coming.get((seed, row, col))
        noise = coming.result() if coming else self._drawn(seed, row, col)
        following = seed, row, col + self._size
        self._coming = {following: self._thread.submit(self._drawn, *following)}
        return noise

    def _drawn(self, seed: int, row: int, col: int) -> list[np.ndarray]:
        return world_noise(self._stage, self._index, seed, row, col, self._size)


def _blocks_of_a_row(size_px: int) -> int:
    """Return how many blocks of this size a row of the result's blocks touches in a panel, with margins."""
    return 3 * (_PANEL_PX // size_px + 3)


def _overlap(start: int, length: int, block_start: int, block_length: int) -> tuple[slice, slice]:
    """Return where a block and a window overlap: as a slice of the window and one of the block."""
    first, stop = max(start, block_start), min(start + length, block_start + block_length)
    return slice(first - start, stop - start), slice(first - block_start, stop - block_start)


def built_generator(stage: StageArchitecture, statistics: Sequence[FieldStatistics]) -> Generator:
    """Return the generator of a stage with its variables made."""
    generator = Generator(stage, statistics)
    generator.build()
    return generator
