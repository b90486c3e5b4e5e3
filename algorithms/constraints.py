# SPDX-License-Identifier: GPL-3.0-or-later
"""What land has to meet: a guide, guiding layers, a sketch, a relief and a base elevation."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..models.controls import Controls
from ..rasters.grid import Window


@dataclass(frozen=True)
class Guide:
    """Coarse heights that the land follows: float32 [H, W] without voids, on cells of `factor` pixels."""

    name: str  # of the layer
    window: Window  # of the values on the lattice of cells
    values: np.ndarray
    factor: int
    is_free: bool = False  # whether the lattice of cells begins where that of the seed's world does


@dataclass(frozen=True)
class Conditions:
    """What guiding layers say: float32 [H, W, layers] without voids, on the cells of the last stage."""

    names: tuple[str, ...]  # of the layers
    window: Window  # of the values on the lattice of cells
    values: np.ndarray


@dataclass(frozen=True)
class Sketch:
    """Heights that the land must have at some pixels of the lattice, as the model knows heights."""

    name: str  # of its layers
    controls: Controls

    def arrays(self) -> dict[str, np.ndarray]:
        """Return the controls as the worker takes them."""
        return {f"control_{name}": values for name, values in vars(self.controls).items()}


@dataclass(frozen=True)
class Heights:
    """How generated heights are changed, pixel by pixel: those around `middle` come to lie around `base`."""

    relief: float = 1.0  # factor
    middle: float = 0.0
    base: float = 0.0

    def of(self, generated: np.ndarray) -> np.ndarray:
        """Return the heights wanted; where nothing is to be changed, the same bits."""
        if self == Heights():
            return generated
        return np.float32(self.relief) * (generated - np.float32(self.middle)) + np.float32(self.base)

    def before(self, wanted: np.ndarray) -> np.ndarray:
        """Return what must be generated for heights that are wanted."""
        return (wanted - self.base) / self.relief + self.middle
