# SPDX-License-Identifier: GPL-3.0-or-later
"""Beside what a user would take instead: r.surf.fractal of GRASS, written to the same kind of file.

Stored by the same creation options. What r.out.gdal does not make and our file has, overviews and statistics,
is made by GDAL's own programs afterwards, and timed apart.
"""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from geogan.rasters.writing.creation_options import DEFAULT_OPTIONS, merged_options, of_geotiff
from geogan.rasters.writing.side_files import remove_beside

from .generation import generate
from .measurement import Bar, Figure, NotMeasured, figure
from .terrain import fractal
from .watching import ProcessWatch
from .workplace import CRS, TIMEOUT_S, Workplace

# Sides of the squares in pixels, and how often each is made by either.
FULL = {4096: 5, 16_384: 5}
QUICK = {512: 1}

# GeoGAN's time over that of GRASS, by side.
TIME_BARS = {4096: Bar("at most", 1.0, by_median=True), 16_384: Bar("at most", 0.5, by_median=True)}
MEMORY_BARS = {16_384: Bar("at most", 1 / 8, by_median=True)}

SCRIPT = """
set -e
g.region n={side} s=0 e={side} w=0 res=1
r.surf.fractal --quiet output=fractal
r.out.gdal --quiet -c -f input=fractal output={output} type=Float32 \\
    createopt={options}
"""


class Cost(NamedTuple):
    """What one raster took."""

    seconds: float  # from the start of the first program to the end of the last
    peak_memory_mb: float
    completed_in: float = 0.0  # seconds that overviews and statistics took afterwards


def measure(place: Workplace) -> Iterator[Figure]:
    """Yield the costs of both, taken in turn so that the machine's mood is the same, and their ratios.

    Raises:
        NotMeasured: GRASS is not installed.
    """
    why = fractal.missing()
    if why:
        raise NotMeasured(why)
    for side, repeats in place.either(FULL, QUICK).items():
        ours, theirs = zip(*((of_geogan(place, side), of_grass(place, side)) for _ in range(repeats)))
        what = f"{side} x {side} px"
        yield figure(f"GeoGAN, {what}", "s", [each.seconds for each in ours])
        grass = f"GRASS r.surf.fractal, no overviews and statistics, {what}"
        yield figure(grass, "s", [each.seconds for each in theirs])
        times = [a.seconds / b.seconds for a, b in zip(ours, theirs)]
        yield figure(f"time over that of GRASS, {what}", "", times, TIME_BARS.get(side))
        completed = [each.completed_in for each in theirs]
        yield figure(f"overviews and statistics of that file, gdaladdo and gdalinfo, {what}", "s", completed)
        times = [a.seconds / (b.seconds + b.completed_in) for a, b in zip(ours, theirs)]
        yield figure(f"time over that of GRASS with overviews and statistics, {what}", "", times)
        yield figure(f"peak memory of GRASS, {what}", "MiB", [each.peak_memory_mb for each in theirs])
        memory = [a.peak_memory_mb / b.peak_memory_mb for a, b in zip(ours, theirs)]
        yield figure(f"peak memory over that of GRASS, {what}", "", memory, MEMORY_BARS.get(side))


def of_geogan(place: Workplace, side: int) -> Cost:
    """Generate a square, from cold start to the file with its overviews."""
    run = generate(place, side)
    return Cost(run.seconds, run.peak_memory_mb)


def grass_script(side: int, output: Path) -> str:
    """Return the script that GRASS runs; the file is stored as ours is."""
    return SCRIPT.format(side=side, output=output, options=",".join(of_geotiff(merged_options(None))))


def of_grass(place: Workplace, side: int) -> Cost:
    """Make a fractal surface and export it. Raises subprocess.SubprocessError where GRASS fails.

    Its programs run one after the other: what they need is what the largest of them needs.
    """
    output = place.folder / "fractal.tif"
    script = place.folder / "fractal.sh"
    script.write_text(grass_script(side, output), encoding="utf-8")
    command = ["grass", "--tmp-location", CRS, "--exec", "sh", str(script)]
    start = time.monotonic()
    with (
        subprocess.Popen(
            command,
            env={**os.environ, "LC_ALL": "C"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        ) as grass,
        ProcessWatch(grass.pid) as memory,
    ):
        try:
            _, complaints = grass.communicate(timeout=TIMEOUT_S)
        except BaseException:
            os.killpg(grass.pid, signal.SIGKILL)  # with the programs that it started
            raise
    seconds = time.monotonic() - start
    if grass.returncode:
        raise subprocess.CalledProcessError(grass.returncode, command, stderr=complaints)
    completed_in = complete(output)
    output.unlink()
    remove_beside(output)  # or the next file of this name would have these statistics
    return Cost(seconds, memory.largest_mb, completed_in)


def complete(raster: Path) -> float:
    """Give a raster overviews, the means of 2 x 2, and statistics; return what that takes in seconds.

    Raises subprocess.SubprocessError where GDAL fails.
    """
    ours = DEFAULT_OPTIONS
    config = {"GDAL_NUM_THREADS": ours["NUM_THREADS"], "ZLEVEL_OVERVIEW": ours["ZLEVEL"]}
    options = [word for key, value in config.items() for word in ("--config", key, value)]
    start = time.monotonic()
    for command in (
        ["gdaladdo", "-q", "-r", "average", *options, str(raster)],
        ["gdalinfo", "-stats", str(raster)],
    ):
        subprocess.run(command, check=True, capture_output=True, timeout=TIMEOUT_S)
    return time.monotonic() - start
