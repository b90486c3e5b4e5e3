# SPDX-License-Identifier: GPL-3.0-or-later
"""Measures a model against land that no part of its training saw, and draws what it makes."""

from __future__ import annotations

import sys
from pathlib import Path

from osgeo import gdal

from ...harness.programs import ROOT
from ..terrain.landscapes import UNSEEN, NoDems, dem_folder, read_land
from ..terrain.ours import BUNDLED
from .copies import copies, own_land
from .measured import grid, likeness, seams
from .page import page
from .pictures import draw_landscapes, draw_stages

DOCS, BUILD = ROOT / "docs", ROOT / "build" / "bench" / "bundled"
PICTURED_SEED, PICTURED_BLOCK = 2, (0, 0)  # a part of the world with a bit of everything


def main() -> int:
    """Measure, write and draw; return 1 where the DEMs are missing."""
    from geogan.models.model_file import read_card

    from ..area import cascade_at  # here, because it brings TensorFlow

    gdal.UseExceptions()
    model = Path(sys.argv[1]) if sys.argv[1:] else BUNDLED
    target = DOCS if model == BUNDLED else BUILD
    try:
        folder = dem_folder(UNSEEN.values())
    except NoDems as error:
        print(error)
        return 1
    card, cascade = read_card(model), cascade_at(model)
    (target / "images").mkdir(parents=True, exist_ok=True)
    draw_landscapes(cascade, card, PICTURED_SEED, PICTURED_BLOCK, target / "images" / "landscapes.png")
    draw_stages(cascade, card, PICTURED_SEED, PICTURED_BLOCK, target / "images" / "stages.png")
    found = []
    for landscape in UNSEEN.values():
        print(f"{landscape.title} ...", flush=True)
        land = read_land(landscape, folder / landscape.file)
        found.append(likeness(cascade, card, land, landscape.like))
    print("Seams and novelty ...", flush=True)
    copied = {
        name: copies(cascade, card.landscapes.index(name), land) for name, land in own_land(folder, card)
    }
    seam_ratios = seams(cascade)
    print("The grid ...", flush=True)
    text = page(card, dict(zip(UNSEEN, found)), grid(cascade), seam_ratios, copied)
    (target / "bundled.md").write_text(text, encoding="utf-8")
    print(f"Written to {(target / 'bundled.md').relative_to(ROOT)}.")
    return 0
