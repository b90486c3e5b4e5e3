# SPDX-License-Identifier: GPL-3.0-or-later
"""What it costs that every machine computes the same blocks in float32: the same land in other ways."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from geogan.models import model_file
from geogan.models.described import statistics_of
from geogan.models.generation.bent import BentField
from geogan.models.generation.cascade import _COARSE_BLOCK_CELLS, BLOCK_PX, Cascade
from geogan.models.generation.generation_job import block_threads
from geogan.models.generation.side_by_side import side_by_side
from geogan.models.generation.stage_field import StageField
from geogan.models.generation.world import World
from geogan.models.networks.generator import Generator
from geogan.models.networks.layers import BFLOAT16, FLOAT32
from geogan.models.statistics import FieldStatistics

from .area import COLS, ROWS

_KEPT = 200  # coarse blocks: more than the area has


class Way(NamedTuple):
    """A way to compute land."""

    block_px: int
    precision: str  # of the convolutions

    def __str__(self) -> str:
        name = {FLOAT32: "float32", BFLOAT16: "bfloat16"}[self.precision]
        return f"blocks of {self.block_px} x {self.block_px} px, {name}"


OURS = Way(BLOCK_PX, FLOAT32)
OTHER_WAYS = (
    Way(1024, BFLOAT16),
    Way(1024, FLOAT32),
    Way(512, BFLOAT16),
    Way(256, BFLOAT16),
    Way(256, FLOAT32),
)


class OtherBlocks:
    """The land of a model file, computed in our way and in others; all graphs are warm."""

    def __init__(self, model: Path | str, cascade: Cascade, others: Sequence[Way]) -> None:
        """Take a model file, its cascade as the worker has it, and the other ways."""
        statistics = statistics_of(model_file.read_card(Path(model).read_bytes()))
        self.fields = {way: _field_of(way.precision, cascade, statistics) for way in (OURS, *others)}
        for _ in self.speeds(seed=0):
            pass

    def speeds(self, seed: int) -> Iterator[tuple[str, float]]:
        """Yield each other way with its speed over that of ours, on a world that was not seen before."""
        seconds = {
            way: _seconds_of(field, way.block_px, World(seed, 0)) for way, field in self.fields.items()
        }
        ours = seconds.pop(OURS)
        for way, taken in seconds.items():
            yield str(way), ours / taken


def _field_of(
    precision: str, cascade: Cascade, statistics: Sequence[Sequence[FieldStatistics]]
) -> StageField:
    """Return the field of a cascade's last stage, all stages with convolutions of this precision."""
    field = None
    for index, (stage, of_landscapes) in enumerate(zip(cascade.architecture.stages, statistics)):
        generator = Generator(stage, of_landscapes, precision)
        generator.build()
        guide = BentField(field) if index == 1 else field
        field = StageField(index, generator, _COARSE_BLOCK_CELLS, _KEPT, guide)
        field.load(cascade.weights)
    return field


def _seconds_of(field: StageField, side: int, world: World) -> float:
    """Return what an area takes, as many blocks at a time as in the worker."""
    height, width = ROWS * BLOCK_PX, COLS * BLOCK_PX
    corners = [(row, col) for row in range(0, height, side) for col in range(0, width, side)]
    start = time.perf_counter()
    for _ in side_by_side(lambda corner: field.alone(world, *corner, side), corners, block_threads()):
        pass
    return time.perf_counter() - start
