# SPDX-License-Identifier: GPL-3.0-or-later
"""The worker's job `generate`: a model, perhaps a guide, and pieces of its world in; blocks out."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from contextlib import closing
from typing import TYPE_CHECKING

import numpy as np
import tensorflow as tf

from ...errors import GeoGanError
from .. import model_card, model_file
from ..controls import Controls
from ..described import architecture_of, statistics_of
from ..weights import from_bytes
from .cascade import BLOCK_PX, Cascade
from .conditions import standardised
from .guide import GivenField, following, most_alike
from .side_by_side import side_by_side

if TYPE_CHECKING:
    from ...worker.channel import Channel
    from ...worker.protocol import Message

DEVICES = {"cpu": "/CPU:0", "gpu": "/GPU:0"}

_PLACE = ("guide_row", "guide_col")
_CONTROLS = ("rows", "cols", "heights", "sides")
_MOST_THREADS = 8  # each needs some tens of megabytes, four times as many one octave off (guide.py)
_TOLD_EVERY_S = 0.1  # how much is done: a fast machine makes hundreds of blocks in a second

# The last cascade by the checksum of its file and its device: the next request is mostly for the same.
_warm: dict[tuple[str, str], Cascade] = {}


def generate(request: Message, channel: Channel) -> None:
    """Generate pieces of a model's world, one `block` message a piece.

    Request arrays: `model`, the bytes of a model file, and `pieces`, int64 (n, 4): row, col, height and width
    in pixels, in the order wanted; each lies within one canonical block. Fields: `seed`; `landscape`, the
    name of one that the model knows, or none for its first; `variety`, 0 to 1, or none for the model's own.

    A `guide`, float32 (rows, cols) without voids, steers the land: its first cell is `guide_row`, `guide_col`
    on the lattice of cells of `factor` pixels, which with `guide_is_free` begins where those of the seed's
    world do (`Cascade.origin`). With a guide and no name, the landscape is the most alike.

    `conditions`, float32 (rows, cols, layers) without voids, are the numbers of the guiding layers that the
    model was trained with, in their order: the first cell is `conditions_row`, `conditions_col` on the
    lattice of the cells that the last stage makes finer.

    Controls, `control_rows`, `control_cols`, `control_heights` and `control_sides` (models/controls.py), give
    the land its heights at some pixels.
    """
    pieces = np.asarray(request.arrays["pieces"], np.int64).tolist()
    seed = int(request.fields["seed"])
    start = time.monotonic()
    with tf.device(DEVICES[channel.device]):
        model = bytes(request.arrays["model"])
        cascade = cascade_of(model, channel.device, request.fields.get("variety"))
        card = model_file.read_card(model)
        landscape = card.landscape_index(request.fields.get("landscape"))
        cascade = _conditioned(cascade, card, request)
        if "guide" in request.arrays:
            guide = GivenField(*(int(request.fields[key]) for key in _PLACE), request.arrays["guide"])
            is_free = bool(request.fields.get("guide_is_free", False))
            followed = following(cascade, guide, int(request.fields["factor"]), is_free=is_free)
            cascade = followed.cascade
            if not request.fields.get("landscape"):
                landscape = most_alike(followed.own_guide().values, statistics_of(card)[followed.stage])
        if "control_rows" in request.arrays:
            from .sketched import sketched  # not above: SciPy would delay every first block

            controls = Controls(*(np.array(request.arrays[f"control_{name}"]) for name in _CONTROLS))
            statistics = [of_stage[landscape] for of_stage in statistics_of(card)]
            world = cascade.world(seed, landscape)
            cascade = sketched(cascade, statistics, controls, world, channel.check_cancelled)
        _send_blocks(cascade, seed, landscape, pieces, channel)
    told = {"seconds": time.monotonic() - start, "device": channel.device}
    channel.send("result", {**told, "landscape": card.landscapes[landscape]})


def _conditioned(cascade: Cascade, card: model_card.ModelCard, request: Message) -> Cascade:
    """Return the cascade that is told of the request's guiding layers; GeoGanError where they do not fit."""
    given = request.arrays.get("conditions")
    if (0 if given is None else given.shape[-1]) != len(card.conditions):
        raise GeoGanError(
            "The model takes these guiding layers, no more and no fewer: {names}.",
            names=", ".join(each.name for each in card.conditions) or "–",
        )
    if given is None:
        return cascade
    corner = (int(request.fields[key]) for key in ("conditions_row", "conditions_col"))
    return cascade.conditioned_by(GivenField(*corner, standardised(given, card.conditions)))


def _send_blocks(
    cascade: Cascade,
    seed: int,
    landscape: int,
    pieces: Sequence[Sequence[int]],
    channel: Channel,
) -> None:
    """Compute and send the pieces: while one crosses the pipe, the next ones are computed."""

    def values_of(piece: Sequence[int]) -> np.ndarray:
        channel.check_cancelled()
        row, col, height, width = piece
        top, left = row % BLOCK_PX, col % BLOCK_PX
        with tf.device(DEVICES[channel.device]):  # which each thread has of its own
            block = cascade.block(seed, row - top, col - left, landscape)
        return np.ascontiguousarray(block[top : top + height, left : left + width])

    told_at = time.monotonic()
    with channel.crossing() as send, closing(side_by_side(values_of, pieces, block_threads())) as blocks:
        for done, ((row, col, *_), values) in enumerate(blocks, start=1):
            send("block", {"row": row, "col": col}, {"values": values})
            if time.monotonic() >= told_at + _TOLD_EVERY_S or done == len(pieces):
                told_at = time.monotonic()
                send("progress", {"fraction": done / len(pieces)})


def block_threads() -> int:
    """Return how many blocks are computed at a time: two for each core, eight at most.

    Some wait for a coarse block that another one computes, or for Python itself.
    """
    cores = tf.config.threading.get_intra_op_parallelism_threads() or os.cpu_count() or 1
    return min(2 * cores, _MOST_THREADS)


def cascade_of(model: bytes, device: str, variety: float | None = None) -> Cascade:
    """Return the cascade of a model file, ready to generate lands as various as asked for.

    Args:
        variety: 0 to 1 for all landscapes, or None for the model's own.
    """
    cascade = _warm_cascade(model, device)
    return cascade if variety is None else cascade.with_variety([float(variety)] * len(cascade.variety))


def _warm_cascade(model: bytes, device: str) -> Cascade:
    key = model_file.sha256_of(model), device
    if key not in _warm:
        card = model_file.read_card(model)
        weights = from_bytes(model_file.read_member(model, model_file.WEIGHTS))
        cascade = Cascade(architecture_of(card), statistics_of(card), weights, card.variety)
        _warm.clear()
        _warm[key] = cascade
    return _warm[key]
