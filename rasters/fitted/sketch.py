# SPDX-License-Identifier: GPL-3.0-or-later
"""Sketched points and lines on the pixels of a lattice: which heights they give to which pixels."""

from __future__ import annotations

import enum
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from osgeo import gdal

from ...errors import GeoGanError
from ...models.controls import Controls, means
from ..gdal_guard import gdal_checked
from ..grid import Lattice

#: So many pixels of lines are the most: the earth's circumference in pixels of 90 m is twice that.
MOST_PIXELS = 200_000
_READ_PX = 256  # pixels of the land's file that are read at once
_STEP_PX = 1 / 16  # a line is followed in steps of so many pixels


class Kind(enum.Enum):
    """What a line or point is: land rises from a river, falls from a ridge or peak, and ends at a coast."""

    PLAIN = ""
    COAST = "coast"
    PEAK = "peak"
    RIDGE = "ridge"
    RIVER = "river"


_ABOVE = {Kind.RIVER: 1.0, Kind.RIDGE: -1.0, Kind.PEAK: -1.0}


class SketchedLine(NamedTuple):
    """Part of a sketch: a point is a line of one vertex.

    Attributes:
        vertices: float64 [N, 3], x, y and height, in units of the lattice's CRS and of the model.
        kind: a closed coast has its land inside, another one on its left.
        is_hole: whether it is a hole of a polygon, whose land lies outside.
    """

    vertices: np.ndarray
    kind: Kind = Kind.PLAIN
    is_hole: bool = False


class _Trace(NamedTuple):
    """A line in small steps."""

    rows: np.ndarray  # int64 (n,)
    cols: np.ndarray
    heights: np.ndarray  # float64 (n,)
    sides: np.ndarray  # float64 (n, 3), as those of Controls


def controls_of(lines: Sequence[SketchedLine], lattice: Lattice) -> Controls:
    """Return the heights that a sketch gives to pixels.

    A river gives a pixel the lowest of its heights there, a ridge the highest, other lines and points the
    mean; where several meet, rivers count, else ridges, and a coast keeps its sides. Rivers never rise on
    their way, so that water runs along their pixels: where one joins another that lies higher, the rest of
    that one is lowered.

    Raises:
        GeoGanError: the lines pass more than MOST_PIXELS.
    """
    _check_length(lines, lattice)
    pixels: dict[tuple[int, int], tuple[float, np.ndarray]] = {}
    for kinds, heights_of in (
        ((Kind.PLAIN, Kind.COAST), lambda traces, groups: means(groups, _joined(traces).heights)),
        ((Kind.RIDGE, Kind.PEAK), _highest),
        ((Kind.RIVER,), _descending),
    ):
        traces = [_traced(line, lattice) for line in lines if line.kind in kinds]
        if traces:
            joined = _joined(traces)
            places, groups = np.unique(np.stack([joined.rows, joined.cols]), axis=1, return_inverse=True)
            groups = groups.reshape(-1)  # NumPy 2.0 gave it another shape
            heights, sides = heights_of(traces, groups), means(groups, joined.sides)
            for place, height, side in zip(map(tuple, places.T.tolist()), heights, sides):
                coast = pixels[place][1][1:] if place in pixels else 0.0
                pixels[place] = height, side + np.concatenate([[0.0], coast + np.zeros(2)])
    ordered = sorted(pixels)
    rows, cols = np.array(ordered, np.int64).reshape(-1, 2).T
    heights = np.array([pixels[pixel][0] for pixel in ordered], np.float64)
    sides = np.array([pixels[pixel][1] for pixel in ordered], np.float64).reshape(-1, 3)
    return Controls(rows, cols, heights, sides)


def _check_length(lines: Sequence[SketchedLine], lattice: Lattice) -> None:
    lengths = (np.hypot(*np.diff(line.vertices[:, :2], axis=0).T).sum() for line in lines)
    pixels = sum(1.0 + length / lattice.pixel_size for length in lengths)
    if pixels > MOST_PIXELS:
        raise GeoGanError(
            "The sketch passes {pixels} pixels, and {most} are the most. Leave out what lies far from the "
            "extent.",
            pixels=f"{pixels:.0f}",
            most=MOST_PIXELS,
        )


def _traced(line: SketchedLine, lattice: Lattice) -> _Trace:
    vertices = line.vertices[::-1] if _is_backward(line) else line.vertices
    x, y, heights = vertices.T
    x0, y0 = lattice.origin
    cols, rows = (x - x0) / lattice.pixel_size, (y0 - y) / lattice.pixel_size
    along = np.concatenate([[0.0], np.cumsum(np.hypot(np.diff(cols), np.diff(rows)))])
    steps = np.union1d(np.linspace(0.0, along[-1], 1 + int(np.ceil(along[-1] / _STEP_PX))), along)
    at = [np.interp(steps, along, values) for values in (rows, cols)]
    sides = np.zeros((len(steps), 3))
    if line.kind is Kind.COAST and len(steps) > 1:
        down, right = np.gradient(at[0]), np.gradient(at[1])
        # Of length one: where a shore turns, or two face each other in one cell, their mean is shorter.
        sides[:, 1:] = np.stack([-right, down], 1) / np.maximum(np.hypot(down, right), 1e-12)[:, None]
    else:
        sides[:, 0] = _ABOVE.get(line.kind, 0.0)
    rows, cols = (np.floor(values).astype(np.int64) for values in at)
    return _Trace(rows, cols, np.interp(steps, along, heights), sides)


def _is_backward(line: SketchedLine) -> bool:
    """Return whether a river was drawn upstream, or a closed coast with its land on the right."""
    x, y, heights = line.vertices.T
    if line.kind is Kind.RIVER:
        return bool(heights[-1] > heights[0])
    is_ring = line.kind is Kind.COAST and x[0] == x[-1] and y[0] == y[-1]
    is_clockwise = (x[:-1] * y[1:] - x[1:] * y[:-1]).sum() < 0
    return bool(is_ring and is_clockwise != line.is_hole)


def _joined(traces: Sequence[_Trace]) -> _Trace:
    return _Trace(*(np.concatenate(parts) for parts in zip(*traces)))


def _highest(traces: Sequence[_Trace], groups: np.ndarray) -> np.ndarray:
    heights = np.full(groups.max() + 1, -np.inf)
    np.maximum.at(heights, groups, _joined(traces).heights)
    return heights


def _descending(traces: Sequence[_Trace], groups: np.ndarray) -> np.ndarray:
    """Return the lowest heights, lowered further where a river would rise on its way.

    That is the lowest of all pixels upstream, across confluences: each pixel passes its height on downstream,
    the lowest first, until it meets one that has had a lower one.
    """
    heights = np.full(groups.max() + 1, np.inf)
    np.minimum.at(heights, groups, _joined(traces).heights)
    ends = np.cumsum([len(trace.heights) for trace in traces])
    downstream: list[list[int]] = [[] for _ in heights]
    for way in np.split(groups, ends[:-1]):
        for pixel, following in zip(way[:-1].tolist(), way[1:].tolist()):
            downstream[pixel].append(following)
    is_settled = np.zeros(len(heights), bool)
    for source in np.argsort(heights, kind="stable").tolist():
        reached, height = [source], heights[source]
        while reached:
            pixel = reached.pop()
            if not is_settled[pixel]:
                is_settled[pixel], heights[pixel] = True, height
                reached += downstream[pixel]
    return heights


class Misses(NamedTuple):
    """How well land meets a sketch.

    Attributes:
        off: float64 (n,), how far the land is off the sketch, without sign: first at each vertex that lies in
            it, then in each pixel that a line passes, whose height there is the mean along its way.
        places: float64 (n, 2), x and y of these.
        vertices: how many of them are vertices.
        relief: between the lowest and the highest height of the land, roughly.
    """

    off: np.ndarray
    places: np.ndarray
    vertices: int
    relief: float


def misses(lines: Sequence[SketchedLine], lattice: Lattice, path: str) -> Misses:
    """Return how well the land of a GeoTIFF on a lattice meets a sketch, as far as that lies in it.

    The sketched heights count as they are, also where `controls_of` lowers a river.

    Raises:
        GeoGanError: the file cannot be read.
    """
    vertices = np.concatenate([np.empty((0, 3)), *(line.vertices for line in lines)])
    passed = _passed(lines, lattice)
    x, y, heights = np.concatenate([vertices, passed]).T
    with gdal_checked("The land cannot be read: {reason}"):
        dataset = gdal.Open(path)
        left, _, _, top, _, _ = dataset.GetGeoTransform()
        (x0, y0), size = lattice.origin, lattice.pixel_size
        rows = np.floor((y0 - y) / size).astype(np.int64) - round((y0 - top) / size)
        cols = np.floor((x - x0) / size).astype(np.int64) - round((left - x0) / size)
        inside = (rows >= 0) & (rows < dataset.RasterYSize) & (cols >= 0) & (cols < dataset.RasterXSize)
        land = _land_at(dataset, rows[inside], cols[inside])
        lowest, highest = dataset.GetRasterBand(1).ComputeRasterMinMax(True)  # of an overview
    places = np.stack([x, y], 1)[inside]
    off, count = np.abs(land - heights[inside]), int(inside[: len(vertices)].sum())
    return Misses(off, places, count, highest - lowest)


def _passed(lines: Sequence[SketchedLine], lattice: Lattice) -> np.ndarray:
    """Return x and y of the middle of each pixel that a line passes, and its mean height there, (n, 3)."""
    passed = [np.empty((0, 3))]
    for trace in (_traced(line, lattice) for line in lines if len(line.vertices) > 1):
        enters = (np.diff(trace.rows) != 0) | (np.diff(trace.cols) != 0)
        first = np.concatenate([[0], 1 + np.flatnonzero(enters)])
        counts = np.diff(np.append(first, len(trace.rows)))
        (x0, y0), size = lattice.origin, lattice.pixel_size
        x, y = x0 + (trace.cols[first] + 0.5) * size, y0 - (trace.rows[first] + 0.5) * size
        passed.append(np.stack([x, y, np.add.reduceat(trace.heights, first) / counts], 1))
    return np.concatenate(passed)


def _land_at(dataset: gdal.Dataset, rows: np.ndarray, cols: np.ndarray) -> np.ndarray:
    """Return the heights of pixels, float64, each part of the raster read once."""
    land = np.empty(len(rows))
    parts, of = np.unique(np.stack([rows, cols]) // _READ_PX, axis=1, return_inverse=True)
    order = np.argsort(of.reshape(-1), kind="stable")
    ends = np.cumsum(np.bincount(of.reshape(-1), minlength=parts.shape[1]))
    for (row, col), here in zip((parts.T * _READ_PX).tolist(), np.split(order, ends[:-1])):
        height, width = min(_READ_PX, dataset.RasterYSize - row), min(_READ_PX, dataset.RasterXSize - col)
        values = dataset.GetRasterBand(1).ReadAsArray(col, row, width, height)
        land[here] = values[rows[here] - row, cols[here] - col]
    return land
