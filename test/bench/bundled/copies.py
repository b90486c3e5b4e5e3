# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether the bundled model copies: its land held against the layers that it was trained on."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from geogan.models.model_card import ModelCard
from geogan.realism.novelty import Copying, copying

from ...harness.scripts import ci_script
from ..terrain.landscapes import Land, read_lands
from .measured import SEEDS

if TYPE_CHECKING:
    from geogan.models.generation.cascade import Cascade


def own_land(folder: Path, card: ModelCard) -> Iterator[tuple[str, Land]]:
    """Yield each landscape of the model and its land, prepared as for the training, from DEMs in a folder."""
    script = ci_script("pretrained")
    rows = script.listed_layers()
    script.dem_folder(rows)  # which ends the program with a sentence where a DEM is missing
    held_out = {strip["layer"]: strip for strip in card.provenance["held_out"]}
    for landscape in card.landscapes:
        with tempfile.TemporaryDirectory() as prepared:
            paths, strips = [], []
            for row in (row for row in rows if row["landscape"] == landscape):
                paths.append(Path(prepared) / row["file"])
                strips.append(held_out.get(paths[-1].stem))
                script.prepare(folder / row["file"], landscape, row["sea"] == "yes", paths[-1])
            yield landscape, read_lands(paths, card.pixel_size, strips)


def copies(cascade: Cascade, number: int, land: Land) -> Copying:
    """Return how new a landscape's land is against what was trained on, beside the parts held out from it."""
    blocks = [cascade.block(seed, 0, 0, number) for seed in SEEDS]
    return copying(land.training, blocks, land.held_out)
