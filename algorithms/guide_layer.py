# SPDX-License-Identifier: GPL-3.0-or-later
"""A layer that free land follows, laid on the cells of each seed's world."""

from __future__ import annotations

from dataclasses import dataclass

from ..models.latent import origin_of
from ..models.model_card import ModelCard
from ..rasters.grid import Lattice
from ..rasters.reading.guiding import HEIGHTS, Kind, read_guide
from ..rasters.reading.source import Source
from ..rasters.reporting import Log, Progress, silent
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
    origins_px: int  # see `origins_px`

    def of(self, seed: int, log: Log = silent, progress: Progress | None = None) -> Guide:
        """Return the guide on the cells of a seed's world, as the first of a run; raises as `read_guide`."""
        return self._read(seed, HEIGHTS, log, progress)

    def of_another(self, seed: int, progress: Progress | None = None) -> Guide:
        """Return that of another seed, whose cells may lie in a narrow void that those of the first missed.

        That is filled from around: the first has told that the layer covers the land, and a run goes on.
        """
        return self._read(seed, HEIGHTS._replace(refuses=False), silent, progress)

    def _read(self, seed: int, kind: Kind, log: Log, progress: Progress | None) -> Guide:
        cells = self.cells(seed)
        window, values = read_guide(self.source, self.crs_wkt, cells, self.bounds, log, progress, kind)
        return Guide(self.source.name, window, values, self.factor, is_free=self.origins_px > 1)

    def cells(self, seed: int) -> Lattice:
        """Return the lattice of those cells: the land's pixel (0, 0) lies in the largest as the seed says."""
        size, (x, y) = self.lattice.pixel_size, self.lattice.origin
        down, right = origin_of(seed, self.origins_px)
        return Lattice(size * self.factor, (x - right * size, y + down * size))


def origins_px(card: ModelCard, landscape: str, variety: float | None) -> int:
    """Return the side, in pixels, of the square in which cells begin: 1 where they do so in one place.

    Guiding layers lie on cells of their own. Without variety, all seeds are the same land.
    """
    own = dict(zip(card.landscapes, card.variety)).get(landscape, 1.0)
    is_various = (own if variety is None else variety) > 0.0
    return card.largest_cell_px() if is_various and not card.conditions else 1
