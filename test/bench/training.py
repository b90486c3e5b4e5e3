# SPDX-License-Identifier: GPL-3.0-or-later
"""Training on the sample at default settings: how many patches a second."""

from __future__ import annotations

from collections.abc import Iterator

from .measurement import Figure, figure
from .workplace import Workplace, training


def measure(place: Workplace) -> Iterator[Figure]:
    """Yield the patches per second of short trainings, as the algorithm says, and once they are under way.

    A training begins with the building of TensorFlow's graphs. What a longer one has done in its additional
    time is free of that.
    """
    short, long, repeats = place.either((0.5, 1.5, 3), (0.1, 0.2, 1))
    whole, under_way = [], []
    for _ in range(repeats):
        first_patches, first_seconds, _ = trained(place, short)
        patches, seconds, rate = trained(place, long)
        whole.append(rate)
        under_way.append((patches - first_patches) / (seconds - first_seconds))
    yield figure(f"train {long * 60:.0f} s on the sample", "patches/s", whole)
    yield figure(f"train on the sample, after {short * 60:.0f} s", "patches/s", under_way)


def trained(place: Workplace, minutes: float) -> tuple[float, float, float]:
    """Train anew for so long; return the patches, the seconds and their ratio."""
    outputs = place.run("geogan:train", training(place.folder / "rate.geogan", minutes))
    rate, seconds = outputs["PATCHES_PER_SECOND"], outputs["SECONDS"]
    return rate * seconds, seconds, rate
