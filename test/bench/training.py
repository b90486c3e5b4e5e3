# SPDX-License-Identifier: GPL-3.0-or-later
"""Training at default settings: how many patches a second, and with how much memory."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from osgeo import gdal

from .large_layer import write_land
from .measurement import Figure, figure
from .watching import Run, run_watched
from .workplace import Workplace, training


def measure(place: Workplace) -> Iterator[Figure]:
    """Yield the patches a second and the memory of training on the sample, and the memory on large layers.

    The algorithm's clock runs while patches are learnt. Starting, building the networks and comparing what
    they make with real land come before and after.
    """
    minutes, repeats = place.either((1.0, 5), (0.05, 1))
    runs = [trained(place, training(place.folder / "rate.geogan", minutes)) for _ in range(repeats)]
    what = f"train {minutes * 60:.0f} s on the sample"
    rates = [run.results["PATCHES_PER_SECOND"] for run in runs]
    yield figure(what, "patches/s", rates)
    whole = [rate * run.results["SECONDS"] / run.seconds for rate, run in zip(rates, runs)]
    yield figure(f"{what}, over the whole process", "patches/s", whole)
    yield figure(f"{what}: peak memory, QGIS and worker", "MiB", [run.peak_memory_mb for run in runs])
    yield from on_large_layers(place)


def on_large_layers(place: Workplace) -> Iterator[Figure]:
    """Yield the memory of training on layers that are learnt from in turns, long enough for a second turn."""
    sides, minutes = place.either(((10_000, 20_000), 3.0), ((500,), 0.05))
    peaks = {}
    gdal.UseExceptions()
    for side in sides:
        land = write_land(place.folder / "large.tif", side)
        asked = training(place.folder / "large.geogan", minutes)
        run = trained(place, {**asked, "LAYERS": [str(land)]})
        land.unlink()
        peaks[side] = run.peak_memory_mb
        what = f"train {minutes * 60:.0f} s on {side} x {side} px: peak memory, QGIS and worker"
        yield figure(what, "MiB", [run.peak_memory_mb])
    for smaller, larger in zip(sides, sides[1:]):
        growth = peaks[larger] / peaks[smaller]
        yield figure(f"peak memory, trained on {larger} over {smaller} px", "", [growth])


def trained(place: Workplace, parameters: dict[str, object]) -> Run:
    """Train anew; what is written is deleted."""
    run = run_watched(place, "geogan:train", parameters)
    Path(str(parameters["MODEL"])).unlink()
    return run
