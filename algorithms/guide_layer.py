# SPDX-License-Identifier: GPL-3.0-or-later
"""A layer that free land follows, laid on the cells of each seed's world."""

from __future__ import annotations

from dataclasses import dataclass

from ..models.latent import origin_of
from ..models.model_card import ModelCard
from ..rasters.grid import Lattice
from ..rasters.guiding import read_guide
from ..rasters.reporting import Log, Progress, silent
from ..rasters.source import Source
from .constraints import Guide


@dataclass(frozen=True)
class GuideLayer:
    """What `of` reads: a layer, and the land that follows it.

    The networks' cells begin at another place of the map for each seed. So do those that the guide is read
    on: else all seeds have the same means over the same cells, vary most in the middles of these and least at
    their rims, and their spread is a picture of the lattice (docs/choices.md).
    """

    source: Source
    factor: int  # pixels across a cell
    lattice: Lattice  # of the land's pixels
    crs_wkt: str
    bounds: tuple[float, float, float, float]
    largest_cell_px: int  # the model's; 1 where the cells begin at the same place for all seeds

    def of(self, seed: int, log: Log = silent, progress: Progress | None = None) -> Guide:
        """Return the guide on the cells of a seed's world; raises what `read_guide` raises."""
        window, values = read_guide(self.source, self.crs_wkt, self.cells(seed), self.bounds, log, progress)
        return Guide(self.source.name, window, values, self.factor, is_free=self.largest_cell_px > 1)

    def cells(self, seed: int) -> Lattice:
        """Return the lattice of those cells: the land's pixel (0, 0) lies in the largest as the seed says."""
        size, (x, y) = self.lattice.pixel_size, self.lattice.origin
        down, right = origin_of(seed, self.largest_cell_px)
        return Lattice(size * self.factor, (x - right * size, y + down * size))


def free_cells_px(card: ModelCard, landscape: str, variety: float | None) -> int:
    """Return how wide the cells are that begin anywhere; 1 where all seeds must have theirs in one place.

    Guiding layers lie on cells of their own. Without variety, all seeds are the same land.
    """
    own = dict(zip(card.landscapes, card.variety)).get(landscape, 1.0)
    is_various = (own if variety is None else variety) > 0.0
    return card.largest_cell_px() if is_various and not card.conditions else 1
