# SPDX-License-Identifier: GPL-3.0-or-later
"""What a contestant is asked for: fields like those of a landscape."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from .landscapes import Land

FIELD_PX = 512  # side of a field: a block of GeoGAN, and what the figures of other ways were measured on


@dataclass(frozen=True)
class Task:
    """One training of one contestant on one landscape, and how many fields it has to make."""

    land: Land
    dem: Path
    training_seed: int
    minutes: float  # of training; 0 for those that need none
    fields: int
    model: Path  # where the trained model is kept
    folder: Path  # for what it writes on the way; deleted in the end
