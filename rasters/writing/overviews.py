# SPDX-License-Identifier: GPL-3.0-or-later
"""Overviews that are made as the rows of a band come, so that nothing is read again."""

from __future__ import annotations

import numpy as np
from osgeo import gdal

from ..grid import align_down


class GrowingOverviews:
    """The overviews of one band, each the means over 2 x 2 pixels of the one before; voids do not count.

    Rows come panel by panel, from left to right, and in each from top to bottom. Every overview averages them
    as they come, and writes and hands on its own rows when they fill a row of its tiles: so each tile is
    written once, and no more than a row of them waits. Where a panel's border runs through the tiles of an
    overview, it is kept whole until the end: with panels of 8 192 pixels and tiles of 256 pixels, one of a
    4 096th of the band's pixels.
    """

    def __init__(self, band: gdal.Band, nodata: np.number | None) -> None:
        """Take a band whose overviews are there, halving each time, and empty."""
        self._bands = [band.GetOverview(i) for i in range(band.GetOverviewCount())]
        self._height, self._width = band.YSize, band.XSize
        self._nodata = nodata
        self._col = -1
        # Of each overview: the last row that came where it lacks its other, and own rows short of a tile.
        self._unpaired: list[np.ndarray | None] = []
        self._waiting: list[np.ndarray | None] = []
        self._rows: list[int] = []  # of each overview's panel that are written
        self._whole: dict[int, np.ndarray] = {}

    def add(self, row: int, col: int, values: np.ndarray) -> None:
        """Take the next rows of the band, [H, W], NaN where void."""
        if col != self._col:
            self._begin_panel(col, values)
        values = values.astype(np.result_type(values.dtype, np.float32), copy=False)
        self._take(0, values, is_last=row + values.shape[0] == self._height)

    def finish(self) -> None:
        """Write what was kept whole."""
        for level, values in self._whole.items():
            self._write(level, 0, 0, values)
        self._whole.clear()

    def _begin_panel(self, col: int, values: np.ndarray) -> None:
        if self._col < 0 and values.shape[1] < self._width:
            for level, band in enumerate(self._bands):
                if values.shape[1] % (band.GetBlockSize()[0] << (level + 1)):
                    self._whole[level] = np.empty((band.YSize, band.XSize), np.float64)
        self._col = col
        self._unpaired, self._waiting = [[None] * len(self._bands) for _ in range(2)]
        self._rows = [0] * len(self._bands)

    def _take(self, level: int, rows: np.ndarray, is_last: bool) -> None:
        if level == len(self._bands):
            return
        pairs, self._unpaired[level] = _split(_joined(self._unpaired[level], rows), 2, is_last)
        if pairs.shape[0] == 0:
            return
        own = _joined(self._waiting[level], means_of_four(pairs))
        means, self._waiting[level] = _split(own, self._bands[level].GetBlockSize()[1], is_last)
        if means.shape[0] == 0:
            return
        row, col = self._rows[level], self._col >> (level + 1)
        self._rows[level] += means.shape[0]
        if level in self._whole:
            self._whole[level][row : row + means.shape[0], col : col + means.shape[1]] = means
        else:
            self._write(level, row, col, means)
        self._take(level + 1, means, is_last)

    def _write(self, level: int, row: int, col: int, values: np.ndarray) -> None:
        band = self._bands[level]
        if not gdal.GetDataTypeName(band.DataType).startswith("Float"):
            values = np.rint(values)
        if self._nodata is not None:
            values = np.where(np.isnan(values), self._nodata, values)
        band.WriteArray(values, col, row)


def _joined(above: np.ndarray | None, below: np.ndarray) -> np.ndarray:
    return below if above is None else np.concatenate([above, below])


def _split(rows: np.ndarray, lot: int, is_last: bool) -> tuple[np.ndarray, np.ndarray | None]:
    """Return the rows that make whole lots, the last ones all, and those that are left over, if any."""
    full = rows.shape[0] if is_last else align_down(rows.shape[0], lot)
    return rows[:full], rows[full:].copy() if full < rows.shape[0] else None


def means_of_four(values: np.ndarray) -> np.ndarray:
    """Return the means over 2 x 2 pixels, NaN left out; at an odd end over those that there are.

    >>> means_of_four(np.array([[1.0, 3.0, 5.0], [np.nan, 2.0, 7.0]]))
    array([[2., 6.]])
    """
    height, width = values.shape
    if height % 2 or width % 2:
        values = np.pad(values, ((0, height % 2), (0, width % 2)), mode="edge")
    known = ~np.isnan(values)
    if known.all():
        return _sums_of_four(values) * values.dtype.type(0.25)
    counts = _sums_of_four(known.astype(values.dtype))
    sums = _sums_of_four(np.where(known, values, values.dtype.type(0)))
    return np.divide(sums, counts, out=np.full_like(sums, np.nan), where=counts > 0)


def _sums_of_four(values: np.ndarray) -> np.ndarray:
    rows = values[::2] + values[1::2]
    return rows[:, ::2] + rows[:, 1::2]
