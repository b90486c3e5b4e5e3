# SPDX-License-Identifier: GPL-3.0-or-later
"""An area of blocks as the worker computes it, and what the networks of its stages do on the way."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any, Callable

import numpy as np
import tensorflow as tf
from geogan.models.generation import stage_field
from geogan.models.generation.cascade import BLOCK_PX, Cascade
from geogan.models.generation.generation_job import cascade_of
from geogan.models.generation.side_by_side import side_by_side

COLS, ROWS = 16, 4  # blocks of the area: wide, as a panel is, so that neighbours share coarse blocks


class Watched:
    """Something that is called; it counts its calls and their seconds, and keeps what it was given last."""

    def __init__(self, called: Callable[..., Any]) -> None:
        self._called = called
        self._given: tuple[object, ...] = ()
        self.calls, self.seconds = 0, 0.0

    def __call__(self, *given: object) -> Any:
        start = time.perf_counter()
        result = self._called(*given)
        self.seconds += time.perf_counter() - start
        self.calls, self._given = self.calls + 1, given
        return result

    def restart(self) -> None:
        """Count from nothing."""
        self.calls, self.seconds = 0, 0.0

    @property
    def graph(self) -> tf.Graph:
        """What a compiled network computes on what it was given last."""
        return self._called.get_concrete_function(*self._given).graph


def cascade_at(model: Path | str) -> Cascade:
    """Return the cascade of a model file as the worker has it, on the processor."""
    return cascade_of(Path(model).read_bytes(), "cpu")


def watch(cascade: Cascade) -> dict[str, Watched]:
    """Put a watch before the network of each stage of a cascade; return them by the stages' names."""
    watches = {}
    for index, stage in enumerate(cascade.architecture.stages):
        field = cascade.field(index)
        watches[stage.name] = field._evaluate = Watched(field._evaluate)
    return watches


def watch_noise() -> Watched:
    """Put a watch before the noise of all stages of all cascades, and return it."""
    watched = stage_field.world_noise = Watched(stage_field.world_noise)
    return watched


def make_area(cascade: Cascade, seed: int, rows: int = ROWS, cols: int = COLS, threads: int = 1) -> None:
    """Make the blocks of an area, row by row, as in a panel.

    A seed that was not asked for before has all coarse blocks computed, too.

    Args:
        threads: how many blocks are computed at a time; the worker's own number is `block_threads()`.
    """

    def block_at(place: tuple[int, int]) -> np.ndarray:
        return cascade.block(seed, *place)

    corners = [(row * BLOCK_PX, col * BLOCK_PX) for row in range(rows) for col in range(cols)]
    for _ in side_by_side(block_at, corners, threads):
        pass
