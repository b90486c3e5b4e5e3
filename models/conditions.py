# SPDX-License-Identifier: GPL-3.0-or-later
"""Guiding layers: what they say of land enters each stage as conditions, of mean 0 and deviation 1."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .cascade import BLOCK_PX, Cascade
from .guide import GivenField
from .model_file import Condition
from .patches import Area, averaged

_CONSTANT = 1e-6  # of the largest number: a deviation below it is that of a layer that says nothing


def measured(names: Sequence[str], areas: Sequence[Area]) -> list[Condition]:
    """Return mean and deviation of each guiding layer over all areas."""
    if not names:
        return []
    pixels = sum(area.values.size for area in areas)
    sums = sum(area.conditions.sum((0, 1), dtype=np.float64) for area in areas)
    means = sums / pixels
    squares = sum(np.square(area.conditions - means).sum((0, 1), dtype=np.float64) for area in areas)
    deviations = np.sqrt(squares / pixels)
    is_constant = deviations <= _CONSTANT * np.maximum(np.abs(means), 1.0)
    deviations[is_constant] = 1.0
    return [Condition(*each) for each in zip(names, means.tolist(), deviations.tolist())]


def standardised(values: np.ndarray, conditions: Sequence[Condition]) -> np.ndarray:
    """Return numbers of guiding layers, (rows, cols, layers), as the networks take them."""
    means, deviations = (
        np.array([getattr(each, name) for each in conditions], np.float32) for name in ("mean", "deviation")
    )
    return (values - means) / deviations


def all_standardised(areas: Sequence[Area], conditions: Sequence[Condition]) -> list[Area]:
    """Return areas whose conditions are as the networks take them."""
    if not conditions:
        return list(areas)
    return [area._replace(conditions=standardised(area.conditions, conditions)) for area in areas]


def made_land(cascade: Cascade, seed: int, landscape: int, ground: Area) -> np.ndarray:
    """Return land of a seed, for comparison with real land: float32, at most BLOCK_PX a side.

    Args:
        ground: the real land, whose guiding layers, if any, the model is told; then the land made is no
            larger than it.
    """
    if ground.conditions is None:
        return cascade.block(seed, 0, 0, landscape)
    height, width = (min(side, BLOCK_PX) for side in ground.values.shape)
    told = averaged(ground, cascade.architecture.stages[-1].factor).conditions
    block = cascade.conditioned_by(GivenField(0, 0, told)).block(seed, 0, 0, landscape)
    return block[:height, :width]
