# SPDX-License-Identifier: GPL-3.0-or-later
"""Which bars filled voids meet: one line a landscape and size of voids."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import median

from ..measurement import Bar, at_most
from .bars import section
from .filled import INTERPOLATED, OURS, SIZES, Filling, way

_ALIKE = (Bar("at least", 3 / 4), at_most(4 / 3))
BARS = {
    "step at the rim": (at_most(1.0),),
    "bend at the rim": (at_most(1.0),),
    "bend over fillnodata's": (at_most(1.0),),
    "slope": _ALIKE,
    "roughness": _ALIKE,
}

HEAD = """\
Of voids filled by *Fill voids*. The step and the bend at the rim, slope and roughness are told over those of
the land that was there; slope and roughness have to be from three quarters to four thirds of it. The bend is
told over that of GDAL's fillnodata as well."""

Found = Mapping[str, Sequence[Filling]]


def summary(by_landscape: Mapping[str, Found]) -> str:
    """Return a Markdown section; of each landscape the results of each way as `filled.fillings` has them."""
    lines = {
        f"{title}, {2 * radius} px wide": judged(found, radius)
        for title, found in by_landscape.items()
        for radius, _ in SIZES
    }
    return section(HEAD, BARS, lines)


def judged(found: Found, radius: int) -> dict[str, float]:
    """Return what is held against BARS, by their columns, of voids of a radius in pixels."""

    def of(name: str, measure: str) -> float:
        return median(getattr(each, measure) for each in found[way(radius, name)])

    return {
        "step at the rim": of(OURS, "rim_step"),
        "bend at the rim": of(OURS, "rim_bend"),
        "bend over fillnodata's": of(OURS, "rim_bend") / of(INTERPOLATED, "rim_bend"),
        "slope": of(OURS, "slope"),
        "roughness": of(OURS, "roughness"),
    }
