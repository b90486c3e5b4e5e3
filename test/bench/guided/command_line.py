# SPDX-License-Identifier: GPL-3.0-or-later
"""Measures all landscapes of the bundled model's pixel size, and writes docs/enhance.md."""

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
from .refined import FACTOR, SEEDS, Result, results

PAGE = ROOT / "docs" / "enhance.md"
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
COLUMNS = ("height error (m)", "slope error", "slope", "texture", "land")


def main() -> int:
    """Measure and write; return 1 where the DEMs are missing."""
    gdal.UseExceptions()
    landscapes = [each for each in LANDSCAPES.values() if each.pixel_size == PIXEL_M]
    try:
        folder = dem_folder(landscapes)
    except NoDems as error:
        print(error)
        return 1
    parts = [HEAD]
    for landscape in landscapes:
        print(f"{landscape.title} ...", flush=True)
        with TemporaryDirectory() as scratch:
            found = results(folder / landscape.file, landscape.pixel_size, Path(scratch))
        parts.append(f"\n## {landscape.title}\n\n{table(found)}\n")
    PAGE.write_text("".join(parts), encoding="utf-8")
    print(f"Written to {PAGE.relative_to(ROOT)}.")
    return 0


def table(found: Mapping[str, Sequence[Result]]) -> str:
    """Return the medians of each way as a Markdown table."""
    lines = [f"|  | {' | '.join(COLUMNS)} |", f"| --- |{' ---: |' * len(COLUMNS)}"]
    for name, of_seeds in found.items():
        medians = [
            statistics.median(getattr(each, field.name) for each in of_seeds) for field in fields(Result)
        ]
        lines.append(f"| {name} | {' | '.join(map(number, medians))} |")
    return "\n".join(lines)
