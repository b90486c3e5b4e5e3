# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads aligned layers into clean arrays for training, within a budget of pixels."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from ...errors import GeoGanError
from ..gdal_guard import gdal_checked
from ..grid import Window
from ..reporting import Log, Progress, part_of, report, silent
from .alignment import AlignedArea
from .cleaning import clean, find_fence, sample_valid
from .conditions import Uncovered, read_conditions
from .source import CANNOT_READ, Source, open_raster
from .spread import spread_windows
from .turns import PartsInTurns

# As float32, 192 MB.
BUDGET_PX = 48_000_000

# The most on a side of the windows of a layer that is over its share; also how much is read at a time.
WINDOW_PX = 2048


class NoLand(GeoGanError):  # noqa: N818 - says what is wrong
    """What was read of a layer has no data, or no relief."""


@dataclass(frozen=True)
class Area:
    """Clean terrain.

    Attributes:
        name: of the layer.
        values: float32 [H, W], NaN where void.
        landscape: that the layer names, or "".
        is_part: whether other turns have others in its place.
        conditions: what guiding layers say there, float32 [H, W, layers] without voids; None without any.
    """

    name: str
    values: np.ndarray
    landscape: str
    is_part: bool = False
    conditions: np.ndarray | None = None


def read_areas(
    aligned: list[AlignedArea],
    budget_px: int = BUDGET_PX,
    seed: int = 0,
    log: Log = silent,
    progress: Progress | None = None,
    turn: int = 0,
    guides: Sequence[Source] = (),
) -> Iterator[Area]:
    """Yield the layers' terrain: a layer as one area or, where it is over its share, as several windows.

    Args:
        budget_px: of all layers together. Layers share it evenly; what small ones leave, large ones get.
            Where it has no room for a window of each, the layers take turns.
        seed: chooses the windows of large layers.
        log: called with a template and its values.
        progress: called with the share of layers read.
        turn: each has other windows of the layers over their share; those after the first have only these.
        guides: guiding layers, which count towards the budget.

    Raises:
        GeoGanError: a layer cannot be read, holds no data, or is constant; a guiding layer lies elsewhere.
            A layer of which that is true in its windows only is left out, unless no other is of its landscape
            and the turn is the first.
        Cancelled: `progress` returned False.
    """
    parts = PartsInTurns(aligned, budget_px // (1 + len(guides)), WINDOW_PX)
    windows_of = parts.windows(turn, seed)
    if not turn:
        _log_large(aligned, windows_of, len(parts.numbers), log)
        whole = set(range(len(aligned))) - parts.numbers
        windows_of |= {i: [Window(0, 0, aligned[i].height, aligned[i].width)] for i in whole}
    lacking, landscapes = {}, set()
    for number, windows in sorted(windows_of.items()):
        area, here = aligned[number], number / len(aligned)
        try:
            read = _read_clean(area, windows, guides, seed, log, part_of(progress, here, here))
        except (NoLand, Uncovered) as error:
            if number not in parts.numbers:
                raise
            lacking.setdefault(area.landscape.casefold(), error)
            continue
        landscapes.add(area.landscape.casefold())
        for values, conditions in read:
            yield Area(area.name, values, area.landscape, number in parts.numbers, conditions)
    for landscape, error in lacking.items():
        if not turn and landscape not in landscapes:
            raise error


def _read_clean(
    area: AlignedArea,
    windows: Sequence[Window],
    guides: Sequence[Source],
    seed: int,
    log: Log,
    progress: Progress | None,
) -> list[tuple[np.ndarray, np.ndarray | None]]:
    """Return the land in windows of a layer, and what guiding layers say of each.

    Raises:
        NoLand, Uncovered: there is none, or guiding layers lie elsewhere.
    """
    arrays = [_read(area, window, progress) for window in windows]
    _clean_layer(area.name, arrays, seed, log)
    return _with_conditions(area, zip(windows, arrays), guides, progress)


def _with_conditions(
    area: AlignedArea,
    pieces: Iterable[tuple[Window, np.ndarray]],
    guides: Sequence[Source],
    progress: Progress | None,
) -> list[tuple[np.ndarray, np.ndarray | None]]:
    """Return the pieces that have land, and what guiding layers say of each.

    Raises:
        Uncovered: a guiding layer covers none of them. Else those that it does not cover are left out.
    """
    told, uncovered = [], None
    for window, values in pieces:
        is_land = np.isfinite(values)
        if is_land.any():
            try:
                conditions = read_conditions(guides, area, window, is_land, progress) if guides else None
                told.append((values, conditions))
            except Uncovered as error:
                uncovered = error
    if uncovered and not told:
        raise uncovered
    return told


def _log_large(aligned: list[AlignedArea], windows: dict[int, list[Window]], count: int, log: Log) -> None:
    if len(windows) < count:
        log(
            "There are too many layers to be held at once: {few} of {count}, or parts of them, are used at a "
            "time, and the others in turn.",
            count=count,
            few=len(windows),
        )
        return
    for number, of_layer in sorted(windows.items()):
        log(
            "Layer {layer} is large ({width} x {height} pixels): {count} windows of {side} pixels, "
            "spread over it, are used at a time.",
            layer=aligned[number].name,
            width=aligned[number].width,
            height=aligned[number].height,
            count=len(of_layer),
            side=max(of_layer[0].width, of_layer[0].height),
        )


def _read(area: AlignedArea, window: Window, progress: Progress | None) -> np.ndarray:
    """Return a window of an area as float32 [H, W], read in parts so that cancel is heard."""
    dataset = open_raster(area.vrt, area.name)
    values = np.empty((window.height, window.width), np.float32)
    try:
        for part in spread_windows(window.width, window.height, WINDOW_PX, 2**31, seed=0):
            report(progress, 0.0)
            with gdal_checked(CANNOT_READ, layer=area.name):
                values[part.row : part.row_stop, part.col : part.col_stop] = dataset.ReadAsArray(
                    window.col + part.col, window.row + part.row, part.width, part.height
                )
    finally:
        del dataset  # else the traceback of a cancel keeps the file open, and Windows won't delete a copy
    return values


def _clean_layer(name: str, arrays: list[np.ndarray], seed: int, log: Log) -> None:
    """Clean all windows of a layer in place, by one fence.

    Raises:
        NoLand: nothing is left, or it is all one value.
    """
    sample = sample_valid(arrays, seed)
    if sample.size == 0:
        raise NoLand("Layer {layer} has no data: every pixel is nodata. Choose another layer.", layer=name)
    fence = find_fence(sample)
    removed = sum(clean(values, fence) for values in arrays)
    if removed:
        log("Layer {layer}: {count} outliers are left out.", layer=name, count=removed)
    lowest = np.nanmin([np.fmin.reduce(values, axis=None) for values in arrays])
    highest = np.nanmax([np.fmax.reduce(values, axis=None) for values in arrays])
    if lowest == highest:
        raise NoLand(
            "Layer {layer} is constant: every pixel is {value}. Choose a layer with relief.",
            layer=name,
            value=f"{lowest:g}",
        )
