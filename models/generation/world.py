# SPDX-License-Identifier: GPL-3.0-or-later
"""What a world of a model is, and what its fields can be asked for."""

from __future__ import annotations

from typing import NamedTuple, Protocol

import numpy as np


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
