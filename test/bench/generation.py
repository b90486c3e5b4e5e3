# SPDX-License-Identifier: GPL-3.0-or-later
"""Generating squares of several sizes in qgis_process: how fast, and with how much memory."""

from __future__ import annotations

import json
import subprocess
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass

from ..harness.processes import Process
from ..harness.programs import qgis_process_command
from .measurement import Figure, at_most, figure
from .workplace import TIMEOUT_S, Workplace

# Sides of the squares in pixels, and how often each is generated. The last is compared with the one before.
FULL = {1_000: 3, 4_000: 3, 20_000: 1}
QUICK = {1_000: 1, 2_000: 1}

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
    plan = place.either(FULL, QUICK)
    runs = {side: [generate(place, side) for _ in range(repeats)] for side, repeats in plan.items()}
    for side, of_side in runs.items():
        what = f"generate {side} x {side} px"
        yield figure(f"{what}: speed", "Mpx/s", [run.megapixels_per_second for run in of_side])
        yield figure(f"{what}: whole process", "s", [run.seconds for run in of_side])
        peaks = [run.peak_memory_mb for run in of_side]
        yield figure(f"{what}: peak memory, QGIS and worker", "MiB", peaks, MEMORY_MB)
    small, large = list(runs)[-2:]
    pairs = [(one, other) for one in runs[small] for other in runs[large]]
    memory = [other.peak_memory_mb / one.peak_memory_mb for one, other in pairs]
    pixel_time = [one.megapixels_per_second / other.megapixels_per_second for one, other in pairs]
    # The smoke run's squares are too small for a worker's memory to have settled.
    bar = place.either(GROWTH, None)
    yield figure(f"peak memory, {large} over {small} px", "", memory, bar)
    yield figure(f"time a megapixel, {large} over {small} px", "", pixel_time, bar)


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

    The peak of each process comes from the kernel, so nothing between two looks is missed. Their sum is what
    they need together at most: the peaks need not have been at the same moment.
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
