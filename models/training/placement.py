# SPDX-License-Identifier: GPL-3.0-or-later
"""Where a training runs: its devices, the precision of its convolutions, and whether XLA is tried."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any, Callable

import tensorflow as tf

from ..networks.layers import BFLOAT16, FLOAT32

_BFLOAT16_FROM = (8, 0)  # NVIDIA's compute capability: older cards emulate it
_TIMED_CALLS = 5
_XLA_FROM_S = 900.0  # of trainings: to compile takes a while
_CLEARLY = 0.9  # of the time: less of a difference may be chance


@dataclass(frozen=True)
class Placement:
    """The devices that a training is spread over; each takes a batch of its own in every step."""

    devices: tuple[str, ...] = ("/CPU:0",)
    precision: str = FLOAT32  # of convolutions and features; weights, fields, logits and losses are float32
    tries_xla: bool = False

    def tries_xla_in(self, seconds: float, *, areas_stay: bool) -> bool:
        """Return whether a training that takes so long tries XLA; it compiles anew for other areas."""
        return self.tries_xla and areas_stay and seconds >= _XLA_FROM_S

    @contextmanager
    def entered(self) -> Iterator[None]:
        """Make variables and run operations on the devices."""
        if len(self.devices) == 1:
            with tf.device(self.devices[0]):
                yield
        else:
            with tf.distribute.MirroredStrategy(self.devices).scope():
                yield


def placement_of(device: str) -> Placement:
    """Return the placement of a training on "cpu" or "gpu": all GPUs that TensorFlow sees.

    Whether the processor is faster with bfloat16 is tried, in a quarter of a second.
    """
    if device == "cpu":
        with tf.device("/CPU:0"):
            x, weights = tf.ones([16, 32, 32, 48]), tf.ones([3, 3, 48, 48])
            is_faster = faster(
                *(partial(_convolved, dtype, x, weights) for dtype in (tf.bfloat16, tf.float32))
            )
        return Placement(precision=BFLOAT16 if is_faster else FLOAT32)
    details = map(tf.config.experimental.get_device_details, tf.config.list_physical_devices("GPU"))
    return placement_on_gpus(list(details))


def placement_on_gpus(details: Sequence[Mapping[str, Any]]) -> Placement:
    """Return the placement on GPUs, given what TensorFlow tells of each.

    bfloat16 where all have it. XLA is tried on a single one: a step that it compiles as a whole has no place
    where several would add up their gradients. None of this was measured on a GPU yet.
    """
    has_bfloat16 = all(each.get("compute_capability", (0, 0)) >= _BFLOAT16_FROM for each in details)
    return Placement(
        devices=tuple(f"/GPU:{index}" for index in range(len(details))),
        precision=BFLOAT16 if has_bfloat16 else FLOAT32,
        tries_xla=len(details) == 1,
    )


def faster(one: Callable[[], object], other: Callable[[], object]) -> bool:
    """Return whether `one` is clearly faster than `other`, and TensorFlow can run it.

    Each is called once before, to be compiled.
    """
    try:
        return _seconds(one) < _CLEARLY * _seconds(other)
    except tf.errors.OpError:
        return False


@tf.function(autograph=False)
def _convolved(dtype: tf.DType, x: tf.Tensor, weights: tf.Tensor) -> list[tf.Tensor]:
    """Return the gradients of a convolution as in training."""
    with tf.GradientTape() as tape:
        tape.watch([x, weights])
        y = tf.nn.conv2d(tf.cast(x, dtype), tf.cast(weights, dtype), 1, "VALID")
        total = tf.reduce_sum(tf.cast(y, tf.float32))
    return tape.gradient(total, [x, weights])


def _seconds(call: Callable[[], object]) -> float:
    """Return what the quickest of some calls takes: others may have waited for the machine."""
    _waited_for(call())
    taken = []
    for _ in range(_TIMED_CALLS):
        start = time.perf_counter()
        _waited_for(call())
        taken.append(time.perf_counter() - start)
    return min(taken)


def _waited_for(result: object) -> None:
    """Read all tensors of a result: a GPU is only asked for them before."""
    for tensor in tf.nest.flatten(result):
        if tf.is_tensor(tensor):
            tensor.numpy()
