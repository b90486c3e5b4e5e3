# SPDX-License-Identifier: GPL-3.0-or-later
"""The page docs/benchmarks.md."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from .measurement import Figure
from .table import table

HEAD = """\
# Benchmarks

Written by `make bench`; do not edit. Each run is a program of its own, as a user starts it. A bar has to be
met by every run, unless it says median. Figures without a bar are there to compare with. How each is measured
is said in `test/bench`.
"""
QUICK = """
**A smoke run (`--quick`) with tiny sizes: the figures show that the bench works, nothing else.**
"""


def page(
    figures: Sequence[Figure], facts: Mapping[str, str], failures: Mapping[str, str], is_quick: bool
) -> str:
    """Return the page: the figures, on what they were measured, and what could not be measured."""
    parts = [HEAD]
    if is_quick:
        parts.append(QUICK)
    parts.append(f"\n{table(figures)}\n")
    parts += [f"\nNot measured: {name}. {reason}\n" for name, reason in failures.items()]
    parts.append("\n| machine | |\n| - | - |\n")
    parts += [f"| {name} | {value} |\n" for name, value in facts.items()]
    return "".join(parts)
