# SPDX-License-Identifier: GPL-3.0-or-later
"""Cancel: how soon the algorithm ends, and what it leaves."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from geogan.models.model_file import read_card

from ..harness.processes import Process
from .disturbance import GENERATING, STARTING, TRAINING, Disturbance, job, run_in_host
from .measurement import Figure, at_most, figure
from .workplace import Workplace, training

END_S = at_most(2.0)
NONE_LEFT = at_most(0)

ENDLESS_MINUTES = 60.0
ENDLESS_PX = 20_000

IDLE_CORES = 0.1  # a worker that waits uses less; its heartbeat takes about a thousandth of a core
GONE_WITHIN_S = 5.0


def measure(place: Workplace) -> Iterator[Figure]:
    """Yield the seconds from cancel to end while starting, training and generating, and what was left."""
    delays = place.either((0.5, 2.0, 5.0), (1.0,))
    moments = {
        "starting": [job_to_cancel(place, "geogan:generate", STARTING, 0.2 + delay / 10) for delay in delays],
        "training": [job_to_cancel(place, "geogan:train", TRAINING, delay) for delay in delays],
        "generating": [job_to_cancel(place, "geogan:generate", GENERATING, delay) for delay in delays],
    }
    endings: list[dict[str, Any]] = []
    for moment, jobs in moments.items():
        # One process for each: while starting, the worker must not be warm from another job.
        of_moment = [run_in_host(place, [each])[0] for each in jobs]
        yield figure(f"cancel while {moment}", "s", [each["seconds_after"] for each in of_moment], END_S)
        endings += of_moment
    yield figure("workers busy after cancel", "", [busy_workers(endings)], NONE_LEFT)
    yield figure("workers left after QGIS", "", [workers_left(endings)], NONE_LEFT)
    yield figure("files half-written after cancel", "", [half_written(outputs_folder(place))], NONE_LEFT)


def job_to_cancel(place: Workplace, algorithm: str, after: str, delay_s: float) -> dict[str, Any]:
    """Return a job that would take very long, but is cancelled."""
    output = outputs_folder(place) / f"{algorithm.partition(':')[2]}{delay_s:g}"
    if algorithm == "geogan:train":
        parameters = training(output.with_suffix(".geogan"), ENDLESS_MINUTES)
    else:
        parameters = {**place.generating(ENDLESS_PX, output.with_suffix(".tif")), "RESUME": False}
    return job(algorithm, parameters, Disturbance("cancel", after, delay_s))


def outputs_folder(place: Workplace) -> Path:
    """Return the folder that holds nothing but what cancelled jobs left."""
    folder = place.folder / "cancelled"
    folder.mkdir(exist_ok=True)
    return folder


def busy_workers(endings: list[dict[str, Any]]) -> int:
    """Return how many workers went on computing. One that waits for the next job is meant to be there."""
    return sum(each["cores_used_after"] > IDLE_CORES for each in endings)


def workers_left(endings: list[dict[str, Any]]) -> int:
    """Return how many workers have outlived their QGIS."""
    return sum(not Process(each["worker"]).is_gone_within(GONE_WITHIN_S) for each in endings)


def half_written(folder: Path) -> int:
    """Return how many files there are besides the models so far, which must be whole, and their checkpoints.

    Raises:
        GeoGanError: a model cannot be read.
    """
    models = list(folder.glob("*.geogan"))
    for model in models:
        read_card(model)
    return len(list(folder.iterdir())) - len(models) - len(list(folder.glob("*.geogan.checkpoint")))
