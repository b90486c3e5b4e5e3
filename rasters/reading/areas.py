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

# As float32, 192 MB.
BUDGET_PX = 48_000_000

# Side of the windows of a layer that is over its share; also how much is read at a time.
WINDOW_PX = 2048


@dataclass(frozen=True)
class Area:
    """Clean terrain.

    Attributes:
        name: of the layer.
        values: float32 [H, W], NaN where void.
        landscape: that the layer names, or "".
        is_part: whether it is a window of a layer that is over its share.
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
        seed: chooses the windows of large layers.
        log: called with a template and its values.
        progress: called with the share of layers read.
        turn: each has other windows of the layers over their share; those after the first have only these.
        guides: guiding layers, which count towards the budget.

    Raises:
        GeoGanError: a layer cannot be read, holds no data, or is constant; a guiding layer lies elsewhere.
        Cancelled: `progress` returned False.
    """
    shares = fair_shares([area.width * area.height for area in aligned], budget_px // (1 + len(guides)))
    for number, (area, share) in enumerate(zip(aligned, shares)):
        report(progress, number / len(aligned))
        is_part = area.width * area.height > share
        if turn and not is_part:
            continue
        windows = [Window(0, 0, area.height, area.width)]
        if is_part:
            windows = _windows_within(area, share, seed + number, turn)
            _log_large(area, windows, silent if turn else log)
        arrays = [_read(area, window, progress, number / len(aligned)) for window in windows]
        _clean_layer(area.name, arrays, seed, log)
        here = part_of(progress, *[number / len(aligned)] * 2)
        for values, conditions in _with_conditions(area, zip(windows, arrays), guides, here):
            yield Area(area.name, values, area.landscape, is_part, conditions)


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


def fair_shares(sizes: list[int], budget: int) -> list[int]:
    """Return how much of the budget each gets: its own size, or an equal part of what smaller ones leave.

    >>> fair_shares([10, 100, 200], 110)
    [10, 50, 50]
    """
    shares = [0] * len(sizes)
    remaining = budget
    smallest_first = sorted(range(len(sizes)), key=lambda index: sizes[index])
    for position, index in enumerate(smallest_first):
        shares[index] = min(sizes[index], remaining // (len(sizes) - position))
        remaining -= shares[index]
    return shares


def _windows_within(area: AlignedArea, share_px: int, seed: int, turn: int) -> list[Window]:
    side = min(WINDOW_PX, area.width, area.height)
    return spread_windows(area.width, area.height, side, max(1, share_px // side**2), seed, turn)


def _log_large(area: AlignedArea, windows: list[Window], log: Log) -> None:
    log(
        "Layer {layer} is large ({width} x {height} pixels): {count} windows of {side} pixels, "
        "spread over it, are used at a time.",
        layer=area.name,
        width=area.width,
        height=area.height,
        count=len(windows),
        side=min(WINDOW_PX, area.width, area.height),
    )


def _read(area: AlignedArea, window: Window, progress: Progress | None, fraction: float) -> np.ndarray:
    """Return a window of an area as float32 [H, W], read in parts so that cancel is heard."""
    dataset = open_raster(area.vrt, area.name)
    values = np.empty((window.height, window.width), np.float32)
    try:
        for part in spread_windows(window.width, window.height, WINDOW_PX, 2**31, seed=0):
            report(progress, fraction)
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
        GeoGanError: nothing is left, or it is all one value.
    """
    sample = sample_valid(arrays, seed)
    if sample.size == 0:
        raise GeoGanError(
            "Layer {layer} has no data: every pixel is nodata. Choose another layer.", layer=name
        )
    fence = find_fence(sample)
    removed = sum(clean(values, fence) for values in arrays)
    if removed:
        log("Layer {layer}: {count} outliers are left out.", layer=name, count=removed)
    lowest = np.nanmin([np.fmin.reduce(values, axis=None) for values in arrays])
    highest = np.nanmax([np.fmax.reduce(values, axis=None) for values in arrays])
    if lowest == highest:
        raise GeoGanError(
            "Layer {layer} is constant: every pixel is {value}. Choose a layer with relief.",
            layer=name,
            value=f"{lowest:g}",
        )
