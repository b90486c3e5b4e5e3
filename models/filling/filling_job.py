# SPDX-License-Identifier: GPL-3.0-or-later
"""The worker's jobs `fill` and `meet`: land for the voids of a window, and land brought to their rims.

The stages work as ever, coarse to fine. But what each of them hands to the next is known where the land is
known: there the means of the real land stand in the field, and what the stage has made, as rough as they are,
meets them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import tensorflow as tf

from .. import model_card, model_file
from ..architecture import StageArchitecture
from ..area import Area, averaged
from ..described import architecture_of, statistics_of
from ..generation.cascade import Cascade
from ..generation.generation_job import DEVICES, cascade_of
from ..generation.guide import GivenField, most_alike
from ..generation.world import Field, World
from .membrane import FADE_PX, meeting, membrane
from .roughness import REACH, as_rough_as

if TYPE_CHECKING:
    from ...worker.channel import Channel
    from ...worker.protocol import Message


def fill(request: Message, channel: Channel) -> None:
    """Make land for the voids of a window; it follows the known land, but does not meet it to the pixel yet.

    Request arrays: `model`, the bytes of a model file; `known`, float32 (rows, cols), NaN where void, on the
    model's pixels, some of them known. Fields: `seed`; `landscape`, a name, or none for the most alike;
    `variety`, 0 to 1, or none for the model's own; `row` and `col` of the window's first pixel and its
    sides, multiples of the layout's cells; `wanted`: row, col, height and width of the part that is made.

    The result has that part as `made`, float32, and the name of the `landscape`.
    """
    with tf.device(DEVICES[channel.device]):
        content = bytes(request.arrays["model"])
        card = model_file.read_card(content)
        known = np.asarray(request.arrays["known"], np.float32)
        name = request.fields.get("landscape")
        smooth = membrane(known, np.isnan(known)).astype(np.float32)
        landscape = card.landscape_index(name) if name else _most_alike(smooth, card)
        cascade = cascade_of(content, channel.device, request.fields.get("variety"))
        made = _made(
            cascade,
            cascade.world(int(request.fields["seed"]), landscape),
            known,
            smooth,
            (int(request.fields["row"]), int(request.fields["col"])),
            [int(each) for each in request.fields["wanted"]],
            channel,
        )
    channel.send("result", {"landscape": card.landscapes[landscape]}, {"made": made})


def meet(request: Message, channel: Channel) -> None:
    """Fill the voids of `known`, (rows, cols), NaN where void, with `made`, so that it meets their rims.

    Both are request arrays, and `is_made`, uint8, not 0 where what is known was made up for another window;
    the result has `filled`, float64 (rows, cols).
    """
    known, made, is_made = (request.arrays[name] for name in ("known", "made", "is_made"))
    filled = meeting(known, made, FADE_PX, is_made != 0)
    channel.send("result", {}, {"filled": filled})


def _made(
    cascade: Cascade,
    world: World,
    known: np.ndarray,
    smooth: np.ndarray,
    place: tuple[int, int],
    wanted: list[int],
    channel: Channel,
) -> np.ndarray:
    """Return the part `wanted` of the last stage's field, whose guides are known where the land is."""
    *coarser, last = enumerate(cascade.architecture.stages)

    def made_by(
        index: int, stage: StageArchitecture, guide: Field | None, cells: np.ndarray, row: int, col: int
    ) -> np.ndarray:
        """Return what a stage makes of its guide where these cells are, whose first is (row, col)."""
        channel.check_cancelled()
        height, width = cells.shape
        made = cascade.field(index, guide) if stage.guided else cascade.large_forms()
        field = made.window(world, row, col, max(height, width))[:height, :width]
        return as_rough_as(cells, field, stage.factor) if stage.guided else field

    guide = None
    for index, stage in coarser:
        size = cascade.architecture.pixels_per_field_cell(index)
        cells, row, col = _cells(known, smooth, size), place[0] // size, place[1] // size
        guide = GivenField(row, col, meeting(cells, made_by(index, stage, guide, cells, row, col)))
    around, part = _surroundings(wanted, place, known.shape, last[1].factor)
    corner = (place[0] + around[0].start, place[1] + around[1].start)
    return made_by(*last, guide, known[around], *corner)[part]


def _surroundings(
    wanted: Sequence[int], place: tuple[int, int], shape: tuple[int, int], factor: int
) -> tuple[tuple[slice, slice], tuple[slice, slice]]:
    """Return the rows and columns of a window that tell how rough a part has to be, and where in them it is.

    They are whole cells, as is the window.
    """
    around, part = [], []
    for first, count, begin, side in zip(wanted[:2], wanted[2:], place, shape):
        start = max(0, (first - begin - REACH) // factor * factor)
        stop = min(side, -(-(first - begin + count + REACH) // factor) * factor)
        around.append(slice(start, stop))
        part.append(slice(first - begin - start, first - begin - start + count))
    return tuple(around), tuple(part)


def _cells(known: np.ndarray, smooth: np.ndarray, size: int) -> np.ndarray:
    """Return the means of size x size pixels; void where fewer than half of the pixels are known.

    The voids of a cell that is known count as smooth: the mean of the rest would be off on a slope.
    """
    is_void = np.isnan(averaged(Area(known), size).values)
    return np.where(is_void, np.nan, averaged(Area(smooth), size).values)


def _most_alike(smooth: np.ndarray, card: model_card.ModelCard) -> int:
    architecture = architecture_of(card)
    if len(architecture.stages) == 1:
        return 0
    cells = averaged(Area(smooth), architecture.pixels_per_field_cell(0)).values
    return most_alike(cells, statistics_of(card)[1])
