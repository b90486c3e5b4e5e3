# SPDX-License-Identifier: GPL-3.0-or-later
"""Training a cascade: which stage trains when, until the time is up.

The stages are trained in turn, a few steps each, so that whenever the training stops - time over, cancelled,
QGIS gone - there is a whole model.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Callable

import numpy as np

from .architecture import CascadeArchitecture
from .patches import averaged
from .stage_training import StageTrainer, TrainingSettings
from .statistics import FieldStatistics

_LAYOUT_SHARE = 0.4  # of the training time
_TURN_S = 1.0  # how long a stage trains before progress is told and the turn goes on
_LEARNING_RATE_HELD = 0.5  # share of the training before the learning rate begins to fall
_LEARNING_RATE_LEFT = 0.1  # of it at the end


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
        areas: Sequence[np.ndarray],
        settings: TrainingSettings,
        statistics: Sequence[FieldStatistics] | None = None,
    ) -> None:
        self.architecture = architecture
        self.settings = settings
        self.seconds = 0.0  # trained so far, earlier runs of the same training included
        self._epoch_patches = sum(area.size for area in areas) / architecture.stages[-1].patch ** 2
        self.trainers = [
            StageTrainer(
                stage,
                [averaged(area, architecture.pixels_per_field_cell(i)) for area in areas],
                settings,
                statistics[i] if statistics else None,
            )
            for i, stage in enumerate(architecture.stages)
        ]
        last = len(self.trainers) - 1
        self._shares = [1.0] if not last else [_LAYOUT_SHARE, 1.0 - _LAYOUT_SHARE]

    def train(
        self, budget: Budget, is_cancelled: Callable[[], bool], tell: Callable[[Progress], None]
    ) -> None:
        """Train until the budget is spent or the caller cancels; `tell` is called after each turn."""
        spent = [0.0] * len(self.trainers)  # seconds of each stage in this run
        before, start = self.seconds, time.monotonic()
        patches, fraction = 0, self._fraction(budget)
        while fraction < 1.0 and not is_cancelled():
            turn = int(np.argmin([seconds / share for seconds, share in zip(spent, self._shares)]))
            trainer, turn_start = self.trainers[turn], time.monotonic()
            while True:
                losses = trainer.step(self._learning_rate(fraction))
                patches += self.settings.batch_size
                now = time.monotonic()
                self.seconds = before + now - start
                fraction = self._fraction(budget)
                if now - turn_start >= _TURN_S or fraction >= 1.0 or is_cancelled():
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

    def weights(self) -> dict[str, np.ndarray]:
        """Return the weights of all stages by name, for the model file."""
        return {name: array for trainer in self.trainers for name, array in trainer.weights().items()}

    def progress_state(self) -> dict[str, np.ndarray]:
        """Return what a checkpoint holds beside the weights."""
        return {name: array for trainer in self.trainers for name, array in trainer.progress_state().items()}

    def described_stages(self) -> list[dict[str, Any]]:
        """Return the stages for `model.json`."""
        return [
            {"architecture": described, "statistics": trainer.statistics.to_json(), "steps": trainer.steps}
            for described, trainer in zip(self.architecture.to_json(), self.trainers)
        ]

    def _learning_rate(self, fraction: float) -> float:
        fallen = max(0.0, (fraction - _LEARNING_RATE_HELD) / (1.0 - _LEARNING_RATE_HELD))
        return self.settings.learning_rate * (1.0 - (1.0 - _LEARNING_RATE_LEFT) * min(1.0, fallen))

    def _fraction(self, budget: Budget) -> float:
        fractions = [self.seconds / budget.seconds]
        if budget.epochs:
            patches = max(trainer.steps for trainer in self.trainers) * self.settings.batch_size
            fractions.append(patches / (budget.epochs * self._epoch_patches))
        return min(1.0, max(fractions))

    def _seconds_left(self, budget: Budget, fraction: float) -> float:
        by_clock = budget.seconds - self.seconds
        by_share = self.seconds * (1.0 - fraction) / max(fraction, 1e-6)
        return max(0.0, min(by_clock, by_share))


def fingerprint(
    areas: Sequence[np.ndarray], settings: TrainingSettings, architecture: CascadeArchitecture
) -> str:
    """Return a checksum of all that a training must have in common with the one that it goes on from."""
    digest = hashlib.sha256(repr((settings, architecture)).encode())
    for area in areas:
        digest.update(repr(area.shape).encode())
        digest.update(np.ascontiguousarray(area).tobytes())
    return digest.hexdigest()
