# SPDX-License-Identifier: GPL-3.0-or-later
"""From nothing to the first block, beside what nobody can avoid: importing TensorFlow."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from typing import Callable

import numpy as np
from geogan.rasters.order import BLOCK_PX
from geogan.worker.client import Worker

from .measurement import Figure, figure
from .process_alone import AT_LOW_PRIORITY
from .workplace import Workplace


def measure(place: Workplace) -> Iterator[Figure]:
    """Yield the times to the first block, cold and warm, and the cold one over the import in the same round.

    The files are in the system's cache: the first round is not counted.
    """
    rounds = [one_round(place) for _ in range(place.either(6, 2))][1:]
    imports, cold, warm, one_pixel = zip(*rounds)
    yield figure("import tensorflow alone", "s", imports)
    yield figure("first block from a new worker", "s", cold)
    yield figure("first block over import alone", "", [b / a for a, b in zip(imports, cold)])
    yield figure("first block from a warm worker", "s", warm)
    yield figure("generate one pixel, whole qgis_process", "s", one_pixel)


def one_round(place: Workplace) -> tuple[float, float, float, float]:
    """Return the seconds of: the import, the first block of a new worker, one of a warm one, qgis_process."""
    import_alone = [*AT_LOW_PRIORITY, sys.executable, "-I", "-c", "import tensorflow"]
    importing = timed(lambda: subprocess.run(import_alone, capture_output=True, check=True))
    start = time.monotonic()
    worker = Worker.start([sys.executable])
    try:
        make_block(worker, place, number=0)
        cold = time.monotonic() - start
        warm = timed(lambda: make_block(worker, place, number=100))
    finally:
        worker.close()
    one_pixel = timed(
        lambda: place.run("geogan:generate", place.generating(1, place.folder / "one_pixel.tif"))
    )
    return importing, cold, warm, one_pixel


def make_block(worker: Worker, place: Workplace, number: int) -> None:
    """Have one whole block generated, the `number`-th below the lattice's origin."""
    model = np.frombuffer(place.model.read_bytes(), np.uint8)
    pieces = np.array([[number * BLOCK_PX, 0, BLOCK_PX, BLOCK_PX]], np.int64)
    for _ in worker.run("generate", {"seed": 1, "device": "auto"}, {"model": model, "pieces": pieces}):
        pass


def timed(work: Callable[[], object]) -> float:
    """Return how many seconds `work()` took."""
    start = time.monotonic()
    work()
    return time.monotonic() - start
