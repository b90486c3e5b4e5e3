# SPDX-License-Identifier: GPL-3.0-or-later
"""The pages that the benchmark writes: what each measures, and what it says of it."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Callable

from ..table import number
from ..terrain.landscapes import LANDSCAPES, UNSEEN, Landscape
from . import drawn, drawn_bars, filled, filled_bars, ground, refined, refined_bars

PIXEL_M = 90.0  # of the bundled model

REFINED = f"""\
# A coarse layer made finer

Written by `make bench-guided`; do not edit. Land of {PIXEL_M:g} m that the bundled model was not trained on
is averaged over {", ".join(f"{each} x {each}" for each in ground.FACTORS)} pixels and made finer again: by
interpolation with GDAL, by *Increase resolution* (`geogan:enhance`) with the bundled model, and by *Generate
synthetic terrain* (`geogan:generate`) with the layer as its guide, which it reads on cells that begin
elsewhere for each seed. Medians of {len(refined.SEEDS)} seeds. Land of 30 m, in Big Tujunga, is averaged to
cells of up to 240 m. There a model is trained on half of the land, from the bundled one, for
{ground.TRAINED_MINUTES:g} minutes, and the other half is measured.

- *Height error* and *slope error*: root mean square against the real land, pixel by pixel. Details that are
  made up cannot lie where the real ones do, so that smooth land is at an advantage here: the bar allows 15 %
  more than bicubic interpolation has.
- *Slope*: the mean slope over that of the real land. Interpolation is too smooth.
- *Slope distribution*: how far the distribution of slopes is from that of the real land (Wasserstein), over
  how far those of real parts are from each other.
- *Texture* and *land*: how like land it is, wherever its details lie; 1 = as real parts of the landscape are
  like each other, larger is worse ([how](how-it-works.md#how-realism-is-measured)).
- *Spread*: how far the lands of several seeds are from each other, over how far their mean is from the real
  land; 1 = as far as the real land could be one of them, less = their standard deviation tells of too little
  uncertainty.
"""
FILLED = f"""\
# Voids filled

Written by `make bench-guided`; do not edit. Round voids are cut into land of {PIXEL_M:g} m that the bundled
model was not trained on, and filled again: by GDAL's fillnodata, which interpolates, and by *Fill voids*
(`geogan:fillvoids`) with the bundled model, medians of {len(filled.SEEDS)} seeds.

- *Height error*: root mean square against the land that was there. Forms that are made up cannot lie where
  the real ones did, so that interpolation nearly always wins.
- *Slope*, *roughness*, *pits*: the mean slope in the voids, the mean size of the curvature, and the share of
  pixels below all their neighbours, over those of the land that was there; 1 = alike. Interpolation is too
  gentle, and GDAL's leaves creases and pits.
- *Step at the rim*: the median difference between neighbours across the rim, over that of the land that was
  there; above 1, a rim shows.
- *Bend at the rim*: the same of the change of slope over three pixels that the rim divides; above 1, the
  slope jumps there.
"""
DRAWN = f"""\
# Land from a sketch

Written by `make bench-guided`; do not edit. Of {drawn.SIDE_PX} x {drawn.SIDE_PX} px of {PIXEL_M:g} m that
the bundled model was not trained on, the larger rivers (a vertex every {drawn.VERTEX_PX} px) and the peaks
(highest within {drawn.PEAK_PX} px) are drawn, and land is made of that drawing alone: by GDAL's linear
interpolation between the vertices, and by *Terrain from a sketch* (`geogan:sketch`) with the bundled model,
landscape and relief as it chooses, medians of {len(drawn.SEEDS)} seeds.

- *Largest miss*: by how much of the land's relief a vertex is missed at most.
- *Lakes*: the share of the rivers' pixels under more than {drawn.WET_M:g} m of water, where depressions are
  filled.
- *Height error*: root mean square against the real land.
- *Slope*: the mean slope over that of the real land.
- *Texture* and *land*: how like land it is; 1 = as real parts of the landscape are like each other, larger is
  worse ([how](how-it-works.md#how-realism-is-measured)).
"""


@dataclass(frozen=True)
class Page:
    """One page under docs/.

    Attributes:
        measure: from a DEM, its pixel size and a scratch folder to results by the name of the way.
        kind: of the results, a dataclass of numbers.
        columns: what its fields are called.
        summary: from all results, by the title of the landscape, to a section; None for none.
        landscapes: that are measured.
    """

    name: str
    head: str
    measure: Callable[[Path, float, Path], Mapping[str, Sequence[object]]]
    kind: type
    columns: tuple[str, ...]
    summary: Callable[[Mapping[str, Mapping[str, Sequence[object]]]], str] | None = None
    landscapes: tuple[Landscape, ...] = tuple(UNSEEN.values())


PAGES = (
    Page(
        "enhance.md",
        REFINED,
        refined.results,
        refined.Result,
        ("height error (m)", "slope error", "slope", "slope distribution", "texture", "land", "spread"),
        refined_bars.summary,
        (*UNSEEN.values(), LANDSCAPES["bigtujunga"]),
    ),
    Page(
        "fillvoids.md",
        FILLED,
        filled.fillings,
        filled.Filling,
        ("height error (m)", "slope", "roughness", "pits", "step at the rim", "bend at the rim"),
        filled_bars.summary,
    ),
    Page(
        "sketch.md",
        DRAWN,
        drawn.drawings,
        drawn.Drawn,
        ("largest miss (%)", "lakes (%)", "height error (m)", "slope", "texture", "land"),
        drawn_bars.summary,
    ),
)


def table(found: Mapping[str, Sequence[object]], kind: type, columns: Sequence[str]) -> str:
    """Return the medians of each way, of results of a kind, as a Markdown table."""
    lines = [f"|  | {' | '.join(columns)} |", f"| --- |{' ---: |' * len(columns)}"]
    for name, of_seeds in found.items():
        cells = [_cell([getattr(each, field.name) for each in of_seeds]) for field in fields(kind)]
        lines.append(f"| {name} | {' | '.join(cells)} |")
    return "\n".join(lines)


def _cell(values: Sequence[float | None]) -> str:
    return "–" if None in values else number(statistics.median(values))
