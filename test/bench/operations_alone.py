# SPDX-License-Identifier: GPL-3.0-or-later
"""Finds what TensorFlow's time goes into, in a block and in a training step; prints one line of JSON."""

from __future__ import annotations

import itertools
import json
import re
from collections import Counter
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Callable

import numpy as np
import tensorflow as tf
from geogan.models.area import Area
from geogan.models.training.placement import placement_of
from geogan.models.training.settings import TrainingSettings
from geogan.models.training.stage_training import StageTrainer
from geogan.worker import runtime
from osgeo import gdal
from tensorflow.tsl.profiler.protobuf import xplane_pb2

from .area import cascade_at, make_area
from .equal_patches import STAGE

CALLS = 5  # that are looked at
OTHER = "arithmetic"
KINDS = {  # by words in the names of TensorFlow's operations; the first that fits
    "gradients of convolutions": ["Conv2DBackprop"],
    "convolutions": ["Conv2D"],
    "comparing and sorting (flood, pits, rectifiers)": (
        ["Minimum", "Maximum", "Less", "Greater", "Select", "TopK", "LowerBound", "UpperBound", "Relu", "Any"]
    ),
    "moving numbers": (
        ["Pad", "Slice", "Concat", "Pack", "Transpose", "Reshape", "ToDepth", "ToSpace", "Gather", "Cast"]
    ),
    "means of cells": ["Pool"],
    "random numbers": ["Random"],
}
_OPERATION = re.compile(r"[^:]+:(\w+)")  # an event's name: where it stands in the graph, and what it is
_HOLDERS = ("While", "Call", "If")  # operations that only hold others


def main(model: str, dem: str) -> None:
    """Look at rows of a model's blocks, and at a step of a detail stage on a DEM without voids."""
    runtime.start()
    cascade, seeds = cascade_at(model), itertools.count()
    heights = gdal.Open(dem).ReadAsArray().astype(np.float32)
    precision = placement_of("cpu").precision
    trainer = StageTrainer(STAGE, [Area(heights)], TrainingSettings(), precision=precision)
    trainer.compile()
    blocks = shares(lambda: make_area(cascade, next(seeds), rows=1))
    print(json.dumps({"blocks": blocks, "step": shares(lambda: trainer.step(1e-3))}))


def shares(work: Callable[[], object]) -> dict[str, float]:
    """Return the share of each kind of operation in the time of all, the largest first."""
    work()
    with TemporaryDirectory() as folder:
        tf.profiler.experimental.start(folder)
        for _ in range(CALLS):
            work()
        tf.profiler.experimental.stop()
        (found,) = Path(folder).rglob("*.xplane.pb")
        space = xplane_pb2.XSpace.FromString(found.read_bytes())
    seconds: Counter[str] = Counter()
    for plane in space.planes:
        for line in plane.lines:
            for event in line.events:
                named = _OPERATION.fullmatch(plane.event_metadata[event.metadata_id].name)
                if named and not named[1].endswith(_HOLDERS):
                    seconds[kind_of(named[1])] += event.duration_ps
    return {kind: taken / seconds.total() for kind, taken in seconds.most_common()}


def kind_of(name: str) -> str:
    """Return the kind of an operation.

    >>> kind_of("_MklNativeFusedConv2D")
    'convolutions'
    """
    for kind, words in KINDS.items():
        if any(word in name for word in words):
            return kind
    return OTHER
