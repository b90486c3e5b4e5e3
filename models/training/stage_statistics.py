# SPDX-License-Identifier: GPL-3.0-or-later
"""What a stage measures on its areas before it learns."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
import tensorflow as tf

from ...errors import GeoGanError
from ..architecture import GUIDE_MEAN, StageArchitecture
from ..networks.pits import pits, pittedness
from ..networks.pyramid import (
    laplacian_bands,
    local_deviation,
    mean_pool,
    pyramid,
    water_depths,
    without_margin,
)
from ..networks.scaling import scaling_of
from ..statistics import FieldStatistics
from .patches import PatchSampler
from .planning import guide_margin_px

_BATCHES = 16
_PATCHES = 32  # of a batch
_SMALLEST_DEVIATION = 1e-6  # of the low-pass deviation: keeps flat bands from being divided by nothing


def measured_statistics(
    stage: StageArchitecture, sampler: PatchSampler, random: tf.random.Generator
) -> list[FieldStatistics]:
    """Measure mean and deviations over random patches of each landscape.

    Raises:
        GeoGanError: a landscape is so level that its patches have no relief.
    """
    return [
        _statistics_of_landscape(landscape, stage, sampler, random) for landscape in range(sampler.landscapes)
    ]


class Hollows(NamedTuple):
    """The closed hollows of real land."""

    water: tf.Tensor  # how deep it stands on each landscape, the mean in its patch deviations, (landscapes,)
    pits: tf.Tensor  # how pitted it is at each resolution, coarse to fine, (landscapes, octaves + 1)


def measured_hollows(
    stage: StageArchitecture, sampler: PatchSampler, statistics: Sequence[FieldStatistics], seed: int
) -> Hollows:
    """Measure water and pits over random patches of each landscape."""
    random = tf.random.Generator.from_seed(seed)

    def measured(patches: tf.Tensor, landscape: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        scaling = scaling_of(statistics, landscape)
        depths = water_depths(patches / scaling.patch_deviation)
        return tf.reduce_mean(depths), tf.reduce_mean(pittedness(pits(patches, scaling)), 0)

    compiled = tf.function(measured, autograph=False)  # a third of the time
    means = []
    for landscape in range(len(statistics)):
        patches = _random_patches(landscape, stage, sampler, random)
        batches = [compiled(inside, tf.fill([_PATCHES], landscape)) for _, inside in patches]
        means.append([tf.reduce_mean(tf.stack(of_batches), 0) for of_batches in zip(*batches)])
    return Hollows(*(tf.stack(of_landscapes) for of_landscapes in zip(*means)))


def _random_patches(
    landscape: int, stage: StageArchitecture, sampler: PatchSampler, random: tf.random.Generator
) -> Iterator[tuple[tf.Tensor, tf.Tensor]]:
    """Yield batches of what a stage trains on, (b, n, n, 1), and the patches within, (b, p, p, 1)."""
    for _ in range(_BATCHES):
        drawn = sampler.draw_from(tf.fill([_PATCHES], tf.cast(landscape, tf.int64)), random)
        whole = drawn[..., :1]
        yield whole, without_margin(whole, guide_margin_px(stage))[:, : stage.patch, : stage.patch]


def _statistics_of_landscape(
    landscape: int, stage: StageArchitecture, sampler: PatchSampler, random: tf.random.Generator
) -> FieldStatistics:
    collected: dict[str, list[np.ndarray]] = {}
    for whole, inside in _random_patches(landscape, stage, sampler, random):
        low, *bands = laplacian_bands(pyramid(inside, stage.octaves))
        samples = {
            "low": low,
            "patch": low - tf.reduce_mean(low, [1, 2], keepdims=True),
        }
        if stage.guided:
            samples["form"] = local_deviation(mean_pool(whole, stage.factor), GUIDE_MEAN)
        samples.update({f"band{i}": band for i, band in enumerate(bands)})
        for name, sample in samples.items():
            collected.setdefault(name, []).append(sample.numpy().astype(np.float64).ravel())
    pooled = {name: np.concatenate(samples) for name, samples in collected.items()}
    low_deviation = float(pooled["low"].std())
    least = max(_SMALLEST_DEVIATION * low_deviation, 1e-9)
    if pooled["patch"].std() <= least:
        raise GeoGanError(
            "The layers are nearly level: their patches of {size} x {size} pixels have no relief. Choose "
            "layers with relief, or larger parts of them.",
            size=stage.patch,
        )

    def deviation(name: str) -> float:
        return max(float(pooled[name].std()), least)

    return FieldStatistics(
        mean=float(pooled["low"].mean()),
        low_deviation=deviation("low"),
        form_deviation=deviation("form" if stage.guided else "patch"),
        patch_deviation=deviation("patch"),
        band_deviations=tuple(deviation(f"band{i}") for i in range(stage.octaves)),
    )
