# SPDX-License-Identifier: GPL-3.0-or-later
"""Training on the sample at default settings: how many patches a second."""

from __future__ import annotations

from collections.abc import Iterator

from .measurement import Figure, figure
from .workplace import Workplace, training


def measure(place: Workplace) -> Iterator[Figure]:
    """Yield the patches per second of short trainings, the building of TensorFlow's graphs included."""
    minutes, repeats = place.either((1.0, 3), (0.1, 1))
    rates = [
        place.run("geogan:train", training(place.folder / f"rate{i}.geogan", minutes))["PATCHES_PER_SECOND"]
        for i in range(repeats)
    ]
    yield figure(f"train {minutes * 60:.0f} s on the sample", "patches/s", rates)
