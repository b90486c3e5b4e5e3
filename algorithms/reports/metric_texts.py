# SPDX-License-Identifier: GPL-3.0-or-later
"""What the metrics of realism are called, and what they mean to a reader who is no statistician."""

from __future__ import annotations

from typing import NamedTuple

from ..text import tr

#: The metrics of each score, by the names in realism/measures.py (a test holds them equal).
TEXTURE = (
    *("slope", "curvature_1", "curvature_2", "curvature_4"),
    *("relief_16", "relief_64", "spectrum", "patches"),
)
LAND = ("geomorphons", "pits", "fill")
LINES = ("straightness",)
EXPONENTS = ("drainage_exponent", "hack_exponent")
METRICS = (*TEXTURE, *LAND, *LINES, *EXPONENTS)


class MetricText(NamedTuple):
    """One metric, for people."""

    name: str
    meaning: str  # what it looks at, and what a high value looks like


def metric_texts() -> dict[str, MetricText]:
    """Return the texts in the user's language, by the names of METRICS."""
    return {
        "slope": MetricText(
            tr("steepness"), tr("How steep the ground is. High: it is too steep or too gentle.")
        ),
        "curvature_1": MetricText(
            tr("bends from pixel to pixel"),
            tr("How sharply the ground bends in its finest detail. High: it is too smooth or too rough."),
        ),
        "curvature_2": MetricText(
            tr("bends over 2 pixels"), tr("The same for gullies and small crests two pixels wide.")
        ),
        "curvature_4": MetricText(
            tr("bends over 4 pixels"), tr("The same for side valleys and crests four pixels wide.")
        ),
        "relief_16": MetricText(
            tr("relief of hills"),
            tr("How far high and low are apart within 16 x 16 pixels. High: hills are too high or too low."),
        ),
        "relief_64": MetricText(
            tr("relief of mountains"),
            tr("The same within 64 x 64 pixels. High: mountains are too high or too low."),
        ),
        "spectrum": MetricText(
            tr("long and short waves"),
            tr(
                "How the relief is shared among large and small forms. High: some are too weak or too strong."
            ),
        ),
        "patches": MetricText(
            tr("small forms"),
            tr("How pieces of 7 x 7 pixels look as a whole, at four sizes. High: their forms are others."),
        ),
        "geomorphons": MetricText(
            tr("landforms"),
            tr("How much of the land is ridge, slope, valley and so on. High: the mixture is another one."),
        ),
        "pits": MetricText(
            tr("pits"), tr("How many pixels lie lower than all around them. High: too many or too few holes.")
        ),
        "fill": MetricText(
            tr("closed hollows"),
            tr(
                "How deep water would stand before it runs off. High: it holds more standing water than the "
                "real land (valleys are blocked), or less (its hollows were filled). The plain figures below "
                "say which."
            ),
        ),
        "straightness": MetricText(
            tr("lines along rows and columns"),
            tr(
                "How much of the crests and valleys runs straight along the raster's rows or columns, as "
                "networks draw them. High: more of it than in the real land, or less; the plain figures "
                "below say which. In neither score."
            ),
        ),
        "drainage_exponent": MetricText(
            tr("gathering of streams"),
            tr("How quickly streams gather to rivers. High: too many rivers or too few. In neither score."),
        ),
        "hack_exponent": MetricText(
            tr("length of rivers"),
            tr("How long a river is for the land that it drains (Hack's law). In neither score."),
        ),
    }
