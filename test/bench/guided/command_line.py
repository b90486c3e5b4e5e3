# SPDX-License-Identifier: GPL-3.0-or-later
"""Measures landscapes that the bundled model was not trained on, and writes the pages under docs/.

Words after the command name the pages, such as `sketch`, or `pictures`; without any, all are written.
"""

from __future__ import annotations

import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from osgeo import gdal

from ...harness.programs import ROOT
from ..terrain.landscapes import UNSEEN, NoDems, dem_folder
from .pages import PAGES, Page, table
from .pictures import draw

PICTURED = "pyrenees"


def main() -> int:
    """Measure and write; return 1 where the DEMs are missing."""
    gdal.UseExceptions()
    wanted = [page for page in PAGES if not sys.argv[1:] or Path(page.name).stem in sys.argv[1:]]
    landscapes = [each for page in wanted for each in page.landscapes]
    try:
        folder = dem_folder(dict.fromkeys([*landscapes, UNSEEN[PICTURED]]))
    except NoDems as error:
        print(error)
        return 1
    for page in wanted:
        path = ROOT / "docs" / page.name
        path.write_text(written(page, folder), encoding="utf-8")
        print(f"Written to {path.relative_to(ROOT)}.")
    if not sys.argv[1:] or "pictures" in sys.argv[1:]:
        landscape = UNSEEN[PICTURED]
        with TemporaryDirectory() as scratch:
            draw(folder / landscape.file, landscape.pixel_size, Path(scratch), ROOT / "docs" / "images")
    return 0


def written(page: Page, folder: Path) -> str:
    """Measure what a page tells; return its text."""
    parts, measured = [], {}
    for landscape in page.landscapes:
        print(f"{page.name}: {landscape.title} ...", flush=True)
        with TemporaryDirectory() as scratch:
            found = page.measure(folder / landscape.file, landscape.pixel_size, Path(scratch))
        told = table(found, page.kind, page.columns) if found else "Not measured: its voids are too wide."
        parts.append(f"\n## {landscape.title}\n\n{told}\n")
        if found:
            measured[landscape.title] = found
    summary = page.summary(measured) if page.summary else ""
    return "".join([page.head, summary, *parts])
