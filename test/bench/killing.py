# SPDX-License-Identifier: GPL-3.0-or-later
"""Kill -9 of QGIS, or of the worker: how soon the other side has noticed."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ..harness.processes import Process, wait_until, worker_of
from ..harness.programs import find_program, qgis_process_command
from .cancelling import ENDLESS_MINUTES, ENDLESS_PX
from .disturbance import GENERATING, TRAINING, Disturbance, job, run_in_host
from .measurement import Figure, at_most, figure
from .workplace import Workplace, training

WORKER_GONE_S = at_most(5.0)
GIVE_UP_S = 60.0
AT_WORK_WITHIN_S = 300.0
KILLED = "The worker was killed by the system"
SMALL_PX = 600


def measure(place: Workplace) -> Iterator[Figure]:
    """Yield the seconds until the worker has followed its QGIS, and until QGIS has missed its worker."""
    repeats = place.either(3, 1)
    folder = place.folder / "killed"
    folder.mkdir()
    jobs = {
        "training": ("geogan:train", training(folder / "endless.geogan", ENDLESS_MINUTES), TRAINING),
        "generating": ("geogan:generate", place.generating(ENDLESS_PX, folder / "endless.tif"), GENERATING),
    }
    if place.is_quick:  # once is enough of a smoke run
        del jobs["training"]
    for moment, (algorithm, parameters, sign) in jobs.items():
        seconds = [kill_qgis(place, algorithm, parameters, sign) for _ in range(repeats)]
        yield figure(f"kill -9 of QGIS while {moment}: worker gone", "s", seconds, WORKER_GONE_S)
    for moment, (algorithm, parameters, sign) in jobs.items():
        seconds = [kill_worker(place, algorithm, parameters, sign) for _ in range(repeats)]
        yield figure(f"kill -9 of the worker while {moment}: sentence", "s", seconds)


def kill_qgis(place: Workplace, algorithm: str, parameters: dict[str, Any], sign: str) -> float:
    """Kill a QGIS process at work; return the seconds until its worker has ended.

    Raises:
        RuntimeError: it never got to work, or the worker is still there long after.
    """
    log = place.folder / "killed.log"
    # Without stdbuf what QGIS prints would reach the file in pieces of 4 KiB, a minute late.
    command = [find_program("stdbuf"), "-oL", *qgis_process_command(algorithm, parameters)]
    with (
        log.open("w") as printed,
        subprocess.Popen(
            command, env=place.profile.environ(), stdout=printed, stderr=subprocess.STDOUT
        ) as qgis,
    ):
        try:
            if not wait_until(lambda: sign in text_of(log), AT_WORK_WITHIN_S):
                raise RuntimeError(f"{algorithm} did not get to work:\n{text_of(log)}")
            time.sleep(1.0)  # let it get into its stride
            worker = worker_of(qgis.pid)
        finally:
            qgis.kill()
        return seconds_until_gone(worker)


def kill_worker(place: Workplace, algorithm: str, parameters: dict[str, Any], sign: str) -> float:
    """Kill a worker at its work; return the seconds until the algorithm has ended with the sentence.

    Raises:
        RuntimeError: it ended otherwise, or the next job in the same QGIS failed.
    """
    small = place.generating(SMALL_PX, place.folder / "killed" / "next.tif")
    disturbed, following = run_in_host(
        place,
        [
            job(algorithm, parameters, Disturbance("kill worker", sign, 1.0)),
            job("geogan:generate", small),
        ],
    )
    if disturbed["ok"] or KILLED not in disturbed["log"]:
        raise RuntimeError(f"No sentence about the killed worker:\n{disturbed['log']}")
    if not following["ok"]:
        raise RuntimeError(f"The next job failed:\n{following['log']}")
    return disturbed["seconds_after"]


def seconds_until_gone(process: Process) -> float:
    """Wait for the end of a process and return how long that took. Raises RuntimeError if it stays."""
    start = time.monotonic()
    if not process.is_gone_within(GIVE_UP_S):
        process.kill()
        raise RuntimeError(f"The worker was still there {GIVE_UP_S:.0f} s after its QGIS")
    return time.monotonic() - start


def text_of(log: Path) -> str:
    """Return what a program has printed so far."""
    return log.read_text(encoding="utf-8", errors="replace")
