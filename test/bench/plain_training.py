# SPDX-License-Identifier: GPL-3.0-or-later
"""Training beside the plain way to write it: the same networks and losses in a Keras `train_step`."""

from __future__ import annotations

from collections.abc import Iterator

from ..harness.programs import SAMPLE
from .measurement import Bar, Figure, figure
from .process_alone import run_alone
from .workplace import Workplace

FASTER_THAN_PLAIN = Bar("at least", 3.0, by_median=True)


def measure(place: Workplace) -> Iterator[Figure]:
    """Yield the patches a second of both, trained in turn on a detail stage of the sample, and the ratio."""
    found = run_alone("plain_gan", SAMPLE, place.either(5, 1))
    yield figure("train a detail stage", "patches/s", found["ours"])
    yield figure("the same by a plain Keras train_step", "patches/s", found["plain"])
    ratios = [a / b for a, b in zip(found["ours"], found["plain"])]
    yield figure("training speed over that of plain Keras", "", ratios, FASTER_THAN_PLAIN)
