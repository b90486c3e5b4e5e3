# SPDX-License-Identifier: GPL-3.0-or-later
"""The convolutions of a graph, each by itself in a loop: what this machine reaches on their shapes."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

import tensorflow as tf

TURNS = 20  # of a loop


class Convolution(NamedTuple):
    """What a convolution is asked to do."""

    values: tuple[int, ...]  # shape: batch, rows, columns, channels
    kernel: tuple[int, ...]  # shape: height, width, channels in, channels out
    strides: tuple[int, ...]
    padding: str
    dtype: tf.DType

    def __str__(self) -> str:
        (_, rows, cols, _), (height, width, inputs, outputs) = self.values, self.kernel
        return f"{height} x {width}, {inputs} to {outputs} channels, {rows} x {cols} cells"


def convolutions_of(graph: tf.Graph) -> Counter[Convolution]:
    """Return the convolutions of a graph, and how often each is in it."""
    return Counter(
        Convolution(
            *(tuple(tensor.shape) for tensor in operation.inputs),
            strides=tuple(operation.get_attr("strides")),
            padding=operation.get_attr("padding").decode(),
            dtype=operation.inputs[0].dtype,
        )
        for operation in graph.get_operations()
        if operation.type == "Conv2D"
    )


class Loop:
    """A convolution on random numbers, again and again, without Python in between."""

    def __init__(self, convolution: Convolution) -> None:
        self._values, self._kernel = (
            tf.cast(tf.random.normal(shape), convolution.dtype)
            for shape in (convolution.values, convolution.kernel)
        )
        self._convolution = convolution
        compiled = tf.function(self._turns, autograph=False)
        self._turn_all = compiled.get_concrete_function(self._values, self._kernel)
        self.run()

    def run(self) -> int:
        """Turn the loop; return how often it turned."""
        turns, _ = self._turn_all(self._values, self._kernel)
        return int(turns)

    def milliseconds(self, at_a_time: int = 1) -> float:
        """Return what one convolution takes, where so many loops turn at a time."""
        with ThreadPoolExecutor(at_a_time) as pool:
            start = time.perf_counter()
            turns = sum(pool.map(lambda _: self.run(), range(at_a_time)))
            return 1000.0 * (time.perf_counter() - start) / turns

    def _turns(self, values: tf.Tensor, kernel: tf.Tensor) -> list[tf.Tensor]:
        def turn(done: tf.Tensor, kernel: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
            # Each turn needs the one before: none can be left out, and no two run side by side.
            of = self._convolution
            result = tf.nn.conv2d(values, kernel, list(of.strides), of.padding)
            return done + 1, kernel + result[0, 0, 0, 0] * tf.cast(1e-6, of.dtype)

        return tf.while_loop(lambda done, _: done < TURNS, turn, (tf.constant(0), kernel))


def loops_of(counts: Mapping[str, Counter[Convolution]]) -> dict[Convolution, Loop]:
    """Return a loop for each convolution of several graphs."""
    return {each: Loop(each) for counter in counts.values() for each in counter}
