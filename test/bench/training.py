# SPDX-License-Identifier: GPL-3.0-or-later
"""Training on the sample at default settings: how many patches a second."""

from __future__ import annotations

from collections.abc import Iterator

from .measurement import Figure, figure
from .startup import timed
from .workplace import Workplace, training


def measure(place: Workplace) -> Iterator[Figure]:
    """Yield the patches a second as the algorithm says, and those of the whole process.

    The algorithm's clock runs while patches are learnt. Starting, building the networks and comparing what
    they make with real land come before and after.
    """
    minutes, repeats = place.either((1.0, 3), (0.05, 1))
    learning, whole = zip(*(trained(place, minutes) for _ in range(repeats)))
    yield figure(f"train {minutes * 60:.0f} s on the sample", "patches/s", learning)
    yield figure(f"train {minutes * 60:.0f} s on the sample, over the whole process", "patches/s", whole)


def trained(place: Workplace, minutes: float) -> tuple[float, float]:
    """Train anew for so long; return the patches a second of learning, and those of the whole process."""
    parameters = training(place.folder / "rate.geogan", minutes)
    outputs: dict[str, float] = {}
    seconds = timed(lambda: outputs.update(place.run("geogan:train", parameters)))
    rate = outputs["PATCHES_PER_SECOND"]
    return rate, rate * outputs["SECONDS"] / seconds
