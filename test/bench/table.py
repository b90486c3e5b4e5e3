# SPDX-License-Identifier: GPL-3.0-or-later
"""The figures as a Markdown table that reads well on a terminal too."""

from __future__ import annotations

from collections.abc import Sequence

from .measurement import Bar, Figure

HEADINGS = ("figure", "unit", "median", "spread", "runs", "bar", "met")
NUMERIC = ("median", "spread", "runs")


def table(figures: Sequence[Figure]) -> str:
    """Return the figures, one a line, with aligned columns."""
    rows = [HEADINGS, *(cells(figure) for figure in figures)]
    widths = [max(len(row[i]) for row in rows) for i in range(len(HEADINGS))]
    lines = ["| " + " | ".join(_padded(row, widths)) + " |" for row in rows]
    return "\n".join([lines[0], _rule(widths), *lines[1:]])


def cells(figure: Figure) -> tuple[str, ...]:
    """Return the cells of one figure's line, in the order of HEADINGS."""
    return (
        figure.name,
        figure.unit,
        number(figure.median),
        spread(figure.values),
        str(len(figure.values)),
        bar_text(figure.bar),
        {None: "", True: "yes", False: "NO"}[figure.is_met],
    )


def spread(values: Sequence[float]) -> str:
    """Return the smallest and the largest run; nothing for a single run."""
    return f"{number(min(values))} to {number(max(values))}" if len(values) > 1 else ""


def bar_text(bar: Bar | None) -> str:
    """Return a bar in words; one that the median has to meet says so."""
    if bar is None:
        return ""
    return f"{bar.sense} {number(bar.limit)}" + (" (median)" if bar.by_median else "")


def number(value: float) -> str:
    """Return a number with three digits, or all of its whole ones.

    >>> number(0.12345), number(41.26), number(12345.6)
    ('0.123', '41.3', '12346')
    """
    return f"{value:.0f}" if abs(value) >= 100 else f"{value:.3g}"


def _padded(row: Sequence[str], widths: Sequence[int]) -> list[str]:
    return [
        cell.rjust(width) if heading in NUMERIC else cell.ljust(width)
        for heading, cell, width in zip(HEADINGS, row, widths)
    ]


def _rule(widths: Sequence[int]) -> str:
    """Return Markdown's line under the headings; a colon at the end sets a column flush right."""
    dashes = [
        "-" * (width - 1) + (":" if heading in NUMERIC else "-") for heading, width in zip(HEADINGS, widths)
    ]
    return "| " + " | ".join(dashes) + " |"
