# SPDX-License-Identifier: GPL-3.0-or-later
"""What results are held against, and the section of a page that says which of it is met."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ..table import number


@dataclass(frozen=True)
class Bar:
    """What one column has to be: from `least` to `most`."""

    column: str
    most: float
    least: float | None = None

    def __str__(self) -> str:
        return f"at most {number(self.most)}" if self.least is None else self._range()

    def _range(self) -> str:
        return f"{number(self.least)} to {number(self.most)}"

    def told(self, value: float) -> str:
        """Return a value, marked where it misses the bar."""
        is_met = value <= self.most and (self.least is None or value >= self.least)
        return number(value) + ("" if is_met else " **NO**")


def section(head: str, bars: Sequence[Bar], judged: Mapping[str, Mapping[str, float]]) -> str:
    """Return a Markdown section.

    Args:
        head: what the columns are.
        bars: of the columns.
        judged: by what a line is called, its values by the names of the columns.
    """
    lines = [
        f"|  | {' | '.join(bar.column for bar in bars)} |",
        f"| --- |{' ---: |' * len(bars)}",
        f"| *bar* | {' | '.join(map(str, bars))} |",
    ]
    for name, values in judged.items():
        lines.append(f"| {name} | {' | '.join(bar.told(values[bar.column]) for bar in bars)} |")
    return f"\n## Bars\n\n{head}\n**NO** marks what does not meet its bar.\n\n" + "\n".join(lines) + "\n"
