# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes generated terrain piece by piece, with memory that does not grow with the extent."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from types import TracebackType
from typing import Any, NamedTuple

import numpy as np

from ..crs import read_crs, read_whole_crs, wkt_of
from ..grid import Lattice, Window, align_down
from ..reporting import Log, Progress, part_of, report, silent
from .geotiff import PartialGeoTiff
from .order import BLOCK_PX, PANEL_PX, block_order, panels
from .profile import NODATA, Profile
from .statistics import mean_and_deviation

#: What `with_spread` adds.
SPREAD = ("mean", "standard deviation")

# Handed to the file at a time, in whole tiles: it makes copies on the way, and notes where it stands.
_ROWS_AT_ONCE = 256
# Of the time to make and write all pieces, this share is spent before the file is closed.
WRITING_SHARE = 0.95


class Start(NamedTuple):
    """Where writing begins on the lattice: in the panel at this column, at this row."""

    row: int
    panel_col: int


class TerrainWriter:
    """Assembles the pieces of canonical blocks into rows of file tiles and writes each tile once.

    Blocks lie on the world's grid and tiles on the file's, so the rows of a panel are kept open until
    all tiles of a row are full: at most panel width x (block + tile height) values.

        with TerrainWriter(path, window, lattice, crs_wkt, tags=tags) as writer:
            for piece in writer.pieces():
                writer.write(piece.row, piece.col, values_of(piece))
            writer.close(progress)

    Leaving the `with` before `close` has returned, by an exception or by cancel, leaves nothing behind,
    but for a large part of a `run`, and an older file as it was.

    Args:
        path: the GeoTIFF. Its folder must exist.
        window: the pixels to write, on the lattice.
        crs_wkt: the CRS, as WKT or AUTHORITY:CODE.
        nodata: declared nodata value; NaN in a piece is written as it.
        tags: dataset metadata, such as GEOGAN_MODEL and GEOGAN_SEED. GEOGAN_SYNTHETIC and GEOGAN_LATTICE
            are added.
        creation_options: of GDAL's GTiff driver, over our defaults.
        unit: of the values.
        bands: their names.
        with_spread: adds two bands to those, their mean and their standard deviation.
        keeps_vertical: whether a vertical part of the CRS is that of the heights; made-up ones have none.
        run: plain data that this run has in common only with one that makes the same pixels of the same
            window; with it, a large raster goes on where an interruption left it (see PartialGeoTiff).
        log: called with a warning where the disk may be too small, and with what is kept and gone on from.

    Raises:
        GeoGanError: the file cannot be made (see PartialGeoTiff).
    """

    def __init__(  # noqa: PLR0913 - each says one thing about the file
        self,
        path: str | os.PathLike,
        window: Window,
        lattice: Lattice,
        crs_wkt: str,
        nodata: float = NODATA,
        tags: Mapping[str, str] | None = None,
        creation_options: Mapping[str, str] | None = None,
        *,
        unit: str = "m",
        bands: Sequence[str] = ("elevation",),
        with_spread: bool = False,
        keeps_vertical: bool = False,
        block: int = BLOCK_PX,
        panel_width: int = PANEL_PX,
        run: Mapping[str, Any] | None = None,
        log: Log = silent,
    ) -> None:
        self.window = window
        self._block = block
        self._panel_width = panel_width
        profile = Profile(
            width=window.width,
            height=window.height,
            geotransform=lattice.geotransform(window),
            crs_wkt=wkt_of((read_whole_crs if keeps_vertical else read_crs)(crs_wkt)),
            tags={
                "GEOGAN_SYNTHETIC": "YES",
                "GEOGAN_LATTICE": _described(lattice, window),
                **{key: str(value) for key, value in (tags or {}).items()},
            },
            creation_options=creation_options,
            nodata=nodata,
            unit=unit,
            bands=(*bands, *(SPREAD if with_spread else ())),
        )
        self._file = PartialGeoTiff(path, profile, log, run)
        self._tile_height = self._file.tile_height
        self._given, self._bands = len(bands), len(profile.bands)
        self._begin_band(self._file.reached.band)

    @property
    def pixels_of_band(self) -> int:
        """How many pixels each band has."""
        return self.window.width * self.window.height

    def bands(self) -> Iterator[int]:
        """Yield the number of each band whose pieces are to be written then; less those an earlier run wrote.

        Where there is one band only, it need not be asked for.
        """
        for band in range(self._band, self._given + 1):
            if band != self._band:
                self._begin_band(band)
            yield band

    def pieces(self) -> Iterator[Window]:
        """Yield the pieces of a band in the order in which `write` takes them; less what is there already."""
        start = self._start
        for piece in block_order(self.window, self._block, self._panel_width):
            panel_col = self.window.col + align_down(piece.col - self.window.col, self._panel_width)
            if (panel_col, piece.row_stop) > (start.panel_col, start.row):
                yield piece

    def write(self, row: int, col: int, values: np.ndarray) -> None:
        """Take the next piece: float32 [H, W] at a row and column of the lattice.

        Raises:
            ValueError: it is not the next piece of `pieces`, by place or shape.
            GeoGanError: the file cannot be written, for example because the disk is full.
        """
        piece = next(self._expected, None)
        given = (row, col, *values.shape)
        if piece is None or given != (piece.row, piece.col, piece.height, piece.width):
            raise ValueError(f"expected the piece {piece}, not (row, col, height, width) = {given}")
        if self._panel is None or piece.col_stop > self._panel.col_stop:
            self._open_panel(next(panel for panel in self._panels if piece.col < panel.col_stop))
        written = max(0, self._open_row - row)  # rows of it, by an earlier run
        top, left = row + written - self._open_row, col - self._panel.col
        self._rows[top : top + piece.height - written, left : left + piece.width] = values[written:]
        if piece.col_stop == self._panel.col_stop:
            self._write_full_tiles(piece.row_stop)

    def write_all(
        self, values_of: Callable[[int, Window], np.ndarray], progress: Progress | None = None
    ) -> None:
        """Write all pieces of all bands, each as `values_of(band, piece)`, and close; `progress` covers both.

        Raises: as `write` and `close`. Cancelled: `progress` returned False.
        """
        for band in self.bands():
            share = WRITING_SHARE / self._given
            self._write_band(band, values_of, part_of(progress, share * (band - 1), share * band))
        self.close(part_of(progress, WRITING_SHARE, 1))

    def close(self, progress: Progress | None = None) -> None:
        """Add the spread, build the overviews and give the file its name; `progress` covers all, 0 to 1.

        Raises:
            ValueError: pieces are missing.
            GeoGanError: the file cannot be written. Cancelled: `progress` returned False.
        """
        missing = next(self._expected, None) if self._band <= self._given else None
        if missing is not None or self._band < self._given:
            raise ValueError(f"the piece {missing} of band {self._band} was not written")
        for band in range(max(self._band, self._given + 1), self._bands + 1):
            if band != self._band:
                self._begin_band(band)
            done = (band - self._given - 1) / len(SPREAD)
            self._write_band(band, self._spread, part_of(progress, done / 2, (done + 1 / len(SPREAD)) / 2))
        self._file.finish(part_of(progress, 0.5, 1.0) if self._bands > self._given else progress)

    def __enter__(self) -> TerrainWriter:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._file.abandon(error)

    def _begin_band(self, band: int) -> None:
        """Begin a band, where an earlier run has left it."""
        reached = self._file.reached
        row, col = (reached.row, reached.col) if band == reached.band else (0, 0)
        self._band = band
        self._start = Start(self.window.row + row, self.window.col + col)
        self._expected = self.pieces()
        self._panels = panels(self.window, self._panel_width)
        self._panel: Window | None = None

    def _write_band(
        self, band: int, values_of: Callable[[int, Window], np.ndarray], progress: Progress | None
    ) -> None:
        done_px = 0
        for piece in self.pieces():
            self.write(piece.row, piece.col, values_of(band, piece))
            done_px += piece.width * piece.height
            report(progress, done_px / self.pixels_of_band)

    def _spread(self, band: int, piece: Window) -> np.ndarray:
        """Return a piece of the mean or of the standard deviation of the bands before."""
        place = (piece.row - self.window.row, piece.col - self.window.col, piece.height, piece.width)
        mean, deviation = mean_and_deviation(
            self._file.read(each, *place) for each in range(1, self._given + 1)
        )
        return mean if band == self._given + 1 else deviation

    def _open_panel(self, panel: Window) -> None:
        """Begin a panel; `_rows` holds its lattice rows from `_open_row` on, not yet written."""
        self._panel = panel
        self._open_row = self._start.row if panel.col == self._start.panel_col else panel.row
        height = min(panel.height, self._block + self._tile_height)
        self._rows = np.empty((height, panel.width), np.float32)

    def _write_full_tiles(self, row_stop: int) -> None:
        """Write the rows of tiles that are complete above `row_stop`; keep the rows that remain."""
        if row_stop == self._panel.row_stop:
            full_stop = row_stop
        else:
            full_stop = self.window.row + align_down(row_stop - self.window.row, self._tile_height)
        full = full_stop - self._open_row
        if full == 0:
            return
        file_row, file_col = self._open_row - self.window.row, self._panel.col - self.window.col
        lot = self._tile_height * max(1, _ROWS_AT_ONCE // self._tile_height)
        for top in range(0, full, lot):
            rows = self._rows[top : min(top + lot, full)]
            self._file.write(self._band, file_row + top, file_col, rows)
        remaining = row_stop - full_stop
        self._rows[:remaining] = self._rows[full : full + remaining]
        self._open_row = full_stop


def _described(lattice: Lattice, window: Window) -> str:
    place = f"pixel_size={float(lattice.pixel_size)!r} row={window.row} col={window.col}"
    x, y = lattice.origin
    return place if (x, y) == (0.0, 0.0) else f"{place} x={float(x)!r} y={float(y)!r}"
