# SPDX-License-Identifier: GPL-3.0-or-later
"""Generation: any block of the world, from the coarsest stage to the finest.

Each stage is evaluated on *canonical blocks* only: one fixed size, aligned to the map or to its own cells. So
the same convolutions run on the same numbers however the request was cut, and the bits are the same. A guided
stage asks the stage before it for the window of field that it needs, which is put together from that stage's
own canonical blocks; these are kept for a while, since neighbours need them too. A block of the result itself
is not: nobody asks for it twice. The layout is turned and bent on the way (see bent.py), but where guiding
layers say what lies where.

The networks' cells, of 4, 16 and 64 pixels in a cascade of three, begin at another place of the map for each
seed: so no pixel is nearer to a border of cells than another, on average over seeds, and the mean and the
spread of many seeds show none. A guide may be counted from there as well. Only where something else is laid
on these cells (a layer that is made finer, guiding layers, a sketch, the land around voids) do they begin at
the map's pixel (0, 0).
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping, Sequence

import numpy as np

from ..architecture import CascadeArchitecture, StageArchitecture
from ..latent import origin_of
from ..networks.generator import Generator
from ..statistics import FieldStatistics
from .bent import BentField
from .stage_field import StageField
from .world import ConditionField, Field, World

BLOCK_PX = 512  # side of a canonical block of the result
# Side of a canonical block of a stage that guides another. A block of 128 cells takes twice as long per cell:
# the margins that convolutions eat are then a third of the work.
_COARSE_BLOCK_CELLS = 256
_PANEL_PX = 8_192  # width of the panels in which blocks are asked for (rasters/writing/order.py)


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
        self._is_free = True  # the networks' cells begin where the seed says
        self._first = 0  # the number of the first stage that is made; those before are given
        last = len(architecture.stages) - 1
        self._stages: list[Field] = []  # from `_first` on, coarse to fine
        for index, stage in enumerate(architecture.stages):
            generator = built_generator(stage, statistics[index])
            size = BLOCK_PX if index == last else _COARSE_BLOCK_CELLS
            # Half as large where a guide is given to the stage one octave off (see guide.py).
            kept = _blocks_of_a_row(size * architecture.pixels_per_field_cell(index) // 2)
            guide = self.guide(index) if index else None
            self._stages.append(StageField(index, generator, size, kept, guide))
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
        world, last = self.world(seed, landscape), self._stages[-1]
        if not self._is_free:
            return last.window(world, row, col, BLOCK_PX)
        down, right = self.origin(seed)
        return last.alone(world, row + down, col + right, BLOCK_PX)

    def origin(self, seed: int) -> tuple[int, int]:
        """Return the row and column of the map's pixel (0, 0), counted from a corner of the largest cells.

        That is (0, 0) where something is laid on cells that begin at the map's pixel (0, 0).
        """
        if not self._is_free:
            return 0, 0
        return origin_of(seed, self.architecture.largest_cell_px)

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

        Its windows are counted from a corner of the largest cells, where the map's pixel (0, 0) lies at
        `origin`. It shares networks and weights with this cascade.
        """
        stage = self._stages[index - self._first]
        return stage if guide is None else stage.guided_by(guide)

    def guide(self, index: int) -> Field:
        """Return the field that guides a stage of land without guiding layers."""
        return self._stages[index - 1] if index > 1 else BentField(self._stages[0])

    def large_forms(self) -> Field:
        """Return the layout as it guides the next stage; itself where there is none."""
        return self.guide(1) if len(self._stages) > 1 else self._stages[0]

    def guided_by(self, guide: Field, first: int, *, is_free: bool = False) -> Cascade:
        """Return the cascade from its stage number `first` on, which a given field guides.

        Where no stage is left, the field itself is the land. It shares networks and weights with this one.

        Args:
            is_free: whether the guide is counted from where the cells of each world begin, as that of free
                land is; else from the map's pixel (0, 0), where the cells then begin, too.
        """
        guided = copy.copy(self) if is_free else self._bound_to_cells()
        guided._first, guided._stages = min(first, len(self.architecture.stages) - 1), []
        for stage in self._stages[first - self._first :]:
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
        conditioned = self._bound_to_cells()
        conditioned._stages = []
        for stage, of_stage in zip(self._stages, told):
            coarser = conditioned._stages[-1] if conditioned._stages else None
            conditioned._stages.append(stage.conditioned_by(of_stage, coarser))
        return conditioned

    def steered_by(self, steer: Callable[[int, Field], Field]) -> Cascade:
        """Return the cascade whose fields are what `steer` makes of them, given a stage's number and field.

        Each stage follows the steered field before it. It shares networks and weights with this one.
        """
        steered = self._bound_to_cells()
        steered._stages = []
        for index, stage in enumerate(self._stages, start=self._first):
            field = stage.guided_by(steered._stages[-1]) if steered._stages else self._coarsest()
            steered._stages.append(steer(index, field))
        return steered

    def _coarsest(self) -> Field:
        """Return the first field that is made."""
        return self._stages[0] if self._first else self.large_forms()

    def _bound_to_cells(self) -> Cascade:
        bound = copy.copy(self)
        bound._is_free = False
        return bound


def _blocks_of_a_row(size_px: int) -> int:
    """Return how many blocks of this size a row of the result's blocks touches in a panel, with margins."""
    return 3 * (_PANEL_PX // size_px + 3)


def built_generator(stage: StageArchitecture, statistics: Sequence[FieldStatistics]) -> Generator:
    """Return the generator of a stage with its variables made."""
    generator = Generator(stage, statistics)
    generator.build()
    return generator
