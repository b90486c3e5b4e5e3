# SPDX-License-Identifier: GPL-3.0-or-later
"""The networks alone: beside this machine's bare convolutions, and beside the classic GAN."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from statistics import median

from .measurement import Bar, Figure, figure
from .process_alone import run_alone
from .workplace import Workplace

FASTER_THAN_CLASSIC = Bar("at least", 25.0, by_median=True)
SHARE_OF_CONVOLUTIONS = Bar("at least", 0.6, by_median=True)

# Rounds; other ways to make the same land.
FULL = (5, 5)
QUICK = (1, 1)

Rounds = Mapping[str, Sequence[float]]


def measure(place: Workplace) -> Iterator[Figure]:
    """Yield speeds of both networks and of ours in other blocks, and the share of convolutions in a block.

    All is measured in one process, in rounds, each kind once a round. Our blocks are those of an area with
    all that the worker computes for it, noise and coarse stages too; of the latter, a block has its share.
    As many are computed at a time as in the worker; networks are timed beside them, one block at a time.
    Each convolution is timed in a loop of its own.
    """
    found = run_alone("networks_alone", place.model, *place.either(FULL, QUICK))
    yield figure("GeoGAN's blocks, without QGIS and file", "Mpx/s", found["ours"])
    yield figure("the classic GAN alone", "Mpx/s", found["classic"])
    faster = ratios(found["ours"], found["classic"])
    yield figure("speed over that of the classic GAN", "", faster, FASTER_THAN_CLASSIC)
    for way, speeds in named(found, "other blocks/").items():
        yield figure(f"land in {way}: speed over that of ours", "", speeds)
    yield from of_block(found)


def of_block(found: Rounds) -> Iterator[Figure]:
    """Yield the time of a block, of a lone one and its networks, and of their convolutions alone."""
    yield figure("a block of 512 x 512 px, with what it needs of the coarse stages", "ms", found["block"])
    yield figure("a block, one at a time", "ms", found["lone block"])
    for stage, times in named(found, "network/").items():
        calls = median(found[f"calls/{stage}"])
        yield figure(f"of that the network of stage {stage}, called {calls:.3g} times", "ms", times)
    yield figure("of that the noise of all stages", "ms", found["noise"])
    convolutions = named(found, "convolutions/")
    for name, times in convolutions.items():
        yield figure(f"a block's convolutions alone, {name}", "ms", times)
    alone = [sum(of_round) for of_round in zip(*convolutions.values())]
    yield figure("a block's convolutions alone, of all stages", "ms", alone)
    shares = ratios(alone, found["block"])
    yield figure("share of the convolutions in the time of a block", "", shares, SHARE_OF_CONVOLUTIONS)
    together = found["convolutions together"]
    yield figure("a block's convolutions, as many alike at a time as blocks", "ms", together)
    yield figure("share of those in the time of a block", "", ratios(together, found["block"]))


def ratios(ones: Sequence[float], others: Sequence[float]) -> list[float]:
    """Return what is over what, round by round."""
    return [one / other for one, other in zip(ones, others)]


def named(found: Rounds, kind: str) -> dict[str, Sequence[float]]:
    """Return what was found of one kind, by the rest of its name."""
    return {name[len(kind) :]: values for name, values in found.items() if name.startswith(kind)}
