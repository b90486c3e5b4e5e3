# SPDX-License-Identifier: GPL-3.0-or-later
"""What a training is run with, beside its layers and its networks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class TrainingSettings:
    """What a training is run with.

    Learning rate, batch size and guide weight looked best of those tried in two minutes on the sample, one
    seed each; they were not varied one by one.
    """

    batch_size: int = 8  # patches a step, on each device
    learning_rate: float = 1e-3
    gamma: float | None = None  # weight of R1 and R2, halved as in their papers; None: found on the way
    loss: str = "relativistic"  # or "standard"
    water_weight: float = 1.0  # of water in hollows beyond that of real land
    pits_weight: float = 0.5  # of more or fewer pits than on real land, in the stage that makes the pixels
    ruggedness_weight: float = 5.0  # of octaves lower or higher than on real land
    roundness_weight: float = 3.0  # of domes and bowls rounder or straighter than on real land
    straightness_weight: float = 40.0  # of lines that run on straighter or less straight than on real land
    chessboard_weight: float = 1.0  # of more or less of a chessboard than on real land
    variety_weight: float = 0.5  # of lands of one guide more alike than real land is like them
    symmetry_weight: float = 20.0  # of a grid and, in a stage without a guide, of a grain
    guide_weight: float = 10.0  # of the distance between a guided field's cell means and its guide
    seed: int = 0

    @classmethod
    def asked_for(cls, fields: Mapping[str, Any]) -> TrainingSettings:
        """Return the settings that the fields of a request ask for."""
        return cls(
            batch_size=int(fields["batch_size"]),
            learning_rate=float(fields["learning_rate"]),
            gamma=None if fields["gamma"] is None else float(fields["gamma"]),
            loss=str(fields["loss"]),
            seed=int(fields["seed"]),
        )
