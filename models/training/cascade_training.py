# SPDX-License-Identifier: GPL-3.0-or-later
"""Training a cascade: which stage trains when, until the time is up.

The stages are trained in turn, a few steps each, so that whenever the training stops - time over, cancelled,
QGIS gone - there is a whole model.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Callable

import numpy as np

from ...errors import GeoGanError
from ..architecture import CascadeArchitecture
from ..area import Area, averaged
from ..networks.layers import FLOAT32
from ..statistics import FieldStatistics
from .base_model import BaseModel, BaseStage, brought_to
from .dams import standing_shares
from .own_guides import GuideMaker
from .planning import has_room
from .settings import TrainingSettings
from .stage_training import StageTrainer

# Of the training time, by the number of stages that learn. Three: the layout's patches are the smallest.
_SHARES = {1: (1.0,), 2: (0.4, 0.6), 3: (0.2, 0.4, 0.4)}
_TURN_S = 1.0  # how long a stage trains before progress is told and the turn goes on
LEARNING_RATE_HELD = 0.5  # share of the training before the learning rate begins to fall
_LEARNING_RATE_LEFT = 0.1  # of it at the end
# Of the learning rate, for a layout that knows its forms beside stages that begin from nothing: larger steps
# would shake what it knows.
_PACE_OF_KNOWN_FORMS = 0.3


@dataclass(frozen=True)
class Budget:
    """When a training ends: whichever comes first."""

    seconds: float
    epochs: float | None = None  # passes over as many pixels as the layers have


@dataclass(frozen=True)
class Progress:
    """Where a training stands, for the progress line."""

    fraction: float  # of the budget, 0 to 1
    stage: str
    step: int  # of that stage
    losses: Mapping[str, float]
    patches_per_second: float
    seconds_left: float


class CascadeTrainer:
    """The stages of a cascade in training, and the clock."""

    def __init__(
        self,
        architecture: CascadeArchitecture,
        areas: Sequence[Area],
        settings: TrainingSettings,
        statistics: Sequence[Sequence[FieldStatistics]] | None = None,
        base: BaseModel | None = None,
        precision: str = FLOAT32,
    ) -> None:
        """Prepare the training of all stages, from a base model's weights where one is given.

        The statistics of each stage's landscapes are measured on the areas where none are given. A stage of
        the base model that the areas have no room for is kept as it is. Of a base model that gives its
        layout only, the other stages begin from nothing.

        Raises:
            GeoGanError: a stage that must be trained finds no patch without voids, or land without relief.
        """
        self.architecture = architecture
        self.settings = settings
        self.seconds = 0.0  # trained so far, earlier runs of the same training included
        self._epoch_patches = sum(area.values.size for area in areas) / architecture.stages[-1].patch ** 2
        fields = [self._at_stage(i, areas) for i in range(len(architecture.stages))]
        self.stages: list[StageTrainer | BaseStage] = []
        self.trainers = []
        self.has_base = base is not None and not base.is_layout_only
        for i, stage in enumerate(architecture.stages):
            is_last = i == len(fields) - 1
            if self.has_base and not is_last and not has_room(stage, fields[i], stage.patch):
                self.stages.append(base.stages[i])
                continue
            known = statistics[i] if statistics else None
            cell = architecture.pixels_per_field_cell(i)
            water_shares = standing_shares(areas, cell) if stage.guided else None
            trainer = StageTrainer(stage, fields[i], settings, known, precision, water_shares)
            self.stages.append(trainer)
            self.trainers.append(trainer)
        self._paces = [1.0] * len(self.trainers)
        self._guide_maker = GuideMaker(architecture)
        if base:
            self._start_from(base)
        self._shares = _SHARES[len(self.trainers)]

    def _start_from(self, base: BaseModel) -> None:
        """Take the weights of a base model, and bring stages that are kept to the heights of the areas."""
        rows = base.nearest_landscapes(self.stages[-1].statistics)
        for i in reversed(range(len(self.stages))):  # a kept stage is brought to the one that it guides
            stage, of_base = self.stages[i], base.stages[i]
            if isinstance(stage, StageTrainer):
                if self.has_base or i == 0:
                    stage.start_from(of_base.with_landscapes(rows, stage.statistics).weights())
                    stage.knows_forms = True
                continue
            guided, guided_of_base = self.stages[i + 1].statistics, base.stages[i + 1].statistics
            scaled = [
                brought_to(of_base.statistics[row], guided_of_base[row], wanted)
                for row, wanted in zip(rows, guided)
            ]
            self.stages[i] = of_base.with_landscapes(rows, scaled)
        if not self.has_base:
            self._paces[0] = _PACE_OF_KNOWN_FORMS

    def move_to(self, areas: Sequence[Area]) -> None:
        """Go on with other areas; a stage that finds no place for its patches there keeps the old ones."""
        for i, stage in enumerate(self.stages):
            if isinstance(stage, StageTrainer):
                with suppress(GeoGanError):
                    stage.move_to(self._at_stage(i, areas))

    def _at_stage(self, index: int, areas: Sequence[Area]) -> list[Area]:
        """Return the areas at the resolution of a stage's output."""
        return [averaged(area, self.architecture.pixels_per_field_cell(index)) for area in areas]

    def train(self, budget: Budget, is_over: Callable[[], bool], tell: Callable[[Progress], None]) -> None:
        """Train until the budget is spent or the caller has enough; `tell` is called after each turn."""
        spent = [0.0] * len(self.trainers)  # seconds of each stage in this run
        before, start = self.seconds, time.monotonic()
        patches, fraction = 0, self._fraction(budget)
        while fraction < 1.0 and not is_over():
            self._guide_maker.supply(self.stages, self.trainers, self.steps, is_over)
            turn = int(np.argmin([seconds / share for seconds, share in zip(spent, self._shares)]))
            trainer, pace, turn_start = self.trainers[turn], self._paces[turn], time.monotonic()
            while True:
                losses = trainer.step(pace * self._learning_rate(fraction))
                patches += trainer.patches_a_step
                now = time.monotonic()
                self.seconds = before + now - start
                fraction = self._fraction(budget)
                if now - turn_start >= _TURN_S or fraction >= 1.0 or is_over():
                    break
            spent[turn] += now - turn_start
            elapsed = now - start
            tell(
                Progress(
                    fraction=fraction,
                    stage=trainer.stage.name,
                    step=trainer.steps,
                    losses=losses,
                    patches_per_second=patches / max(elapsed, 1e-9),
                    seconds_left=self._seconds_left(budget, fraction),
                )
            )

    def names_of_kept(self) -> list[str]:
        """Return the names of the stages that are another model's."""
        return [stage.stage.name for stage in self.stages if stage not in self.trainers]

    @property
    def steps(self) -> int:
        """Steps of the stages that learn."""
        return sum(trainer.steps for trainer in self.trainers)

    @property
    def patches(self) -> int:
        """Patches that these have learnt from."""
        return sum(trainer.patches for trainer in self.trainers)

    def weights(self) -> dict[str, np.ndarray]:
        """Return the weights of all stages by name, for the model file."""
        return {name: array for stage in self.stages for name, array in stage.weights().items()}

    def progress_state(self) -> dict[str, np.ndarray]:
        """Return what a checkpoint holds beside the weights."""
        return {name: array for trainer in self.trainers for name, array in trainer.progress_state().items()}

    def described_stages(self) -> list[dict[str, Any]]:
        """Return the stages for `model.json`."""
        return [
            {
                "architecture": described,
                "statistics": [statistics.to_json() for statistics in stage.statistics],
                "steps": stage.steps,
            }
            for described, stage in zip(self.architecture.to_json(), self.stages)
        ]

    def _learning_rate(self, fraction: float) -> float:
        fallen = max(0.0, (fraction - LEARNING_RATE_HELD) / (1.0 - LEARNING_RATE_HELD))
        return self.settings.learning_rate * (1.0 - (1.0 - _LEARNING_RATE_LEFT) * min(1.0, fallen))

    def _fraction(self, budget: Budget) -> float:
        fractions = [self.seconds / budget.seconds]
        if budget.epochs:
            patches = max(trainer.patches for trainer in self.trainers)
            fractions.append(patches / (budget.epochs * self._epoch_patches))
        return min(1.0, max(fractions))

    def _seconds_left(self, budget: Budget, fraction: float) -> float:
        by_clock = budget.seconds - self.seconds
        by_share = self.seconds * (1.0 - fraction) / max(fraction, 1e-6)
        return max(0.0, min(by_clock, by_share))


def fingerprint(
    areas: Sequence[Area],
    settings: TrainingSettings,
    architecture: CascadeArchitecture,
    base_model: bytes = b"",
) -> str:
    """Return a checksum of all that a training must have in common with the one that it goes on from."""
    digest = hashlib.sha256(repr((settings, architecture)).encode())
    digest.update(base_model)
    for area in areas:
        digest.update(repr((area.values.shape, area.landscape)).encode())
        digest.update(np.ascontiguousarray(area.values).tobytes())
        if area.conditions is not None:
            digest.update(np.ascontiguousarray(area.conditions).tobytes())
    return digest.hexdigest()
