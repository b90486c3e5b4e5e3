# SPDX-License-Identifier: GPL-3.0-or-later
"""Generating squares of several sizes in qgis_process: how fast, and with how much memory.

The smallest is a single pixel: what starting QGIS and TensorFlow takes, and one block. What a larger one
takes beyond that tells whether pixels get slower where there are more of them.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from statistics import median

from .measurement import Bar, Figure, at_most, figure
from .watching import MEMORY_MB, run_watched
from .workplace import Workplace

# Sides of the squares in pixels, and how often each is generated. The last is compared with the one before.
START_PX = 1
FULL = {START_PX: 5, 1_000: 5, 4_000: 5, 20_000: 5}
QUICK = {START_PX: 1, 1_000: 1, 2_000: 1}

GROWTH = at_most(1.1)  # of memory, and of the time a megapixel


@dataclass(frozen=True)
class Generation:
    """One generate in a QGIS process of its own."""

    seconds: float  # of the whole process, from its start to its exit
    processor_seconds: float  # that QGIS and the worker have computed
    megapixels_per_second: float  # as the algorithm says: with the start of TensorFlow, without that of QGIS
    peak_memory_mb: float  # of QGIS's process and the worker


def measure(place: Workplace) -> Iterator[Figure]:
    """Yield speed and memory at each size, and how both grow between the two largest."""
    runs = in_turn(place, place.either(FULL, QUICK))
    for side, of_side in runs.items():
        yield from of_square(side, of_side)
    # The smoke run's squares are too small for a worker's memory to have settled.
    yield from growth(runs, place.either(GROWTH, None))


def in_turn(place: Workplace, plan: Mapping[int, int]) -> dict[int, list[Generation]]:
    """Generate squares as often as planned, by side, each size once a round until it has its runs."""
    runs: dict[int, list[Generation]] = {side: [] for side in plan}
    for done in range(max(plan.values())):
        for side, repeats in plan.items():
            if done < repeats:
                runs[side].append(generate(place, side))
    return runs


def of_square(side: int, runs: Sequence[Generation]) -> Iterator[Figure]:
    """Yield the figures of one size."""
    what = f"generate {side} x {side} px"
    yield figure(f"{what}: whole process", "s", [run.seconds for run in runs])
    if side > START_PX:
        speeds = [run.megapixels_per_second for run in runs]
        yield figure(f"{what}: speed, TensorFlow's start included", "Mpx/s", speeds)
    peaks = [run.peak_memory_mb for run in runs]
    yield figure(f"{what}: peak memory, QGIS and worker", "MiB", peaks, MEMORY_MB)


def growth(runs: Mapping[int, Sequence[Generation]], bar: Bar | None) -> Iterator[Figure]:
    """Yield how busy the cores are, and how memory and the time of a megapixel grow to the largest square."""
    start = median(run.seconds for run in runs[START_PX])
    small, large = sorted(runs)[-2:]
    yield from used_cores(runs, large)
    times = {side: [(run.seconds - start) / (side**2 / 1e6) for run in runs[side]] for side in (small, large)}
    for side, of_side in times.items():
        yield figure(f"time a megapixel beyond one pixel's, {side} x {side} px", "s", of_side)
    ratios = [b / a for a in times[small] for b in times[large]]
    # A difference of two times of seconds: single ones say how busy the machine was with other things.
    bar_of_times = bar and replace(bar, by_median=True)
    yield figure(f"time a megapixel beyond one pixel's, {large} over {small} px", "", ratios, bar_of_times)
    memory = [b.peak_memory_mb / a.peak_memory_mb for a in runs[small] for b in runs[large]]
    yield figure(f"peak memory, {large} over {small} px", "", memory, bar)


def used_cores(runs: Mapping[int, Sequence[Generation]], side: int) -> Iterator[Figure]:
    """Yield how much of the cores' time is used while a square is made, without what a single pixel takes."""
    seconds, computed = (
        median(getattr(run, name) for run in runs[START_PX]) for name in ("seconds", "processor_seconds")
    )
    cores = len(os.sched_getaffinity(0))
    shares = [(run.processor_seconds - computed) / (run.seconds - seconds) / cores for run in runs[side]]
    yield figure(f"share of the cores' time that is used beyond one pixel's, {side} x {side} px", "", shares)


def generate(place: Workplace, side_px: int) -> Generation:
    """Generate a square and watch. Raises subprocess.SubprocessError if QGIS fails or takes too long."""
    output = place.folder / f"{side_px}.tif"
    run = run_watched(place, "geogan:generate", place.generating(side_px, output))
    output.unlink()
    speed = run.results["MEGAPIXELS_PER_SECOND"]
    return Generation(run.seconds, run.processor_seconds, speed, run.peak_memory_mb)
