# SPDX-License-Identifier: GPL-3.0-or-later
"""Times networks inside one process with TensorFlow, as the worker sets it up; prints one line of JSON."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Callable

import tensorflow as tf
from geogan.models import model_file
from geogan.models.cascade import BLOCK_PX, Cascade, built_generator
from geogan.models.generation_job import architecture_of, statistics_of
from geogan.models.noise import world_noise
from geogan.models.weights import from_bytes
from geogan.worker import runtime

from .networks import CONVOLUTION
from .terrain.classic_gan import SIDE_PX, ClassicGan

SIDE_BLOCKS = 8  # of the square that our networks make in a round: 4096 px, as beside GRASS
CLASSIC_FIELDS = 4  # in a round
REPEATS = 3  # of one block, and of each of its convolutions, in a round


def main(model: str, rounds: str) -> None:
    """Time `rounds` rounds with a model file. All networks and graphs are warm before."""
    runtime.start()
    cascade, classic = cascade_of(Path(model)), ClassicGan((0.0, 1000.0), seed=0)
    block, convolutions = block_and_convolutions(Path(model))
    timers: dict[str, Callable[[int], float]] = {
        "ours": lambda seed: area_megapixels() / timed(lambda: make_area(cascade, seed)),
        "classic": lambda seed: classic_megapixels() / timed(lambda: make_classic(classic, seed)),
        "block_ms": lambda _: 1000 * timed(block),
        **{
            CONVOLUTION + shapes: lambda _, alone=alone: 1000 * sum(map(timed, alone))
            for shapes, alone in convolutions.items()
        },
    }
    for timer in timers.values():
        timer(0)
    found = {name: [] for name in timers}
    for seed in range(1, int(rounds) + 1):
        for name, timer in timers.items():
            found[name].append(timer(seed))
    print(json.dumps(found))


def cascade_of(path: Path) -> Cascade:
    """Return the cascade of a model file."""
    card = model_file.read_card(path)
    weights = from_bytes(model_file.read_member(path, model_file.WEIGHTS))
    return Cascade(architecture_of(card), statistics_of(card), weights, card.variety)


def make_area(cascade: Cascade, seed: int) -> None:
    """Make a square of blocks of a world that was not seen before, its coarse stages included."""
    for row in range(SIDE_BLOCKS):
        for col in range(SIDE_BLOCKS):
            cascade.block(seed, row * BLOCK_PX, col * BLOCK_PX)


def area_megapixels() -> float:
    return (SIDE_BLOCKS * BLOCK_PX) ** 2 / 1e6


def make_classic(gan: ClassicGan, seed: int) -> None:
    for number in range(CLASSIC_FIELDS):
        gan.generate(CLASSIC_FIELDS * seed + number)


def classic_megapixels() -> float:
    return CLASSIC_FIELDS * SIDE_PX**2 / 1e6


def block_and_convolutions(
    path: Path,
) -> tuple[Callable[[], object], dict[str, list[Callable[[], object]]]]:
    """Return what makes one block with the last stage, and its convolutions on the same shapes, by shape."""
    card = model_file.read_card(path)
    stage = architecture_of(card).stages[-1]
    generator = built_generator(stage, statistics_of(card)[-1])
    noise = [tf.constant(field) for field in world_noise(stage, 0, 0, 0, 0, BLOCK_PX)]
    side = BLOCK_PX // stage.factor + 2 * stage.guide_margin
    guide = tf.random.normal([1, side, side, 1]) if stage.guided else None
    landscape = tf.zeros([1], tf.int64)
    make = tf.function(generator, autograph=False).get_concrete_function(noise, landscape, guide)
    given = [each for each in (*noise, landscape, guide) if each is not None]
    convolutions: dict[str, list[Callable[[], object]]] = {}
    for shapes, alone in convolutions_of(make.graph):
        convolutions.setdefault(shapes, []).append(alone)
    return repeated(lambda: make(*given)), convolutions


def convolutions_of(graph: tf.Graph) -> Iterator[tuple[str, Callable[[], object]]]:
    """Yield the shapes of each convolution of a graph, and what computes it by itself on random numbers."""
    for operation in graph.get_operations():
        if operation.type != "Conv2D":
            continue
        values, kernel = (tf.random.normal(tensor.shape) for tensor in operation.inputs)
        padding = operation.get_attr("padding").decode()
        alone = tf.function(lambda x, w, padding=padding: tf.nn.conv2d(x, w, 1, padding), autograph=False)
        (_, rows, cols, _), (height, width, inputs, outputs) = values.shape, kernel.shape
        shapes = f"{height} x {width}, {inputs} to {outputs} channels, {rows} x {cols} cells"
        yield shapes, repeated(lambda alone=alone, x=values, w=kernel: alone(x, w))


def repeated(work: Callable[[], object]) -> Callable[[], object]:
    """Return what does the work REPEATS times."""
    return lambda: [work() for _ in range(REPEATS)]


def timed(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start
