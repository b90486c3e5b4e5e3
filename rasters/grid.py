# SPDX-License-Identifier: GPL-3.0-or-later
"""The world grid: whole-number windows on a lattice that starts at the CRS's origin.

This module owns two pieces of arithmetic and opens no file:

    column = floor(x / p)    row = floor(-y / p)        a point (x, y) on the lattice of pixel size p
    x = column * p           y = -row * p               the upper left corner of a pixel

Land that follows a layer lies on the layer's pixels instead: its lattice has another origin, less than a
cell of the layer away. Rows grow southwards. Rows and columns may be negative: nothing here is special at
zero.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

from ..errors import GeoGanError

# An extent typed in or computed by QGIS misses the lattice by rounding only; a millionth of a pixel is
# far above that error (1e-8 px at 50 million pixels from the origin) and far below anything visible.
TOLERANCE_PX = 1e-6

# GDAL counts the rows and columns of a raster in signed 32 bits.
LARGEST_SIDE_PX = 2**31 - 1


@dataclass(frozen=True)
class Window:
    """A rectangle of pixels: rows [row, row_stop) and columns [col, col_stop), at least one of each."""

    row: int
    col: int
    height: int
    width: int

    def __post_init__(self) -> None:
        if self.height < 1 or self.width < 1:
            raise ValueError(f"a window has at least one pixel, not {self.height} x {self.width}")

    @property
    def row_stop(self) -> int:
        """The first row below the window."""
        return self.row + self.height

    @property
    def col_stop(self) -> int:
        """The first column to the right of the window."""
        return self.col + self.width

    @classmethod
    def between(cls, row: int, col: int, row_stop: int, col_stop: int) -> Window:
        """Return the window of rows [row, row_stop) and columns [col, col_stop)."""
        return cls(row, col, row_stop - row, col_stop - col)

    def intersection(self, other: Window) -> Window | None:
        """Return the pixels that both windows hold, or None where there are none."""
        row, row_stop = max(self.row, other.row), min(self.row_stop, other.row_stop)
        col, col_stop = max(self.col, other.col), min(self.col_stop, other.col_stop)
        if row >= row_stop or col >= col_stop:
            return None
        return Window.between(row, col, row_stop, col_stop)

    def widened(self, margin: int) -> Window:
        """Return the window with `margin` pixels more on each side."""
        return Window.between(
            self.row - margin, self.col - margin, self.row_stop + margin, self.col_stop + margin
        )

    def blocks(self, size: int) -> Iterator[Window]:
        """Yield the canonical blocks that touch the window, row by row.

        A canonical block is `size` pixels square and its row and column are multiples of `size`, so it
        is the same block whatever the window.
        """
        for row in range(align_down(self.row, size), self.row_stop, size):
            for col in range(align_down(self.col, size), self.col_stop, size):
                yield Window(row, col, size, size)


def align_down(value: int, step: int) -> int:
    """Return the multiple m of `step` with m <= value < m + step.

    >>> align_down(700, 512), align_down(-1, 512)
    (512, -512)
    """
    return value // step * step


@dataclass(frozen=True)
class Lattice:
    """All pixels of one size in one CRS.

    Args:
        pixel_size: side of the square pixels in units of the CRS.
        origin: (x, y) of the upper left corner of the pixel at row 0, column 0.

    Raises:
        GeoGanError: the size is not a positive number.
    """

    pixel_size: float
    origin: tuple[float, float] = (0.0, 0.0)

    def __post_init__(self) -> None:
        if not (math.isfinite(self.pixel_size) and self.pixel_size > 0):
            raise GeoGanError("The pixel size must be a positive number, not {size}.", size=self.pixel_size)

    def window_of(self, xmin: float, ymin: float, xmax: float, ymax: float) -> Window:
        """Return the smallest window that holds the bounds, given in units of the CRS.

        Bounds on the lattice (within a millionth of a pixel) are met exactly; bounds without a width or
        height get one pixel.

        Raises:
            GeoGanError: the bounds are not numbers, are inverted, or hold more pixels than a raster can.
        """
        _check_bounds(xmin, ymin, xmax, ymax)
        x, y = self.origin
        col, col_stop = self._snap_outward(xmin - x, xmax - x)
        row, row_stop = self._snap_outward(y - ymax, y - ymin)
        if max(col_stop - col, row_stop - row) > LARGEST_SIDE_PX:
            raise GeoGanError(
                "The extent is too large: {width} x {height} pixels of {size}. Choose a smaller extent.",
                width=col_stop - col,
                height=row_stop - row,
                size=self.pixel_size,
            )
        return Window.between(row, col, row_stop, col_stop)

    def _snap_outward(self, low: float, high: float) -> tuple[int, int]:
        start = math.floor(low / self.pixel_size + TOLERANCE_PX)
        stop = math.ceil(high / self.pixel_size - TOLERANCE_PX)
        return start, max(stop, start + 1)

    def bounds(self, window: Window) -> tuple[float, float, float, float]:
        """Return (xmin, ymin, xmax, ymax) of the window, in units of the CRS."""
        p, (x, y) = self.pixel_size, self.origin
        return (
            x + window.col * p,
            y - window.row_stop * p,
            x + window.col_stop * p,
            y - window.row * p,
        )

    def geotransform(self, window: Window) -> tuple[float, float, float, float, float, float]:
        """Return GDAL's six numbers for a north-up raster of the window."""
        p, (x, y) = self.pixel_size, self.origin
        return x + window.col * p, p, 0.0, y - window.row * p, 0.0, -p

    def divided(self, factor: int) -> Lattice:
        """Return the lattice of the same origin whose pixels are `factor` times smaller."""
        return Lattice(self.pixel_size / factor, self.origin)


def _check_bounds(xmin: float, ymin: float, xmax: float, ymax: float) -> None:
    values = {"xmin": xmin, "ymin": ymin, "xmax": xmax, "ymax": ymax}
    if not all(math.isfinite(value) for value in values.values()):
        raise GeoGanError(
            "The extent is not a rectangle: {xmin}, {ymin}, {xmax}, {ymax}. Set it again.", **values
        )
    if xmin > xmax or ymin > ymax:
        raise GeoGanError(
            "The extent is inverted: it runs from {xmin} to {xmax} and from {ymin} to {ymax}. "
            "Put the smaller number first.",
            **values,
        )
