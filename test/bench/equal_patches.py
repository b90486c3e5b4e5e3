# SPDX-License-Identifier: GPL-3.0-or-later
"""Trains a detail stage in our way and in the plain one, on as many patches; prints one line of JSON."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Callable

import numpy as np
import tensorflow as tf
from geogan.models.architecture import stage_of
from geogan.models.area import Area
from geogan.models.generation.cascade import built_generator
from geogan.models.networks.noise import random_noise
from geogan.models.networks.pyramid import mean_pool
from geogan.models.statistics import FieldStatistics
from geogan.models.training.placement import placement_of
from geogan.models.training.settings import TrainingSettings
from geogan.models.training.stage_training import StageTrainer
from geogan.models.weights import assign, network_weights
from geogan.realism.comparison import Reference
from geogan.realism.source_precision import guessed_precision
from geogan.worker import runtime
from osgeo import gdal

from .plain_gan import PlainGan

STAGE = stage_of("standard", "detail", 4, guided=True, patch=64, is_light=True)
PREFIX = f"{STAGE.name}/generator/"
LEARNING_RATE = 1e-3
PIXEL_M = 83.0  # of the sample: the side of a square as large as its pixels of three seconds of arc
FIELDS = 3  # of land that is scored


def main(dem: str, seeds: str, turns: str, steps: str) -> None:
    """Train both on a DEM without voids, in turn, `steps` in each of `turns`, anew for each of `seeds`.

    Prints "patches", that each has learnt from with a seed; "ours" and "plain", lists of the patches a second
    of each turn; "ours/score" and "plain/score", how real the land of each seed is in the end (see `score`).
    """
    runtime.start()
    heights = gdal.Open(dem).ReadAsArray().astype(np.float32)
    precision = placement_of("cpu").precision
    found: dict[str, list[float]] = {"ours": [], "plain": [], "ours/score": [], "plain/score": []}
    for seed in range(int(seeds)):
        settings = replace(TrainingSettings(), seed=seed)
        ours = StageTrainer(STAGE, [Area(heights)], settings, precision=precision)
        plain = PlainGan(STAGE, heights, settings)
        ours.compile()
        plain.compile_step()
        for _ in range(int(turns)):
            found["ours"].append(rate(lambda ours=ours: ours.step(LEARNING_RATE), int(steps)))
            found["plain"].append(rate(plain.step, int(steps)))
        of_plain = network_weights(plain.generator.trainable_variables, PREFIX)
        for name, weights in (("ours", ours.weights()), ("plain", of_plain)):
            found[f"{name}/score"].append(score(weights, ours.statistics, heights))
    patches = int(turns) * int(steps) * TrainingSettings().batch_size
    print(json.dumps({"patches": patches, **found}))


def rate(step: Callable[[], object], steps: int) -> float:
    """Return the patches a second of so many steps of a batch."""
    start = time.perf_counter()
    for _ in range(steps):
        step()
    return steps * TrainingSettings().batch_size / (time.perf_counter() - start)


def score(
    weights: Mapping[str, np.ndarray], statistics: Sequence[FieldStatistics], heights: np.ndarray
) -> float:
    """Return how real the land is that a generator makes of real coarse forms, beside the land that had them.

    It is the score of reports: 1 = as near to real land as its own parts are to each other, larger is worse.
    """
    generator = built_generator(STAGE, statistics)
    assign(generator.trainable_variables, PREFIX, weights)
    side = min(heights.shape) // STAGE.factor * STAGE.factor
    land, margin = heights[:side, :side], STAGE.guide_margin * STAGE.factor
    guide = mean_pool(tf.constant(land[None, :, :, None]), STAGE.factor)
    real = land[margin:-margin, margin:-margin]
    fields = []
    for seed in range(FIELDS):
        noise = random_noise(STAGE, 1, tf.random.Generator.from_seed(seed), real.shape[0])
        fields.append(generator(noise, tf.constant([0], tf.int64), guide).numpy()[0, :, :, 0])
    reference = Reference([real], PIXEL_M, guessed_precision([heights]))
    return reference.compare(fields).realism
