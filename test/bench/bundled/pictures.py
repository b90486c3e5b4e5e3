# SPDX-License-Identifier: GPL-3.0-or-later
"""The pictures of docs/how-it-works.md that show the bundled model's own land."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from geogan.models.model_card import ModelCard

from ..guided.pictures import grey, write

if TYPE_CHECKING:
    from geogan.models.generation.cascade import Cascade

_SIDE_PX = 512


def draw_landscapes(cascade: Cascade, card: ModelCard, seed: int, block: tuple[int, int], path: Path) -> None:
    """Write one block of each landscape, side by side, at one light."""
    row, col = (index * _SIDE_PX for index in block)
    lands = [cascade.block(seed, row, col, number) for number in range(len(card.landscapes))]
    write([grey(land, card.pixel_size) for land in lands], path)


def draw_stages(cascade: Cascade, card: ModelCard, seed: int, block: tuple[int, int], path: Path) -> None:
    """Write one block of the first landscape as each stage makes it, in large cells first."""
    panels = []
    last = len(cascade.architecture.stages) - 1
    for index in range(last + 1):
        cell = cascade.architecture.pixels_per_field_cell(index)
        row, col = (number * _SIDE_PX // cell for number in block)
        made = cascade.guide(index + 1) if index < last else cascade.field(index)
        field = made.window(cascade.world(seed, 0), row, col, _SIDE_PX // cell)
        panels.append(np.kron(grey(field, cell * card.pixel_size), np.ones((cell, cell, 1))))
    write(panels, path)
