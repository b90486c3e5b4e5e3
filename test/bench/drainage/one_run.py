# SPDX-License-Identifier: GPL-3.0-or-later
"""Trains one stage in one way and measures land of the bundled model with it; prints one line of JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np
import tensorflow as tf
from geogan.models import model_file
from geogan.models.architecture import CascadeArchitecture, StageArchitecture
from geogan.models.area import Area, averaged
from geogan.models.generation.cascade import Cascade
from geogan.models.networks.discriminator import Discriminator
from geogan.models.networks.pits import companded
from geogan.models.networks.pyramid import local_deviation
from geogan.models.networks.relief import Relief
from geogan.models.training import stage_training
from geogan.models.training.averaged_land import refined
from geogan.models.training.base_model import BaseModel
from geogan.models.training.dams import standing_shares
from geogan.models.training.placement import placement_of
from geogan.models.training.settings import TrainingSettings
from geogan.models.training.small_voids import bridged
from geogan.models.training.stage_training import StageTrainer
from geogan.realism.comparison import Reference
from geogan.realism.flow import fill_depressions
from geogan.worker import runtime

from ..terrain.landscapes import UNSEEN, read_land
from ..terrain.ours import BUNDLED, FIRST_SEED, bundled_sha256
from .ways import LANDS, STEPS, TILES, WAYS, Way

SIDE_PX = 1024  # of the middle of a tile, that valleys and details make finer
LEARNING_RATE, LEFT = 1e-3, 0.1  # held for half of the steps, then falling to that share
LAPLACIAN_CELLS = 3


class SeesCurvature(Discriminator):
    """A discriminator that is shown, beside each band, how much the land of its resolution is bent."""

    def bands_of(self, relief: Relief) -> list[tf.Tensor]:
        """Return what is read of patches; each band has one channel more."""
        low, *bands = super().bands_of(relief)
        around = [[0, 0], [1, 1], [1, 1], [0, 0]]
        bends = [
            companded(local_deviation(tf.pad(means, around, "SYMMETRIC"), LAPLACIAN_CELLS) / unit)
            for means, unit in zip(relief.heights[1:], relief.scaling.band_deviations)
        ]
        return [low, *(tf.concat(both, -1) for both in zip(bands, bends))]


def main(way: str, seed: str, layers: str, dems: str) -> None:
    """Train and measure.

    Args:
        way: its name in WAYS.
        layers: an .npz of the areas to learn from, each named after its landscape's number and its own.
        dems: the folder of the tiles that no training saw.

    Prints, of each tile, "texture", "land", and the distances and floors of all measures; what the training
    told last; and the checksum of the bundled model's weights.
    """
    runtime.start()
    base, chosen = BaseModel.from_bytes(BUNDLED.read_bytes()), WAYS[way]
    with np.load(layers) as stored:
        areas = [bridged(Area(stored[name], int(name.partition("-")[0]))) for name in stored.files]
    trainer, told = trained(chosen, base, areas, int(seed), STEPS)
    cascade = with_stage(base, trainer)
    tiles = {tile: measured(chosen, cascade, tile, Path(dems)) for tile in TILES}
    print(json.dumps({"base_weights_sha256": bundled_sha256(), "tiles": tiles, "told": told}))


def trained(
    way: Way, base: BaseModel, areas: list[Area], seed: int, steps: int
) -> tuple[StageTrainer, dict[str, float]]:
    """Return a stage that took `steps` steps, and what it told of the last.

    A detail stage begins from nothing; the others, which learn their forms first, from those that know them.
    """
    index = [stage.name for stage in base.architecture.stages].index(way.stage)
    stage, settings = base.architecture.stages[index], TrainingSettings(seed=seed, **way.settings)
    if way.patch:
        settings = replace(settings, batch_size=settings.batch_size // 2)
        stage, steps = replace(stage, patch=way.patch), steps // 2
    cell = base.architecture.pixels_per_field_cell(index)
    shares = standing_shares(areas, cell) if stage.guided else None
    if way.is_conditioned:
        areas = [area._replace(values=without_hollows(area.values)) for area in areas]
    at_stage = [averaged(area, cell) for area in areas]
    judge = SeesCurvature if way.sees_curvature else Discriminator
    with mock.patch.object(stage_training, "Discriminator", judge):
        trainer = StageTrainer(stage, at_stage, settings, None, placement_of("cpu").precision, shares)
    if way.loud is not None:
        trainer.discriminator._pits_unit = way.loud
    if way.stage != "detail":
        start_like(trainer, base.stages[index].weights())
    trainer.knows_forms = True
    for step in range(steps):
        fallen = max(0.0, 2.0 * step / steps - 1.0)
        told = trainer.step(LEARNING_RATE * (1.0 - (1.0 - LEFT) * fallen))
    return trainer, told


def start_like(trainer: StageTrainer, weights: dict[str, np.ndarray]) -> None:
    """Take the weights of the bundled model's stage; for wide patches its discriminator has a block more."""
    trainer.start_from({**trainer.weights(), **weights})


def without_hollows(heights: np.ndarray) -> np.ndarray:
    """Return heights whose hollows are filled to the brim."""
    return np.asarray(fill_depressions(heights).heights, np.float32)


def with_stage(base: BaseModel, trainer: StageTrainer) -> Cascade:
    """Return the bundled model with another stage in place of its own."""
    stages: list[StageArchitecture] = []
    statistics, weights = [], {}
    for known in base.stages:
        stage = trainer if known.stage.name == trainer.stage.name else known
        stages.append(stage.stage)
        statistics.append(stage.statistics)
        weights |= stage.weights()
    return Cascade(CascadeArchitecture(tuple(stages)), statistics, weights)


def measured(way: Way, cascade: Cascade, tile: str, dems: Path) -> dict[str, Any]:
    """Return how like the land of a tile a cascade's land is."""
    landscape = UNSEEN[tile]
    land = read_land(landscape, dems / landscape.file)
    number = model_file.read_card(BUNDLED).landscapes.index(landscape.like)
    reference = Reference(land.whole, land.pixel_size, land.precision)
    found = reference.compare(list(lands(way, cascade, land.whole[0], number)))
    return {
        "texture": found.texture,
        "land": found.land,
        "distances": found.distances,
        "floors": found.floors,
    }


def lands(way: Way, cascade: Cascade, real: np.ndarray, number: int) -> Iterator[np.ndarray]:
    """Yield land: from nothing where the layout was trained, else along the means of the real land."""
    index = [stage.name for stage in cascade.architecture.stages].index(way.stage)
    if index == 0:
        yield from (cascade.block(FIRST_SEED + seed, 0, 0, number) for seed in range(LANDS))
        return
    factor = cascade.architecture.pixels_per_field_cell(index - 1)
    top, left = ((side - min(side, SIDE_PX)) // 2 for side in real.shape)
    middle = real[top : top + SIDE_PX, left : left + SIDE_PX]
    rows, cols = (side // factor * factor for side in middle.shape)
    yield refined(cascade, middle[:rows, :cols], factor, number)
