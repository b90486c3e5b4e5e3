# SPDX-License-Identifier: GPL-3.0-or-later
"""The networks alone: beside this machine's bare convolutions, and beside the classic GAN."""

from __future__ import annotations

from collections.abc import Iterator

from .measurement import Bar, Figure, figure
from .process_alone import run_alone
from .workplace import Workplace

CONVOLUTION = "convolution "  # before the shapes of each kind, in what `networks_alone` finds
FASTER_THAN_CLASSIC = Bar("at least", 25.0, by_median=True)
SHARE_OF_CONVOLUTIONS = Bar("at least", 0.6, by_median=True)


def measure(place: Workplace) -> Iterator[Figure]:
    """Yield speeds of both networks, and the share of a block's time that its convolutions alone would take.

    All is measured in one process, in rounds, each kind once a round.
    """
    found = run_alone("networks_alone", place.model, place.either(5, 1))
    yield figure("GeoGAN's networks alone", "Mpx/s", found["ours"])
    yield figure("the classic GAN alone", "Mpx/s", found["classic"])
    ratios = [a / b for a, b in zip(found["ours"], found["classic"])]
    yield figure("speed over that of the classic GAN", "", ratios, FASTER_THAN_CLASSIC)
    yield figure("a block of 512 x 512 px, detail stage", "ms", found["block_ms"])
    by_shape = {name: times for name, times in found.items() if name.startswith(CONVOLUTION)}
    for name, times in by_shape.items():
        yield figure(f"its {name}: alone, in a loop", "ms", times)
    alone = [sum(of_round) for of_round in zip(*by_shape.values())]
    yield figure("all its convolutions alone", "ms", alone)
    shares = [a / b for a, b in zip(alone, found["block_ms"])]
    yield figure("share of the convolutions", "", shares, SHARE_OF_CONVOLUTIONS)
