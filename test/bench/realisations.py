# SPDX-License-Identifier: GPL-3.0-or-later
"""Many lands of one place with their mean and standard deviation: whether memory grows with their number."""

from __future__ import annotations

from collections.abc import Iterator

from .generation import GROWTH
from .measurement import Figure, figure
from .watching import MEMORY_MB, Run, run_watched
from .workplace import Workplace


def measure(place: Workplace) -> Iterator[Figure]:
    """Yield memory and time of few lands and of many, and how memory grows."""
    side, counts = place.either((2_000, (5, 50)), (600, (2, 3)))
    peaks = []
    for count in counts:
        run = generate(place, side, count)
        peaks.append(run.peak_memory_mb)
        what = f"{count} realisations of {side} x {side} px, with mean and deviation"
        yield figure(f"{what}: whole process", "s", [run.seconds])
        yield figure(f"{what}: peak memory, QGIS and worker", "MiB", [run.peak_memory_mb], MEMORY_MB)
    what = f"peak memory, {counts[1]} realisations over {counts[0]}"
    yield figure(what, "", [peaks[1] / peaks[0]], place.either(GROWTH, None))


def generate(place: Workplace, side: int, count: int) -> Run:
    """Generate so many lands."""
    output = place.folder / f"{count} lands.tif"
    asked = {**place.generating(side, output), "REALISATIONS": count, "SPREAD": "true"}
    run = run_watched(place, "geogan:generate", asked)
    output.unlink()
    return run
