# SPDX-License-Identifier: GPL-3.0-or-later
"""Times networks inside one process with TensorFlow, as the worker sets it up; prints one line of JSON."""

from __future__ import annotations

import json
import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from functools import partial
from typing import Callable

from geogan.models.generation.cascade import BLOCK_PX, Cascade
from geogan.models.generation.generation_job import block_threads
from geogan.worker import runtime

from .area import COLS, ROWS, Watched, cascade_at, make_area, watch, watch_noise
from .convolutions import Convolution, convolutions_of, loops_of
from .other_blocks import OTHER_WAYS, OtherBlocks
from .terrain.classic_gan import SIDE_PX, ClassicGan

BLOCKS = ROWS * COLS
CLASSIC_FIELDS = 4  # in a round


def main(model: str, rounds: str, others: str) -> None:
    """Time `rounds` rounds with a model file, and so many other ways; all graphs are warm before.

    Prints lists with a value for each round: "ours" and "classic" in megapixels a second; "block", the
    milliseconds of one of our blocks, several at a time as in the worker, and "lone block", one at a time; of
    the latter, by stage, "calls" of its network a block and "network", its milliseconds a block, and "noise",
    those of the noise of all stages; by stage and shape, "convolutions", the milliseconds that they would
    take alone for a block; "convolutions together", that of all, as many at a time as there are blocks; and
    by way, "other blocks", the speed of land in other blocks or precision over that of ours.
    """
    runtime.start()
    cascade, classic = cascade_at(model), ClassicGan((0.0, 1000.0), seed=0)
    watches, noise = watch(cascade), watch_noise()
    make_area(cascade, seed=0)
    make_classic(classic, seed=0)
    counts = {stage: convolutions_of(watched.graph) for stage, watched in watches.items()}
    loops, other_blocks = loops_of(counts), OtherBlocks(model, cascade, OTHER_WAYS[: int(others)])
    found = defaultdict(list)
    for seed in range(1, int(rounds) + 1):
        for name, value in of_area(cascade, watches, noise, seed):
            found[name].append(value)
        found["classic"].append(classic_megapixels() / seconds_of(partial(make_classic, classic, seed)))
        alone = {each: loop.milliseconds() for each, loop in loops.items()}
        for name, value in of_convolutions(counts, watches, alone):
            found[name].append(value)
        together = {each: loop.milliseconds(block_threads()) for each, loop in loops.items()}
        of_all = of_convolutions(counts, watches, together)
        found["convolutions together"].append(sum(value for _, value in of_all))
        for way, speed in other_blocks.speeds(seed):
            found[f"other blocks/{way}"].append(speed)
    print(json.dumps(found))


def of_area(
    cascade: Cascade, watches: Mapping[str, Watched], noise: Watched, seed: int
) -> Iterator[tuple[str, float]]:
    """Make areas of worlds that were not seen before, coarse stages included; yield what that took."""
    seconds = seconds_of(partial(make_area, cascade, seed, threads=block_threads()))
    yield "ours", BLOCKS * BLOCK_PX**2 / 1e6 / seconds
    yield "block", 1000.0 * seconds / BLOCKS
    for watched in (*watches.values(), noise):
        watched.restart()
    yield "lone block", 1000.0 * seconds_of(partial(make_area, cascade, -seed)) / BLOCKS
    for stage, watched in watches.items():
        yield f"calls/{stage}", watched.calls / BLOCKS
        yield f"network/{stage}", 1000.0 * watched.seconds / BLOCKS
    yield "noise", 1000.0 * noise.seconds / BLOCKS


def seconds_of(work: Callable[[], object]) -> float:
    """Return what some work takes."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def of_convolutions(
    counts: Mapping[str, Counter[Convolution]],
    watches: Mapping[str, Watched],
    alone: Mapping[Convolution, float],
) -> Iterator[tuple[str, float]]:
    """Yield the milliseconds that a block's convolutions would take, alone, by stage and shape.

    Args:
        counts: how often each is in the network of a stage.
        watches: of the area: how often the network of a stage was called.
        alone: what each takes.
    """
    for stage, counter in counts.items():
        for each, count in counter.items():
            of_block = count * watches[stage].calls / BLOCKS
            several = f", {count} of them" if count > 1 else ""
            yield f"convolutions/{stage}: {each}{several}", of_block * alone[each]


def make_classic(gan: ClassicGan, seed: int) -> None:
    """Have the classic GAN make fields."""
    for number in range(CLASSIC_FIELDS):
        gan.generate(CLASSIC_FIELDS * seed + number)


def classic_megapixels() -> float:
    return CLASSIC_FIELDS * SIDE_PX**2 / 1e6
