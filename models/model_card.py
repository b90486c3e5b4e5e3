# SPDX-License-Identifier: GPL-3.0-or-later
"""What a model says of itself: `model.json`, as both sides read it, QGIS and the worker.

Standard library only. Files come from strangers: what is out of its range is refused here.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from ..errors import GeoGanError

UNNAMED = "terrain"  # the landscape of layers that name none
MOST_LANDSCAPES = 64
MOST_STAGES = 3
MOST_CONDITIONS = 64
MOST_STRENGTH = 2.0  # by how much details are made stronger, or weaker
FACTORS = (2, 4, 8)  # by which a stage makes its field finer
_LONGEST_UNIT = 16


class Refiner(NamedTuple):
    """What makes given land finer: a landscape, and what becomes of its land."""

    landscape: str
    variety: float | None  # (see `generation.world`); in a card always a number
    strength: float = 1.0  # how many times as strong its details are made (see details.py)


class Condition(NamedTuple):
    """A guiding layer that a model was trained with: its name, and the mean and deviation of its numbers."""

    name: str
    mean: float
    deviation: float


@dataclass(frozen=True)
class ModelCard:
    """What `model.json` says of a model."""

    name: str
    kind: str  # "terrain"
    pixel_size: float  # of the result, in metres
    unit: str  # of the values: "m"
    value_range: tuple[float, float]  # lowest and highest value of the training layers
    stages: list[dict[str, Any]]  # architecture, statistics of the landscapes and steps, coarse to fine
    landscapes: list[str] = field(default_factory=lambda: [UNNAMED])  # that the model tells apart
    provenance: dict[str, Any] = field(default_factory=dict)  # layers, seed, time, versions, licence
    realism: dict[str, Any] | None = None  # scores against real terrain that the training did not see
    variety: list[float] = field(default_factory=list)  # of the land of each (generation/world.py); none: 1
    refiners: dict[int, Refiner] = field(
        default_factory=dict
    )  # the best by factor, where training/refining.py measured
    conditions: list[Condition] = field(default_factory=list)  # the guiding layers it must be given

    def __post_init__(self) -> None:
        low, high = self.value_range
        sound = (
            isinstance(self.name, str)
            and self.kind == "terrain"
            and isinstance(self.unit, str)
            and len(self.unit) <= _LONGEST_UNIT
            and self.unit.isprintable()
            and not {"<", ">"} & set(self.unit)  # QGIS shows units as HTML
            and math.isfinite(self.pixel_size)
            and self.pixel_size > 0
            and math.isfinite(low)
            and math.isfinite(high)
            and low <= high
            and 1 <= len(self.stages) <= MOST_STAGES
            and all(type(stage.get("steps", 0)) is int for stage in self.stages)
            and isinstance(self.landscapes, list)
            and 1 <= len(set(self.landscapes)) == len(self.landscapes) <= MOST_LANDSCAPES
            and all(isinstance(name, str) and name for name in self.landscapes)
            and len(self.variety) in (0, len(self.landscapes))
            and all(0.0 <= each <= 1.0 for each in self.variety)
            and all(each.landscape in self.landscapes for each in self.refiners.values())
            and all(0.0 <= each.variety <= 1.0 for each in self.refiners.values())
            and all(1.0 / MOST_STRENGTH <= each.strength <= MOST_STRENGTH for each in self.refiners.values())
            and len(self.conditions) <= MOST_CONDITIONS
            and all(isinstance(each.name, str) for each in self.conditions)
            and all(math.isfinite(each.mean) and 0 < each.deviation < math.inf for each in self.conditions)
            and isinstance(self.provenance, dict)
            and (self.realism is None or isinstance(self.realism, dict))
        )
        if not sound:
            raise ValueError("a value of model.json is out of its range")

    @property
    def steps(self) -> int:
        """Training steps of all stages together."""
        return sum(stage.get("steps", 0) for stage in self.stages)

    def guide_factors(self) -> list[int]:
        """Return how many pixels wide the cells of a guide may be, largest first; [] where none can be given.

        Raises:
            GeoGanError: the description of the stages is damaged.
        """
        factors = self._factors_of(self.stages[1:])
        return own_guide_factors(factors) if self.conditions else guide_factors(factors)

    def largest_cell_px(self) -> int:
        """Return how many pixels wide the cells are that the first stage draws its noise on.

        Raises:
            GeoGanError: the description of the stages is damaged.
        """
        return math.prod(self._factors_of(self.stages))

    def conditions_factor(self) -> int:
        """Return how many pixels wide the cells are on which guiding layers are given.

        Raises:
            GeoGanError: the description of the stages is damaged.
        """
        return self._factors_of(self.stages[-1:])[0]

    @staticmethod
    def _factors_of(stages: Sequence[dict[str, Any]]) -> list[int]:
        """Return how many times finer each stage makes its cells."""
        try:
            return [_factor_of(stage) for stage in stages]
        except (KeyError, TypeError, ValueError) as error:
            raise GeoGanError("The model file's description of its networks is damaged.") from error

    def mean_height(self, landscape: int) -> float:
        """Return the mean of the layers of a landscape, by its index.

        Raises:
            GeoGanError: the description of the stages is damaged.
        """
        return self._statistic(-1, landscape, "mean")

    def height_deviation(self, landscape: int) -> float:
        """Return the standard deviation of the large forms of a landscape, by its index.

        Raises:
            GeoGanError: the description of the stages is damaged.
        """
        return self._statistic(0, landscape, "low_deviation")

    def detail_deviation(self, landscape: int) -> float:
        """Return the standard deviation of all that the guided stages add to the layout of a landscape.

        Raises:
            GeoGanError: the description of the stages is damaged.
        """
        stages = range(1, len(self.stages))
        return math.hypot(*(self._statistic(stage, landscape, "band_deviations") for stage in stages))

    def _statistic(self, stage: int, landscape: int, name: str) -> float:
        """Return a number, of a list of deviations that of their sum."""
        try:
            given = self.stages[stage]["statistics"][landscape][name]
            found = math.hypot(*given) if isinstance(given, list) else float(given)
            if not math.isfinite(found):
                raise ValueError("no number")
        except (KeyError, IndexError, TypeError, ValueError, OverflowError) as error:
            raise GeoGanError("The model file's statistics are damaged.") from error
        return found

    def landscape_index(self, name: str | None) -> int:
        """Return the index of a landscape by its name, whatever its case; of the first where none is named.

        Raises:
            GeoGanError: the model knows no such landscape.
        """
        if not name:
            return 0
        wanted = name.strip().casefold()
        for index, known in enumerate(self.landscapes):
            if known.casefold() == wanted:
                return index
        raise GeoGanError(
            "The model knows no landscape {name}. It knows: {known}.",
            name=name,
            known=", ".join(self.landscapes),
        )


def _factor_of(stage: dict[str, Any]) -> int:
    factor = stage["architecture"]["factor"]
    if factor not in FACTORS:
        raise ValueError("no factor")
    return factor


def guide_factors(factors: Sequence[int]) -> list[int]:
    """Return how many pixels wide the cells of a guide may be, largest first, by the guided stages' factors.

    They are those of a stage, or half as wide where the last stage, one octave off (generation/guide.py),
    makes of such cells those of a stage, or pixels.
    """
    own = own_guide_factors(factors)
    halves = [cell // 2 for cell in own if cell > 2 and cell / factors[-1] in (1, *own)]
    return sorted({*own, *halves}, reverse=True)


def own_guide_factors(factors: Sequence[int]) -> list[int]:
    """Return how many pixels wide the cells are that guide a stage of their own size, largest first."""
    return [math.prod(factors[index:]) for index in range(len(factors))]
