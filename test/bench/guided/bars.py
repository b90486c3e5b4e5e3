# SPDX-License-Identifier: GPL-3.0-or-later
"""The section of a page that says which bars are met."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ..measurement import Bar
from ..table import bar_text, number


def section(head: str, bars: Mapping[str, Sequence[Bar]], judged: Mapping[str, Mapping[str, float]]) -> str:
    """Return a Markdown section.

    Args:
        head: what the columns are.
        bars: of each column, by what it is called.
        judged: by what a line is called, its values by the names of the columns.
    """
    lines = [
        f"|  | {' | '.join(bars)} |",
        f"| --- |{' ---: |' * len(bars)}",
        f"| *bar* | {' | '.join(' and '.join(map(bar_text, of_column)) for of_column in bars.values())} |",
    ]
    for name, values in judged.items():
        lines.append(f"| {name} | {' | '.join(_cell(values[column], bars[column]) for column in bars)} |")
    return f"\n## Bars\n\n{head}\n**NO** marks what does not meet its bar.\n\n" + "\n".join(lines) + "\n"


def _cell(value: float, bars: Sequence[Bar]) -> str:
    return number(value) + ("" if all(bar.is_met_by([value]) for bar in bars) else " **NO**")
