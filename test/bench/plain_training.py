# SPDX-License-Identifier: GPL-3.0-or-later
"""Training beside the plain way to write it: the same networks and losses in a Keras `train_step`."""

from __future__ import annotations

from collections.abc import Iterator

from ..harness.programs import SAMPLE
from .measurement import Bar, Figure, figure
from .process_alone import run_alone
from .workplace import Workplace

FASTER_THAN_PLAIN = Bar("at least", 3.0, by_median=True)

# Seeds; turns of either with each; steps in a turn.
FULL = (3, 5, 100)
QUICK = (1, 1, 5)


def measure(place: Workplace) -> Iterator[Figure]:
    """Yield the patches a second of both, and how real the land of both is after equally many patches.

    Both are trained in turn on a detail stage of the sample, and then make land of the sample's coarse forms.
    """
    found = run_alone("equal_patches", SAMPLE, *place.either(FULL, QUICK))
    yield figure("train a detail stage", "patches/s", found["ours"])
    yield figure("the same by a plain Keras train_step", "patches/s", found["plain"])
    ratios = [a / b for a, b in zip(found["ours"], found["plain"])]
    yield figure("training speed over that of plain Keras", "", ratios, FASTER_THAN_PLAIN)
    after = f"after {found['patches']} patches"
    yield figure(f"score of the land of a detail stage {after}", "", found["ours/score"])
    yield figure(f"score of the land of plain Keras {after}", "", found["plain/score"])
    scores = [a / b for a, b in zip(found["ours/score"], found["plain/score"])]
    yield figure("score of the land over that of plain Keras", "", scores)
