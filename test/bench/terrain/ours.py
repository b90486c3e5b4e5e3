# SPDX-License-Identifier: GPL-3.0-or-later
"""GeoGAN itself: trained by geogan:train in a real QGIS, generated from the model file as the worker does."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from geogan.models import model_file

from ...harness.programs import ROOT, Profile, run_qgis_process
from .crops import Crops
from .landscapes import HOLD_OUT_PERCENT, write_metric
from .task import Task

if TYPE_CHECKING:
    from geogan.models.generation.cascade import Cascade

BUNDLED = ROOT / "resources" / "pretrained" / "terrain.geogan"

# A training is scored, and chooses weights and variety, by the blocks of the seeds from 0 to 23: none of them
# is measured here.
FIRST_SEED = 1000

START_AND_SCORES_S = 1800.0  # what a training may take beyond its minutes

LITTLE_PX = 300  # side of the square that is all the land of a training on little


def train_from_scratch(task: Task) -> dict[str, Any]:
    """Train a model at default settings, without a base model; see `_train`."""
    return _train(task)


def train_from_bundled(task: Task) -> dict[str, Any]:
    """Train on from the bundled model; see `_train`."""
    return _train(task, BASE_MODEL=str(BUNDLED))


def train_from_little(task: Task) -> dict[str, Any]:
    """Train on from the bundled model on one square of the training part; see `_train`."""
    square = Crops(task.land.training, LITTLE_PX).spread(3)[1]  # of the middle
    layer = task.folder / "little.tif"
    write_metric(layer, square, task.land.pixel_size)
    return _train(task, LAYERS=[str(layer)], BASE_MODEL=str(BUNDLED))


def is_from_today(training: Mapping[str, Any]) -> bool:
    """Return whether a training began from the bundled model of now.

    One without a base model, too, begins with the layout of that one, on land as small as ours.
    """
    return training.get("base_weights_sha256") == bundled_sha256()


def is_of_today(training: Mapping[str, Any]) -> bool:
    """Return whether a training began from the bundled model of now, and has learnt its layout."""
    return is_from_today(training) and "layout" not in training.get("stages_kept", ["layout"])


def bundled_sha256() -> str:
    """Return that of the weights: the model's card may tell more of it than it did, and it is the same."""
    return model_file.sha256_of(model_file.read_member(BUNDLED, model_file.WEIGHTS))


def _train(task: Task, **more: Any) -> dict[str, Any]:
    """Train by qgis_process and return what it says of the training: steps, seconds and the like.

    Raises:
        ProgramFailed: the training failed; the text is all that was printed.
    """
    parameters = {
        "LAYERS": [str(task.dem)],
        "MINUTES": task.minutes,
        "PIXEL_SIZE": task.land.pixel_size,
        "HOLD_OUT": HOLD_OUT_PERCENT,
        "SEED": task.training_seed,
        "RESUME": False,
        "DEVICE": "cpu",
        "MODEL": str(task.model),
        **more,
    }
    profile = Profile.made_in(task.folder / "profile", worker=sys.executable)
    outputs = run_qgis_process(profile, "geogan:train", parameters, task.minutes * 60 + START_AND_SCORES_S)
    told = {key.lower(): outputs[key] for key in ("STEPS", "SECONDS", "PATCHES_PER_SECOND", "REALISM")}
    kept = model_file.read_card(task.model).provenance["stages_kept"]
    return {**told, "base_weights_sha256": bundled_sha256(), "stages_kept": kept}


def generate(task: Task) -> Iterator[np.ndarray]:
    """Yield the block at the map's origin, 512 x 512 px, for as many seeds as fields are asked for."""
    cascade = _cascade_of(task)
    for seed in _seeds(task):
        yield cascade.block(seed, 0, 0)


def corners(task: Task) -> list[tuple[int, int]]:
    """Return where each of these blocks begins in the largest cells of the networks."""
    cascade = _cascade_of(task)
    return [cascade.origin(seed) for seed in _seeds(task)]


def _seeds(task: Task) -> range:
    return range(FIRST_SEED, FIRST_SEED + task.fields)


def _cascade_of(task: Task) -> Cascade:
    from ..area import cascade_at  # here, because it brings TensorFlow

    return cascade_at(task.model)
