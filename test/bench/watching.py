# SPDX-License-Identifier: GPL-3.0-or-later
"""An algorithm run in a QGIS process of its own: what it and its worker take of time and of memory."""

from __future__ import annotations

import json
import subprocess
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ..harness.processes import Process
from ..harness.programs import qgis_process_command
from .measurement import at_most
from .workplace import TIMEOUT_S, Workplace

LOOK_EVERY_S = 0.1
MEMORY_MB = at_most(1.5e9 / (1 << 20))


@dataclass(frozen=True)
class Run:
    """One algorithm in a QGIS process of its own."""

    seconds: float  # of the whole process, from its start to its exit
    processor_seconds: float  # that its threads and its worker's have computed
    peak_memory_mb: float  # of QGIS's process and the worker
    results: Mapping[str, Any]


def run_watched(place: Workplace, algorithm: str, parameters: Mapping[str, Any]) -> Run:
    """Run an algorithm and watch. Raises subprocess.SubprocessError if QGIS fails or takes too long."""
    command = qgis_process_command(algorithm, parameters, "--json")
    start = time.monotonic()
    with subprocess.Popen(
        command, env=place.profile.environ(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as qgis:
        try:
            with ProcessWatch(qgis.pid) as watch:
                printed, complaints = qgis.communicate(timeout=TIMEOUT_S)
        except BaseException:
            qgis.kill()  # the worker ends with it
            raise
    seconds = time.monotonic() - start
    if qgis.returncode:
        raise subprocess.CalledProcessError(qgis.returncode, command[0], printed, complaints)
    results = json.loads(printed[printed.index("{") :])["results"]
    return Run(seconds, watch.processor_seconds, watch.total_mb, results)


class ProcessWatch:
    """Watches the memory and the computing of a process and all that it starts, while the `with` block lasts.

    The peak of each process comes from the kernel, so nothing between two looks is missed. What they need
    together lies between the largest of these peaks and their sum: they need not be of the same moment.
    """

    def __init__(self, pid: int) -> None:
        self._root = Process(pid)
        self._peaks_mb: dict[Process, float] = {}
        self._computed_s: dict[Process, float] = {}
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    @property
    def total_mb(self) -> float:
        """The sum of all peaks, in MiB."""
        return sum(self._peaks_mb.values())

    @property
    def processor_seconds(self) -> float:
        """What all of them have computed, as far as it was seen: the last tenth of a second may lack."""
        return sum(self._computed_s.values())

    @property
    def largest_mb(self) -> float:
        """The peak of the process that had the largest, in MiB."""
        return max(self._peaks_mb.values())

    def __enter__(self) -> ProcessWatch:
        self._thread.start()
        return self

    def __exit__(self, *_exception: object) -> None:
        self._is_over.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._is_over.wait(LOOK_EVERY_S):
            for process in with_descendants(self._root):
                # Not the first look, and the last one counts: a child that is not yet its own program shows
                # its parent's peak.
                if process in self._computed_s:
                    self._peaks_mb[process] = process.peak_memory_mb or self._peaks_mb.get(process, 0.0)
                computed = process.processor_seconds or self._computed_s.get(process, 0.0)
                self._computed_s[process] = computed


def with_descendants(process: Process) -> Iterator[Process]:
    """Yield a process, those that it started, those that these started, and so on."""
    yield process
    for child in process.children:
        yield from with_descendants(child)
