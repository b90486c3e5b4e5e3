# SPDX-License-Identifier: GPL-3.0-or-later
"""Which bars land meets that was made finer: one line a landscape and factor."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from statistics import median

from ..measurement import at_most
from .bars import section
from .ground import FACTORS
from .refined import INTERPOLATIONS, OURS, Result, way

BARS = {
    "height error": (at_most(1.15),),
    "slope error": (at_most(1.15),),
    "texture": (at_most(1.15),),
    "land": (at_most(1.2),),
    "slope distribution": (at_most(1.0),),
    "realism": (at_most(1.0),),
}

HEAD = """\
The height error and the slope error over those of bicubic interpolation, *texture* and *land*, and the slope
distribution and the realism (the geometric mean of texture and land) over those of the interpolation that
does best."""

Found = Mapping[str, Sequence[Result]]


def summary(by_landscape: Mapping[str, Found]) -> str:
    """Return a Markdown section; of each landscape the results of each way as `refined.results` has them."""
    lines = {
        f"{title}, {factor} times": judged(found, factor)
        for title, found in by_landscape.items()
        for factor in FACTORS
    }
    return section(HEAD, BARS, lines)


def judged(found: Found, factor: int) -> dict[str, float]:
    """Return what is held against BARS, by their columns, of land that was made so many times finer."""
    ours = _medians(found[way(factor, OURS)])
    others = {name: _medians(found[way(factor, name)]) for name in INTERPOLATIONS}

    def over_best(name: str) -> float:
        return ours[name] / min(other[name] for other in others.values())

    bicubic = others["bicubic"]
    return {
        "height error": ours["height_error"] / bicubic["height_error"],
        "slope error": ours["slope_error"] / bicubic["slope_error"],
        "texture": ours["texture"],
        "land": ours["land"],
        "slope distribution": over_best("slope_distribution"),
        "realism": over_best("realism"),
    }


def _medians(of_seeds: Sequence[Result]) -> dict[str, float]:
    names = vars(of_seeds[0])
    medians = {name: median(getattr(each, name) for each in of_seeds) for name in names if name != "spread"}
    return {**medians, "realism": math.sqrt(medians["texture"] * medians["land"])}
