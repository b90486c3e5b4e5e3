# SPDX-License-Identifier: GPL-3.0-or-later
"""The terrain generator of GRASS: r.surf.fractal, at its default fractal dimension."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator

import numpy as np

from .task import FIELD_PX, Task

# r.surf.fractal has no seed among its parameters, but GRASS takes one from the environment.
MAKE_ONE = """
GRASS_RANDOM_SEED={seed} r.surf.fractal --quiet --overwrite output=fractal
r.out.bin -f --quiet --overwrite input=fractal bytes=4 output={seed}.bin
"""
REGION = "g.region n={extent} s=0 e={extent} w=0 res={pixel_size}\n"
TIMEOUT_S = 3600.0


def missing() -> str | None:
    """Return why it cannot take part, or None."""
    if shutil.which("grass"):
        return None
    return "GRASS is not installed: r.surf.fractal is left out. On Debian and Ubuntu, it is in grass-core."


def generate(task: Task) -> Iterator[np.ndarray]:
    """Yield fractal surfaces, scaled to the mean and the deviation of the training part, as a user would.

    Raises:
        subprocess.SubprocessError: GRASS failed.
    """
    heights = np.concatenate([field[np.isfinite(field)] for field in task.land.training])
    mean, deviation = heights.mean(dtype=np.float64), heights.std(dtype=np.float64)
    for field in _surfaces(task):
        standard = (field - field.mean(dtype=np.float64)) / field.std(dtype=np.float64)
        yield (mean + deviation * standard).astype(np.float32)


def _surfaces(task: Task) -> Iterator[np.ndarray]:
    """Yield what r.surf.fractal makes, float32; GRASS has a location for it that it deletes in the end."""
    folder = task.folder / "fractal"
    folder.mkdir()
    size = task.land.pixel_size
    region = REGION.format(extent=FIELD_PX * size, pixel_size=size)
    script = "set -e\n" + region + "".join(MAKE_ONE.format(seed=seed) for seed in range(1, task.fields + 1))
    (folder / "make_all.sh").write_text(script, encoding="utf-8")
    subprocess.run(
        [shutil.which("grass"), "--tmp-location", "XY", "--exec", "sh", "make_all.sh"],
        cwd=folder,
        env={**os.environ, "LC_ALL": "C"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        check=True,
        timeout=TIMEOUT_S,
    )
    for seed in range(1, task.fields + 1):
        yield np.fromfile(folder / f"{seed}.bin", np.float32).reshape(FIELD_PX, FIELD_PX)
