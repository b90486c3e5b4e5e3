# SPDX-License-Identifier: GPL-3.0-or-later
"""The model that a training starts from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from ...errors import GeoGanError
from .. import model_card, model_file
from ..architecture import CascadeArchitecture, StageArchitecture
from ..area import Area, averaged
from ..described import architecture_of, statistics_of
from ..statistics import FieldStatistics
from ..weights import from_bytes
from .planning import has_enough_forms

_MORE_LAND = 4.0  # times as many pixels
_OF_LANDSCAPES = "/landscape/embeddings"  # the end of the names of weights that have a row a landscape


@dataclass(frozen=True)
class BaseStage:
    """One stage of a base model. It can be trained further, or stand in a new model as it is."""

    stage: StageArchitecture
    statistics: list[FieldStatistics]  # of each landscape
    steps: int
    arrays: Mapping[str, np.ndarray]  # its weights by name
    knows_forms: bool = True  # as a stage in training that has learnt for a while

    def weights(self) -> dict[str, np.ndarray]:
        """Return what the model file holds, by name."""
        return dict(self.arrays)

    def with_landscapes(self, rows: Sequence[int], statistics: Sequence[FieldStatistics]) -> BaseStage:
        """Return the stage for new landscapes: for each the row of the old one that it starts as."""
        arrays = {
            name: array[list(rows)] if name.endswith(_OF_LANDSCAPES) else array
            for name, array in self.arrays.items()
        }
        return replace(self, statistics=list(statistics), arrays=arrays)

    def with_conditions(self, count: int) -> BaseStage:
        """Return the stage, which has none, told of so many guiding layers: at first they say nothing."""
        entries = {f"{self.stage.name}/{entry}/kernel" for entry in self._entries()}
        arrays = {
            name: np.pad(array, [(0, 0)] * 2 + [(0, count), (0, 0)]) if name in entries else array
            for name, array in self.arrays.items()
        }
        return replace(self, stage=replace(self.stage, conditions=count), arrays=arrays)

    def _entries(self) -> tuple[str, str]:
        """Return the layers that conditions enter: the generator's, the discriminator's coarsest."""
        return "generator/entry", f"discriminator/entry{self.stage.octaves - 1}"


@dataclass(frozen=True)
class BaseModel:
    """All stages of a base model."""

    architecture: CascadeArchitecture
    stages: tuple[BaseStage, ...]
    conditions: list[model_card.Condition]  # the guiding layers that it was trained with
    pixels: int = 0  # of the land that it has learnt from; 0 where the file does not say
    is_layout_only: bool = False  # whether a training takes nothing else of it

    @classmethod
    def from_bytes(cls, content: bytes) -> BaseModel:
        """Read a model file; raises GeoGanError where it is damaged."""
        card = model_file.read_card(content)
        weights = from_bytes(model_file.read_member(content, model_file.WEIGHTS))
        architecture = architecture_of(card)
        stages = [
            BaseStage(
                stage,
                statistics,
                int(described["steps"]),
                {name: array for name, array in weights.items() if name.startswith(f"{stage.name}/")},
            )
            for stage, statistics, described in zip(architecture.stages, statistics_of(card), card.stages)
        ]
        return cls(architecture, tuple(stages), card.conditions, _pixels_learnt_from(card))

    def as_layout_of(self, cascade: CascadeArchitecture, areas: Sequence[Area]) -> BaseModel | None:
        """Return it as the base of a training that takes nothing but its layout, for a planned cascade.

        None where it would not fit the cascade, where the areas have enough patches to learn a layout from,
        and where it has not learnt from much more land. With guiding layers, too: it does not know what they
        say.
        """
        factors = [[stage.factor for stage in each.stages[1:]] for each in (self.architecture, cascade)]
        pixels = sum(area.values.size for area in areas)
        if not factors[1] or factors[0] != factors[1] or self.pixels < _MORE_LAND * pixels:
            return None
        layout = self.stages[0].stage
        at_layout = [averaged(area, self.architecture.pixels_per_field_cell(0)) for area in areas]
        if cascade.conditions or has_enough_forms(layout, at_layout):
            return None
        architecture = CascadeArchitecture((layout, *cascade.stages[1:]))
        return replace(self, architecture=architecture, is_layout_only=True)

    def told_of(self, names: Sequence[str]) -> BaseModel:
        """Return the model for a training with these guiding layers; one without any learns what they say.

        Raises:
            GeoGanError: it was trained with more or fewer.
        """
        if len(self.conditions) == len(names):
            return self
        if self.conditions:
            raise GeoGanError(
                "The base model was trained with guiding layers. Give as many, in this order: {names}.",
                names=", ".join(each.name for each in self.conditions),
            )
        architecture = self.architecture.with_conditions(len(names))
        return replace(
            self,
            architecture=architecture,
            stages=tuple(stage.with_conditions(len(names)) for stage in self.stages),
        )

    def nearest_landscapes(self, finest: Sequence[FieldStatistics]) -> list[int]:
        """Return, for each new landscape, the one whose relief is most alike over the wavelengths.

        Args:
            finest: statistics of the last stage on the new landscapes.
        """
        own = [_proportions(each) for each in self.stages[-1].statistics]
        return [int(np.argmin([np.abs(row - _proportions(each)).sum() for row in own])) for each in finest]


def _pixels_learnt_from(card: model_card.ModelCard) -> int:
    """Return how many pixels the layers of a model have.

    Raises:
        GeoGanError: the file does not say so in numbers.
    """
    try:
        return sum(int(layer["pixels"]) for layer in card.provenance.get("layers", []))
    except (TypeError, KeyError, ValueError, OverflowError) as error:
        raise GeoGanError("The model file's account of its layers is damaged.") from error


def _proportions(statistics: FieldStatistics) -> np.ndarray:
    """Return the logarithms of the bands' deviations, less their mean.

    Not the heights themselves: the networks work on whitened bands, so that land of another relief or pixel
    size differs from their own only by which wavelengths its relief is in.
    """
    logarithms = np.log([statistics.patch_deviation, *statistics.band_deviations])
    return logarithms - logarithms.mean()


def brought_to(
    statistics: FieldStatistics, of_guided: FieldStatistics, wanted: FieldStatistics
) -> FieldStatistics:
    """Return the statistics of a stage that cannot be measured on the new land, its heights scaled to it.

    The stage that it guides sees the same coarse field, and so tells how much higher the new land is.

    Args:
        statistics: of the stage, in the base model.
        of_guided: of the guided stage, in the base model.
        wanted: of the guided stage, on the new land.
    """
    higher = wanted.form_deviation / of_guided.form_deviation
    return FieldStatistics(
        mean=wanted.mean,
        low_deviation=higher * statistics.low_deviation,
        form_deviation=higher * statistics.form_deviation,
        patch_deviation=higher * statistics.patch_deviation,
        band_deviations=tuple(higher * deviation for deviation in statistics.band_deviations),
    )
