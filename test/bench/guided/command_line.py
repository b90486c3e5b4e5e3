# SPDX-License-Identifier: GPL-3.0-or-later
"""Measures all landscapes of the bundled model's pixel size, and writes docs/enhance.md and fillvoids.md."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import fields
from pathlib import Path
from tempfile import TemporaryDirectory

from osgeo import gdal

from ...harness.programs import ROOT
from ..table import number
from ..terrain.landscapes import LANDSCAPES, NoDems, dem_folder
from . import filled
from .filled import Filling, fillings
from .refined import FACTOR, SEEDS, Result, results

PAGE, VOIDS_PAGE = ROOT / "docs" / "enhance.md", ROOT / "docs" / "fillvoids.md"
PIXEL_M = 90.0  # of the bundled model

HEAD = f"""\
# A coarse layer made finer

Written by `make bench-guided`; do not edit. Land of {PIXEL_M:g} m that the bundled model was not trained on
is averaged over {FACTOR} x {FACTOR} pixels and made finer again: by interpolation with GDAL, and by *Increase
resolution* (`geogan:enhance`) with the bundled model, medians of {len(SEEDS)} seeds.

- *Height error* and *slope error*: root mean square against the real land, pixel by pixel. Details that are
  made up cannot lie where the real ones do, so that whoever adds details loses here: smooth land wins.
- *Slope*: the mean slope over that of the real land. Interpolation is too smooth.
- *Texture* and *land*: how like land it is, wherever its details lie; 1 = as real parts of the landscape are
  like each other, larger is worse ([how](how-it-works.md)).
"""
VOIDS_HEAD = f"""\
# Voids filled

Written by `make bench-guided`; do not edit. Round voids are cut into land of {PIXEL_M:g} m that the bundled
model was not trained on, and filled again: by GDAL's fillnodata, which interpolates, and by *Fill voids*
(`geogan:fillvoids`) with the bundled model, medians of {len(filled.SEEDS)} seeds.

- *Height error*: root mean square against the land that was there. Forms that are made up cannot lie where
  the real ones did, so that interpolation wins, most in wide voids.
- *Slope*, *pits*: the mean slope in the voids, and the share of pixels below all their neighbours, over those
  of the land that was there; 1 = alike. Interpolation is too smooth.
- *Step at the rim*: the median difference between neighbours across the rim, over that of the land that was
  there; above 1, a rim shows.
"""
COLUMNS = ("height error (m)", "slope error", "slope", "texture", "land")
VOIDS_COLUMNS = ("height error (m)", "slope", "pits", "step at the rim")


def main() -> int:
    """Measure and write; return 1 where the DEMs are missing."""
    gdal.UseExceptions()
    landscapes = [each for each in LANDSCAPES.values() if each.pixel_size == PIXEL_M]
    try:
        folder = dem_folder(landscapes)
    except NoDems as error:
        print(error)
        return 1
    parts, void_parts = [HEAD], [VOIDS_HEAD]
    for landscape in landscapes:
        print(f"{landscape.title} ...", flush=True)
        with TemporaryDirectory() as scratch:
            found = results(folder / landscape.file, landscape.pixel_size, Path(scratch))
        parts.append(f"\n## {landscape.title}\n\n{table(found, Result, COLUMNS)}\n")
        with TemporaryDirectory() as scratch:
            by_radius = fillings(folder / landscape.file, landscape.pixel_size, Path(scratch))
        void_parts.append(f"\n## {landscape.title}\n\n{table(_rows(by_radius), Filling, VOIDS_COLUMNS)}\n")
    for page, written in ((PAGE, parts), (VOIDS_PAGE, void_parts)):
        page.write_text("".join(written), encoding="utf-8")
        print(f"Written to {page.relative_to(ROOT)}.")
    return 0


def _rows(by_radius: Mapping[int, Mapping[str, Sequence[Filling]]]) -> dict[str, Sequence[Filling]]:
    counts = dict(filled.SIZES)
    return {
        f"{counts[radius]} voids, {2 * radius} px wide: {name}": of_seeds
        for radius, ways in sorted(by_radius.items())
        for name, of_seeds in ways.items()
    }


def table(found: Mapping[str, Sequence[object]], kind: type, columns: Sequence[str]) -> str:
    """Return the medians of each way, of results of a kind, as a Markdown table."""
    lines = [f"|  | {' | '.join(columns)} |", f"| --- |{' ---: |' * len(columns)}"]
    for name, of_seeds in found.items():
        medians = [
            statistics.median(getattr(each, field.name) for each in of_seeds) for field in fields(kind)
        ]
        lines.append(f"| {name} | {' | '.join(map(number, medians))} |")
    return "\n".join(lines)
