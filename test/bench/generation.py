# SPDX-License-Identifier: GPL-3.0-or-later
"""Generating squares of several sizes in qgis_process: how fast, and with how much memory.

The smallest is a single pixel: what starting QGIS and TensorFlow takes, and one block. What a larger one
takes beyond that tells whether pixels get slower where there are more of them.
"""

from __future__ import annotations

import json
import subprocess
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from ..harness.processes import Process
from ..harness.programs import qgis_process_command
from .measurement import Bar, Figure, at_most, figure
from .workplace import TIMEOUT_S, Workplace

# Sides of the squares in pixels, and how often each is generated. The last is compared with the one before.
START_PX = 1
FULL = {START_PX: 5, 1_000: 5, 4_000: 5, 20_000: 1}
QUICK = {START_PX: 1, 1_000: 1, 2_000: 1}

LOOK_EVERY_S = 0.1
MEMORY_MB = at_most(1.5e9 / (1 << 20))
GROWTH = at_most(1.1)  # of memory, and of the time a megapixel


@dataclass(frozen=True)
class Run:
    """One generate in a QGIS process of its own."""

    seconds: float  # of the whole process, from its start to its exit
    megapixels_per_second: float  # as the algorithm says: with the start of TensorFlow, without that of QGIS
    peak_memory_mb: float  # of QGIS's process and the worker


def measure(place: Workplace) -> Iterator[Figure]:
    """Yield speed and memory at each size, and how both grow between the two largest."""
    runs = in_turn(place, place.either(FULL, QUICK))
    for side, of_side in runs.items():
        yield from of_square(side, of_side)
    # The smoke run's squares are too small for a worker's memory to have settled.
    yield from growth(runs, place.either(GROWTH, None))


def in_turn(place: Workplace, plan: Mapping[int, int]) -> dict[int, list[Run]]:
    """Generate squares as often as planned, by side, each size once a round until it has its runs."""
    runs: dict[int, list[Run]] = {side: [] for side in plan}
    for done in range(max(plan.values())):
        for side, repeats in plan.items():
            if done < repeats:
                runs[side].append(generate(place, side))
    return runs


def of_square(side: int, runs: Sequence[Run]) -> Iterator[Figure]:
    """Yield the figures of one size."""
    what = f"generate {side} x {side} px"
    yield figure(f"{what}: whole process", "s", [run.seconds for run in runs])
    if side > START_PX:
        speeds = [run.megapixels_per_second for run in runs]
        yield figure(f"{what}: speed, TensorFlow's start included", "Mpx/s", speeds)
    peaks = [run.peak_memory_mb for run in runs]
    yield figure(f"{what}: peak memory, QGIS and worker", "MiB", peaks, MEMORY_MB)


def growth(runs: Mapping[int, Sequence[Run]], bar: Bar | None) -> Iterator[Figure]:
    """Yield how memory, and the time of a further megapixel, grow between the two largest squares."""
    start = median(run.seconds for run in runs[START_PX])
    small, large = sorted(runs)[-2:]
    times = {side: [(run.seconds - start) / (side**2 / 1e6) for run in runs[side]] for side in (small, large)}
    for side, of_side in times.items():
        yield figure(f"time a megapixel beyond one pixel's, {side} x {side} px", "s", of_side)
    ratios = [b / a for a in times[small] for b in times[large]]
    yield figure(f"time a megapixel beyond one pixel's, {large} over {small} px", "", ratios, bar)
    memory = [b.peak_memory_mb / a.peak_memory_mb for a in runs[small] for b in runs[large]]
    yield figure(f"peak memory, {large} over {small} px", "", memory, bar)


def generate(place: Workplace, side_px: int) -> Run:
    """Generate a square and watch. Raises subprocess.SubprocessError if QGIS fails or takes too long."""
    output = place.folder / f"{side_px}.tif"
    command = qgis_process_command("geogan:generate", place.generating(side_px, output), "--json")
    start = time.monotonic()
    with subprocess.Popen(
        command, env=place.profile.environ(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as qgis:
        try:
            with PeakMemory(qgis.pid) as memory:
                printed, complaints = qgis.communicate(timeout=TIMEOUT_S)
        except BaseException:
            qgis.kill()  # the worker ends with it
            raise
    seconds = time.monotonic() - start
    if qgis.returncode:
        raise subprocess.CalledProcessError(qgis.returncode, command[0], printed, complaints)
    output.unlink()
    results = json.loads(printed[printed.index("{") :])["results"]
    return Run(seconds, results["MEGAPIXELS_PER_SECOND"], memory.total_mb)


class PeakMemory:
    """Watches a process and all that it starts, while the `with` block lasts.

    The peak of each process comes from the kernel, so nothing between two looks is missed. What they need
    together lies between the largest of these peaks and their sum: they need not be of the same moment.
    """

    def __init__(self, pid: int) -> None:
        self._root = Process(pid)
        self._peaks_mb: dict[Process, float] = {}
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    @property
    def total_mb(self) -> float:
        """The sum of all peaks, in MiB."""
        return sum(self._peaks_mb.values())

    @property
    def largest_mb(self) -> float:
        """The peak of the process that had the largest, in MiB."""
        return max(self._peaks_mb.values())

    def __enter__(self) -> PeakMemory:
        self._thread.start()
        return self

    def __exit__(self, *_exception: object) -> None:
        self._is_over.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._is_over.wait(LOOK_EVERY_S):
            for process in with_descendants(self._root):
                # The last look counts: a child that is not yet its own program shows its parent's peak.
                self._peaks_mb[process] = process.peak_memory_mb or self._peaks_mb.get(process, 0.0)


def with_descendants(process: Process) -> Iterator[Process]:
    """Yield a process, those that it started, those that these started, and so on."""
    yield process
    for child in process.children:
        yield from with_descendants(child)
