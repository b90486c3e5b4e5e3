# SPDX-License-Identifier: GPL-3.0-or-later
"""The networks that a model's card describes, and their statistics, checked against each other."""

from __future__ import annotations

from typing import Any

from ..errors import GeoGanError
from .architecture import CascadeArchitecture
from .model_card import ModelCard
from .statistics import FieldStatistics


def architecture_of(card: ModelCard) -> CascadeArchitecture:
    """Return the networks that a model file describes; raises GeoGanError for any that can't be built."""
    architecture = CascadeArchitecture.from_json([stage.get("architecture") for stage in card.stages])
    if architecture.conditions != len(card.conditions):
        raise GeoGanError("The model file's guiding layers do not fit its networks.")
    return architecture


def statistics_of(card: ModelCard) -> list[list[FieldStatistics]]:
    """Return the statistics of each stage's landscapes; raises GeoGanError where they are damaged."""
    architecture = architecture_of(card)
    statistics = [_statistics_of_stage(described.get("statistics")) for described in card.stages]
    for stage, of_landscapes in zip(architecture.stages, statistics):
        fits = all(len(each.band_deviations) == stage.octaves for each in of_landscapes)
        if not fits or len(of_landscapes) != len(card.landscapes):
            raise GeoGanError("The model file's statistics do not fit its networks.")
    return statistics


def _statistics_of_stage(described: Any) -> list[FieldStatistics]:
    if not isinstance(described, list):
        raise GeoGanError("The model file's statistics are damaged.")
    return [FieldStatistics.from_json(each) for each in described]
