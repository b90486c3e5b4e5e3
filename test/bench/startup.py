# SPDX-License-Identifier: GPL-3.0-or-later
"""From nothing to the first pixel, beside what nobody can avoid: importing TensorFlow."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from typing import Callable

from .disturbance import job, run_in_host
from .measurement import Figure, at_most, figure
from .process_alone import AT_LOW_PRIORITY
from .workplace import Workplace

COLD_OVER_IMPORT = at_most(1.3)
WARM_S = at_most(0.3)


def measure(place: Workplace) -> Iterator[Figure]:
    """Yield what a first and a second generate of one pixel take in one QGIS, and the first over the import.

    The algorithms are timed whole, from their parameters to the files. All files that are read are in the
    system's cache: of the first round, nothing is counted.
    """
    rounds = [one_round(place) for _ in range(place.either(6, 1))]
    imports, first, second = zip(*place.either(rounds[1:], rounds))
    yield figure("import tensorflow alone", "s", imports)
    yield figure("first generate of one pixel in a QGIS that runs", "s", first)
    ratios = [b / a for a, b in zip(imports, first)]
    yield figure("first generate of one pixel over import alone", "", ratios, COLD_OVER_IMPORT)
    yield figure("second generate of one pixel, another seed, same QGIS", "s", second, WARM_S)


def one_round(place: Workplace) -> tuple[float, float, float]:
    """Return the seconds of the import, and of a first and a second generate in a QGIS process of their own.

    Raises:
        RuntimeError: one of them failed.
    """
    import_alone = [*AT_LOW_PRIORITY, sys.executable, "-I", "-c", "import tensorflow"]
    importing = timed(lambda: subprocess.run(import_alone, capture_output=True, check=True))
    parameters = place.generating(1, place.folder / "one_pixel.tif")
    endings = run_in_host(place, [job("geogan:generate", {**parameters, "SEED": seed}) for seed in (1, 2)])
    for ending in endings:
        if not ending["ok"]:
            raise RuntimeError(f"A generate of one pixel failed:\n{ending['log']}")
    first, second = (ending["seconds"] for ending in endings)
    return importing, first, second


def timed(work: Callable[[], object]) -> float:
    """Return how many seconds `work()` took."""
    start = time.monotonic()
    work()
    return time.monotonic() - start
