# SPDX-License-Identifier: GPL-3.0-or-later
"""Which bars land meets that was made of a sketch: one line a landscape."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ..measurement import at_most
from .bars import section
from .drawn import OURS, Drawn

BARS = {"largest miss (%)": (at_most(1.0),), "lakes (%)": (at_most(0.0),)}

HEAD = "Of *Terrain from a sketch*, the worst of all seeds."


def summary(by_landscape: Mapping[str, Mapping[str, Sequence[Drawn]]]) -> str:
    """Return a Markdown section; of each landscape the results of each way as `drawn.drawings` has them."""
    lines = {title: judged(found[OURS]) for title, found in by_landscape.items()}
    return section(HEAD, BARS, lines)


def judged(of_seeds: Sequence[Drawn]) -> dict[str, float]:
    """Return what is held against BARS, by their columns: sketched elevations are a promise of each seed."""
    return {
        "largest miss (%)": max(each.largest_miss for each in of_seeds),
        "lakes (%)": max(each.lakes for each in of_seeds),
    }
