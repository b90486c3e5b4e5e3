# SPDX-License-Identifier: GPL-3.0-or-later
"""The bars: what is asked of the terrain, and the values of some records that have to meet it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median
from typing import Callable

from geogan.realism.comparison import over_floor
from geogan.realism.measures import LAND, TEXTURE

from ..measurement import Bar
from .records import Record

Values = list[float]


@dataclass(frozen=True)
class Goal:
    """One figure and the bars that its median has to meet.

    Attributes:
        title: of the column.
        values: of all trainings and, where it is measured of each alone, of all generated seeds.
        bars: all of them have to be met.
    """

    title: str
    values: Callable[[Sequence[Record]], Values]
    bars: tuple[Bar, ...]

    def is_met_by(self, values: Sequence[float]) -> bool:
        """Whether the median meets all bars; what could not be measured meets none."""
        return bool(values) and all(bar.is_met_by(values) for bar in self.bars)


def at_most(limit: float) -> tuple[Bar, ...]:
    """Return the bar that the median may not exceed."""
    return (Bar("at most", limit, by_median=True),)


def at_least(limit: float) -> tuple[Bar, ...]:
    """Return the bar that the median has to reach."""
    return (Bar("at least", limit, by_median=True),)


def _of_each_seed(name: str) -> Callable[[Sequence[Record]], Values]:
    return lambda records: _known(seed[name] for record in records for seed in record.figures["by_seed"])


def _of_each_training(name: str) -> Callable[[Sequence[Record]], Values]:
    return lambda records: _known(record.figures[name] for record in records)


def _known(values) -> Values:
    return [value for value in values if value is not None]


def distances(records: Sequence[Record], metric: str) -> Values:
    """Return the distances of one metric, of each training and each generated seed."""
    return _known(seed["distances"].get(metric) for record in records for seed in record.figures["by_seed"])


def ratios(records: Sequence[Record], metric: str) -> Values:
    """Return the distance of one metric over its floor, of each training and each generated seed."""
    return [
        over_floor(seed["distances"][metric], record.figures["floors"][metric])
        for record in records
        for seed in record.figures["by_seed"]
        if metric in seed["distances"]
    ]


def worst_metric(records: Sequence[Record]) -> str | None:
    """Return the name of the metric of either score whose median ratio is the largest; None without any."""
    found = {name: ratios(records, name) for name in (*TEXTURE, *LAND)}
    measured = {name: median(values) for name, values in found.items() if values}
    return max(measured, key=measured.get) if measured else None


def _worst_ratios(records: Sequence[Record]) -> Values:
    worst = worst_metric(records)
    return ratios(records, worst) if worst else []


def _grid_ratios(of: str) -> Callable[[Sequence[Record]], Values]:
    """Return what gives the largest ratio of the quantities whose names begin so, of each training."""

    def largest(record: Record) -> float | None:
        ratios = [
            deviation["ratio"]
            for quantities in record.figures["grid"].values()
            for name, deviation in quantities.items()
            if name.startswith(of)
        ]
        return max(ratios, default=None)

    return lambda records: _known(largest(record) for record in records)


MOST_TEXTURE, MOST_LAND, MOST_OF_A_METRIC, MOST_OFF_THE_EXPONENT = 1.15, 1.3, 2.0, 0.05
GOALS = (
    Goal("texture", _of_each_seed("texture"), at_most(MOST_TEXTURE)),
    Goal("land", _of_each_seed("land"), at_most(MOST_LAND)),
    Goal("worst metric", _worst_ratios, at_most(MOST_OF_A_METRIC)),
    Goal(
        "drainage exponent",
        lambda records: distances(records, "drainage_exponent"),
        at_most(MOST_OFF_THE_EXPONENT),
    ),
    Goal("novelty", _of_each_training("novelty"), at_least(0.8)),
    Goal("diversity", _of_each_training("diversity"), at_least(0.8) + at_most(1.2)),
    Goal("grid of heights", _grid_ratios("height"), at_most(2.0)),
    Goal("grid of bends", _grid_ratios("bend"), at_most(2.0)),
)
