# SPDX-License-Identifier: GPL-3.0-or-later
"""Guiding layers: what they say of land enters each stage as conditions, of mean 0 and deviation 1."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ...errors import GeoGanError
from ..area import Area, averaged
from ..model_card import Condition
from .cascade import BLOCK_PX, Cascade
from .guide import GivenField

_PLACES = 4  # of which a seed takes the one with the most land
_CONSTANT = 1e-6  # of the mean: a deviation below it is that of a layer that says nothing


def measured(names: Sequence[str], areas: Sequence[Area]) -> list[Condition]:
    """Return mean and deviation of each guiding layer over all areas.

    Raises:
        GeoGanError: a layer is constant, so that nothing can be learnt of it.
    """
    return [
        _measured(name, [area.conditions[..., layer] for area in areas]) for layer, name in enumerate(names)
    ]


def _measured(name: str, layer: Sequence[np.ndarray]) -> Condition:
    pixels = sum(values.size for values in layer)
    mean = sum(values.sum(dtype=np.float64) for values in layer) / pixels
    squares = sum(np.square(values - np.float32(mean)).sum(dtype=np.float64) for values in layer)
    deviation = float(np.sqrt(squares / pixels))
    if deviation <= _CONSTANT * abs(mean):
        raise GeoGanError(
            "The guiding layer {name} is {mean} all over the land, so that nothing can be learnt of it. "
            "Choose another one.",
            name=name,
            mean=f"{mean:g}",
        )
    return Condition(name, float(mean), deviation)


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
        ground: the real land. The model is told its guiding layers, if any, at a place that the seed chooses;
            then the land made is no larger than it.
    """
    if ground.conditions is None:
        return cascade.block(seed, 0, 0, landscape)
    part = _place(ground, seed)
    height, width = part.values.shape
    told = averaged(part, cascade.architecture.stages[-1].factor).conditions
    block = cascade.conditioned_by(GivenField(0, 0, told)).block(seed, 0, 0, landscape)
    return block[:height, :width]


def _place(ground: Area, seed: int) -> Area:
    """Return a part of real land, at most BLOCK_PX a side: of a few at random, the one with the most land."""
    random, parts = np.random.default_rng(seed), []
    for _ in range(_PLACES):
        first = [random.integers(0, max(0, side - BLOCK_PX) + 1) for side in ground.values.shape]
        window = tuple(slice(start, start + BLOCK_PX) for start in first)
        parts.append((np.isfinite(ground.values[window]).sum(), window))
    _, window = max(parts, key=lambda part: part[0])
    return ground.mapped(lambda values: values[window])
