# SPDX-License-Identifier: GPL-3.0-or-later
"""A GeoTIFF that is open for writing: its pixels, overviews that grow with them, and statistics."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np
from osgeo import gdal

from ...errors import GeoGanError
from ..gdal_guard import capped_block_cache, gdal_checked
from ..reporting import GdalProgress, Progress
from . import creation_options
from .disk_space import is_full
from .empty_geotiff import empty_geotiff
from .journal import Place
from .overviews import GrowingOverviews
from .profile import Profile, overview_factors
from .statistics import RunningStatistics
from .written_tiles import holds_all


class NotWritten(GeoGanError):  # noqa: N818 - says what happened
    """GDAL could not write the file: the disk is full, or it refuses what it was given."""


class OpenGeoTiff:
    """The file at a path, once it is made or gone on from, until it is closed.

    Args:
        path: of the file.
        profile: of what it is.
        name: that sentences call it by.

    Attributes:
        reached: how far it is written.
        statistics: of what is written of the band there.
    """

    def __init__(self, path: Path, profile: Profile, name: Path) -> None:
        self._path, self._profile, self._name = path, profile, name
        self.reached, self.statistics = Place(), RunningStatistics()
        # Whole numbers are compared as float64: a value that their type cannot hold is none of them.
        is_float = profile.data_type.startswith("Float")
        number = np.dtype(profile.data_type.lower() if is_float else "float64").type
        self._nodata = None if profile.nodata is None else number(profile.nodata)
        self._dataset: gdal.Dataset | None = None
        self._overviews: GrowingOverviews | None = None
        self._settings = ExitStack()

    def make(self, options: Mapping[str, str]) -> None:
        """Make the file; the options are as `creation_options.merged_options` returns them.

        Raises:
            GeoGanError: the CRS is not known, or GDAL refuses the options.
        """
        self._settings.enter_context(capped_block_cache())
        with checked(self._name):
            self._dataset = empty_geotiff(self._path, self._profile, options)
        self._overviews = self._overviews_of(self.reached.band)

    def go_on(self, options: Mapping[str, str], reached: Place, statistics: RunningStatistics) -> None:
        """Open what an interrupted run has left, without overviews: they are built when all pixels are there.

        Raises:
            GeoGanError: it is damaged, or lacks what had been written by then. OSError: it cannot be read.
        """
        opening = [f"NUM_THREADS={options['NUM_THREADS']}"]
        if creation_options.is_cog(options):
            # One that was stopped after it was put into its order; GDAL 3.8 refuses to write to it.
            opening.append("IGNORE_COG_LAYOUT_BREAK=YES")
        with gdal_checked("{reason}"):
            flags = gdal.OF_RASTER | gdal.OF_UPDATE | gdal.OF_VERBOSE_ERROR
            dataset = gdal.OpenEx(str(self._path), flags, ["GTiff"], opening)
            size, is_sparse = self._path.stat().st_size, creation_options.is_sparse(options)
            if not holds_all(dataset, reached, size, is_sparse=is_sparse):
                raise GeoGanError("The file {path} lacks tiles that were written.", path=self._path)
        self._dataset = dataset
        self._settings.enter_context(capped_block_cache())
        self.reached, self.statistics = reached, replace(statistics)

    @property
    def tile_height(self) -> int:
        """Rows of one row of tiles (in a file without tiles: of one strip)."""
        return self._dataset.GetRasterBand(1).GetBlockSize()[1]

    def read(self, band: int, row: int, col: int, height: int, width: int) -> np.ndarray:
        """Return float32 [height, width] that was written, NaN where nodata."""
        with checked(self._name):
            values = self._dataset.GetRasterBand(band).ReadAsArray(col, row, width, height)
        return np.where(values == self._nodata, np.float32(np.nan), values)

    def write(self, band: int, row: int, col: int, values: np.ndarray, *, is_stored: bool) -> None:
        """Write [H, W], as `PartialGeoTiff.write` says."""
        if band != self.reached.band:
            self._end_band()
            self._overviews = self._overviews and self._overviews_of(band)
        void = ~np.isfinite(values)
        if self._nodata is not None:
            void |= values == self._nodata
        has_voids = bool(void.any())
        self.statistics.add(values[~void] if has_voids else values)
        with checked(self._name):
            if self._overviews:
                self._overviews.add(row, col, np.where(void, np.nan, values) if has_voids else values)
            if has_voids and self._nodata is not None and not is_stored:
                values = np.where(void, self._nodata, values)
            pixels = self._dataset.GetRasterBand(band)
            pixels.WriteArray(values, col, row)
            pixels.FlushCache()
        self.reached = Place(band, row + values.shape[0], col, self.reached.pixels + values.size)

    def flush(self) -> None:
        """Put into the file where all tiles are that are written: all that a process that is killed leaves.

        It takes time with the size of the whole file: not for each piece.
        """
        with checked(self._name):
            self._dataset.FlushCache()
            # The end of it waits in a buffer of the C library, which is emptied before the file is read.
            self._dataset.GetRasterBand(self.reached.band).ReadAsArray(self.reached.col, 0, 1, 1)

    def complete(self, progress: Progress | None) -> None:
        """Add the statistics, and the overviews where they have not grown with the pixels."""
        self._end_band()
        if not self._overviews:
            factors = overview_factors(self._dataset.RasterXSize, self._dataset.RasterYSize)
            with stoppable_writing(self._name, progress) as callback:
                if factors:
                    self._dataset.BuildOverviews("AVERAGE", factors, callback=callback)
        with checked(self._name):
            self._dataset.FlushCache()

    def close(self) -> None:
        """Close the file. Does nothing a second time."""
        with self._settings, checked(self._name):
            dataset, self._dataset, self._overviews = self._dataset, None, None
            if hasattr(dataset, "Close"):  # GDAL 3.8; before, dropping the last reference closes the file
                dataset.Close()
            del dataset

    def _overviews_of(self, band: int) -> GrowingOverviews:
        return GrowingOverviews(self._dataset.GetRasterBand(band), self._nodata)

    def _end_band(self) -> None:
        """Put the rest of the band that is whole now into the file: of its overviews, and its statistics."""
        found, self.statistics = self.statistics, RunningStatistics()
        with checked(self._name):
            if self._overviews:
                self._overviews.finish()
            if found.count:
                self._dataset.GetRasterBand(self.reached.band).SetStatistics(
                    found.minimum, found.maximum, found.mean, found.deviation
                )


@contextmanager
def checked(name: Path) -> Iterator[None]:
    """Turn a failed GDAL call into a sentence, and name the disk where that is full."""
    try:
        with gdal_checked("The output {path} cannot be written: {reason}", path=name):
            yield
    except GeoGanError as error:
        if is_full(name.parent):
            raise NotWritten(
                "The disk of {path} is full. Make room, or choose another place for the output (for "
                "temporary files, in QGIS under Settings, Options, Processing).",
                path=name,
            ) from error
        raise NotWritten(error.template, **error.values) from error


@contextmanager
def stoppable_writing(name: Path, progress: Progress | None) -> Iterator[GdalProgress]:
    """As `checked`, for a call that reports progress; a wish to stop is no failure."""
    callback = GdalProgress(progress)
    try:
        with checked(name):
            yield callback
    finally:
        callback.raise_if_stopped()
