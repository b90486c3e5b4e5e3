# SPDX-License-Identifier: GPL-3.0-or-later
"""The measurements: how like unseen land a model's land is, and how much of its grid shows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from geogan.models.model_card import ModelCard
from geogan.realism.comparison import Comparison, Reference
from geogan.realism.grid_artefact import GridArtefact, SeamRatio, phase_variance, seam_ratio

from ..terrain.landscapes import Land
from ..terrain.ours import FIRST_SEED
from ..terrain.scores import STRIDES, from_whole_cells

if TYPE_CHECKING:
    from geogan.models.generation.cascade import Cascade

SEEDS = range(FIRST_SEED, FIRST_SEED + 12)
GRID_SEEDS = range(FIRST_SEED, FIRST_SEED + 256)


@dataclass(frozen=True)
class Likeness:
    """How like land is to real land: `compared` of all seeds together, `alone` of each."""

    landscape: str  # of the model
    compared: Comparison
    alone: list[Comparison]


def likeness(cascade: Cascade, card: ModelCard, land: Land, landscape: str) -> Likeness:
    """Compare a model's land of one landscape with a whole DEM."""
    number = card.landscapes.index(landscape)
    blocks = [cascade.block(seed, 0, 0, number) for seed in SEEDS]
    reference = Reference(land.whole, land.pixel_size, land.precision)
    compared = reference.compare(blocks, with_noise=True)
    return Likeness(landscape, compared, [reference.compare([block]) for block in blocks])


def seams(cascade: Cascade) -> list[SeamRatio]:
    """Return, of each of some seeds of the first landscape, how the borders of its blocks show."""
    from geogan.models.generation.cascade import BLOCK_PX  # here, because it brings TensorFlow

    found = []
    for seed in SEEDS[:4]:
        rows = [[cascade.block(seed, row, col) for col in (0, BLOCK_PX)] for row in (0, BLOCK_PX)]
        found.append(seam_ratio(np.block(rows), BLOCK_PX, max(STRIDES)))
    return found


def grid(cascade: Cascade) -> tuple[dict[int, GridArtefact], dict[int, GridArtefact]]:
    """Return what each stride leaves in the mean over seeds, and what it leaves in the worlds themselves.

    Both in land of the model's first landscape.
    """
    blocks = [cascade.block(seed, 0, 0) for seed in GRID_SEEDS]
    of_worlds = from_whole_cells(blocks, [cascade.origin(seed) for seed in GRID_SEEDS])
    over_seeds, in_worlds = (
        {stride: phase_variance(fields, stride) for stride in STRIDES} for fields in (blocks, of_worlds)
    )
    return over_seeds, in_worlds
