# SPDX-License-Identifier: GPL-3.0-or-later
"""What a benchmark hands back: a figure, measured in several runs, and the bar that it has to meet."""

from __future__ import annotations

import operator
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

COMPARISONS = {"at most": operator.le, "at least": operator.ge}


class NotMeasured(Exception):  # noqa: N818 - says what happened
    """This machine lacks what a measurement compares with; the text says it in a sentence for the page."""


@dataclass(frozen=True)
class Bar:
    """A limit, and what has to keep it: every run (a promise to users) or the median (a comparison)."""

    sense: str  # "at most" or "at least"
    limit: float
    by_median: bool = False

    def is_met_by(self, values: Sequence[float]) -> bool:
        """Whether these runs keep the limit. Not to be asked about no runs at all."""
        judged = [median(values)] if self.by_median else values
        return all(COMPARISONS[self.sense](value, self.limit) for value in judged)


@dataclass(frozen=True)
class Figure:
    """One line of the table.

    Attributes:
        name: what was measured, in words.
        unit: of the values; empty for ratios.
        values: one for each run, at least one.
        bar: what they have to meet, or None for a figure to compare with.
    """

    name: str
    unit: str
    values: tuple[float, ...]
    bar: Bar | None = None

    @property
    def median(self) -> float:
        """The middle of the runs."""
        return median(self.values)

    @property
    def is_met(self) -> bool | None:
        """Whether the bar is met; None where there is none."""
        return None if self.bar is None else self.bar.is_met_by(self.values)


def at_most(limit: float) -> Bar:
    """Return the bar that every run has to stay below."""
    return Bar("at most", limit)


def figure(name: str, unit: str, values: Sequence[float], bar: Bar | None = None) -> Figure:
    """Return a figure of these runs.

    Raises:
        ValueError: there is no run.
    """
    if not values:
        raise ValueError(f"No run was measured for: {name}")
    return Figure(name, unit, tuple(float(value) for value in values), bar)
