# SPDX-License-Identifier: GPL-3.0-or-later
"""A raster whose voids are to be filled: its heights, and which of its pixels are still to be filled.

Both are kept in files on the raster's own pixels, so that a raster of any size can be worked on.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

import numpy as np
from osgeo import gdal

from ...errors import GeoGanError
from ..crs import read_crs
from ..gdal_guard import gdal_checked
from ..grid import Lattice, Window
from ..reading.alignment import AVERAGE_FROM
from ..reading.as_shown import Values
from ..reading.coarse import coarse_view
from ..reading.masking import masked_vrt, tell_undeclared
from ..reading.source import CANNOT_READ, FULL_RESOLUTION, Source, open_raster
from ..reporting import GdalProgress, Log, Progress, report, silent
from .no_heights import NoHeights
from .shrunk import ShrunkRaster
from .void_masks import CANNOT_MASK, burn, first_band
from .void_value import value_for_voids

CANNOT_KEEP = "Layer {layer} cannot be copied to the temporary folder: {reason}"

_TILE_PX = 1024  # read at once
# Heights are brought to much larger pixels from squares so many of which are as wide as one of those: where
# a model of 90 m looks as far around as it does, there are 300 million pixels of 1 m.
_SQUARES = 4
_TILED = ["TILED=YES", "BLOCKXSIZE=256", "BLOCKYSIZE=256", "BIGTIFF=IF_SAFER", "SPARSE_OK=TRUE"]


class VoidRaster:
    """Band 1 of a raster: its heights, and what of it is to be filled.

    What is infinite is no height: it is a void as what has no data is.

    Args:
        source: of any CRS and pixels.
        folder: for the files.
        progress: called now and then, here and wherever all of the raster is gone through, to hear whether
            to stop; its fraction says nothing.
        log: called with a template and its values.
        named: values that are no data beside the declared one. Like that one they are voids where nothing
            else says what is to be filled, and stay as they are where something does.

    Attributes:
        marked_px: how many pixels are to be filled, or were.
        nodata: what marks voids in a copy, which has no mask, once all that is to be filled is; if any.

    Raises:
        GeoGanError: the raster cannot be read, or there is no room for the files. Cancelled: `progress`
            returned False.
    """

    def __init__(
        self,
        source: Source,
        folder: Path,
        progress: Progress | None = None,
        log: Log = silent,
        named: Sequence[Values] = (),
    ) -> None:
        self.source, self._folder, self._progress = source, folder, progress
        self.whole = Window(0, 0, source.height, source.width)
        self._original = open_raster(source.path, source.name)
        self._known: gdal.Dataset | None = None
        self._voids: gdal.Dataset | None = None
        self._smooth: gdal.Dataset | None = None
        self._shrunk: ShrunkRaster | None = None
        self.marked_px, self.nodata = 0, source.nodata
        try:
            self._make_files(log)
            self._forget_no_heights(named, log)
        except BaseException:
            self.close()  # else a cancel's traceback keeps the files open, and Windows won't delete them
            raise

    def _make_files(self, log: Log) -> None:
        source, copying = self.source, GdalProgress(self._progress)
        with gdal_checked(CANNOT_KEEP, layer=source.name):
            driver = gdal.GetDriverByName("GTiff")
            masked = gdal.Open(masked_vrt(source, log=log))
            known, voids = (str(self._folder / name) for name in ("known.tif", "voids.tif"))
            try:
                self._known = driver.CreateCopy(known, masked, options=_TILED, callback=copying)
            finally:
                del masked
                copying.raise_if_stopped()
            sides = source.width, source.height
            self._voids = driver.Create(voids, *sides, 1, gdal.GDT_Byte, options=_TILED)
            self._voids.SetGeoTransform(source.geotransform)
            self._voids.SetProjection(source.crs_wkt)

    def close(self) -> None:
        """Let go of the files, so that they can be removed."""
        self._original = self._known = self._voids = self._smooth = self._shrunk = None

    def mark_nodata(self) -> None:
        """Have all pixels without a height filled.

        Raises:
            GeoGanError: here and of other marks, no value is left for voids that only a mask marks.
        """
        for tile in self._all_tiles():
            self._mark(tile, np.isnan(self.heights(tile)))
        self._find_nodata()

    def mark_raster(self, path: str, name: str) -> None:
        """Have the pixels filled at which band 1 of a mask, of any CRS and pixels, is neither 0 nor nodata.

        Raises:
            GeoGanError: the mask cannot be read or brought here.
        """
        mask = first_band(open_raster(path, name), self.source.name)
        try:
            for tile in self._all_tiles():
                values = self.warped(mask, tile, "near", CANNOT_MASK)
                self._mark(tile, np.isfinite(values) & (values != 0))
        finally:
            del mask  # as in `__init__`: it may be a copy
        self._find_nodata()

    def mark_polygons(self, polygons: Sequence[bytes]) -> None:
        """Have the pixels filled whose centres lie in polygons, given as WKB in the raster's CRS."""
        burn(polygons, self.source, self._voids)
        for tile in self._all_tiles():
            self._mark(tile, self.voids(tile))
        self._find_nodata()

    def check_some_known(self) -> None:
        """Check that there is land to go by; raises GeoGanError where there is none."""
        if self.marked_px and not any(np.isfinite(self.heights(tile)).any() for tile in self._all_tiles()):
            raise GeoGanError(
                "Layer {layer} has no heights outside the voids. Choose another layer or a smaller mask.",
                layer=self.source.name,
            )

    def tiles(self, side: int) -> Iterator[Window]:
        """Yield, tile by tile of that side, the smallest window that holds what is to be filled there."""
        for tile in self._all_tiles(side):
            is_void = self.voids(tile)
            rows, cols = np.flatnonzero(is_void.any(1)), np.flatnonzero(is_void.any(0))
            if rows.size:
                yield Window.between(
                    tile.row + int(rows[0]),
                    tile.col + int(cols[0]),
                    tile.row + int(rows[-1]) + 1,
                    tile.col + int(cols[-1]) + 1,
                )

    def heights(self, window: Window) -> np.ndarray:
        """Return the heights of a window, float32 [H, W], NaN where void; what is filled counts."""
        return self._read(self._known, window)

    def voids(self, window: Window) -> np.ndarray:
        """Return which pixels of a window are to be filled, or were: bool [H, W]."""
        return self._read(self._voids, window) != 0

    def original(self, window: Window) -> np.ndarray:
        """Return the values of the raster itself, as they are stored."""
        return self._read(self._original, window)

    @property
    def has_mask(self) -> bool:
        """Whether a mask or an alpha band, and no value, marks the raster's own voids."""
        flags = self._original.GetRasterBand(1).GetMaskFlags()
        return not flags & (gdal.GMF_ALL_VALID | gdal.GMF_NODATA)

    def masked(self, window: Window) -> np.ndarray:
        """Return which pixels of a window the raster's own mask marks as voids: bool [H, W]."""
        with gdal_checked(CANNOT_READ, layer=self.source.name):
            mask = self._original.GetRasterBand(1).GetMaskBand()
            return mask.ReadAsArray(window.col, window.row, window.width, window.height) == 0

    def fill(self, window: Window, heights: np.ndarray) -> None:
        """Take the heights of a window for those of its pixels that are to be filled."""
        filled = np.where(self.voids(window), heights.astype(np.float32), self.heights(window))
        self._write(self._known, window, filled)
        if self._shrunk is not None:
            self._renew_shrunk(window)

    def heights_on(self, lattice: Lattice, crs_wkt: str, window: Window) -> np.ndarray:
        """Return the heights brought to a lattice in a projected CRS, float32 [H, W], NaN where void."""
        size_m = lattice.pixel_size * read_crs(crs_wkt).GetLinearUnits()
        times = size_m / self.source.native_size_m
        method = "average" if times >= AVERAGE_FROM else "cubic"
        return self._onto(self._shrunk_for(times), lattice, crs_wkt, window, method)

    def smooth_heights_on(self, lattice: Lattice, crs_wkt: str, window: Window) -> np.ndarray:
        """Return a smooth surface through all of the raster on a lattice, NaN beyond the raster."""
        if self._smooth is None:
            with gdal_checked(CANNOT_READ, layer=self.source.name):
                self._smooth = coarse_view(self._known, self.source.name)
        return self._onto(self._smooth, lattice, crs_wkt, window, "bilinear")

    def warped(
        self, other: gdal.Dataset, window: Window, method: str, cannot: str = CANNOT_READ
    ) -> np.ndarray:
        """Return another raster brought to a window of this one, float32 [H, W], NaN where it has no data.

        Raises:
            GeoGanError: the sentence `cannot`, where GDAL cannot do it.
        """
        x0, a, b, y0, d, e = self.source.geotransform
        corner = x0 + window.col * a + window.row * b, y0 + window.col * d + window.row * e
        with gdal_checked(cannot, layer=self.source.name):
            target = gdal.GetDriverByName("MEM").Create("", window.width, window.height, 1, gdal.GDT_Float32)
            target.SetGeoTransform((corner[0], a, b, corner[1], d, e))
            target.SetProjection(self.source.crs_wkt)
            target.GetRasterBand(1).SetNoDataValue(math.nan)
            target.GetRasterBand(1).Fill(math.nan)
            gdal.Warp(target, other, resampleAlg=method, overviewLevel=FULL_RESOLUTION, errorThreshold=0)
            return target.ReadAsArray()

    def _all_tiles(self, side: int = _TILE_PX) -> Iterator[Window]:
        for block in self.whole.blocks(side):
            report(self._progress, 0.0)
            yield block.intersection(self.whole)

    def _forget_no_heights(self, named: Sequence[Values], log: Log) -> None:
        no_heights = NoHeights(self.source, named)
        for tile in self._all_tiles():
            heights = self.heights(tile)
            is_none = no_heights.among(heights, partial(self.original, tile))
            if is_none.any():
                self._write(self._known, tile, np.where(is_none, np.float32(np.nan), heights))
        tell_undeclared(self.source, sorted(no_heights.met), log)

    def _shrunk_for(self, times: float) -> gdal.Dataset:
        """Return the heights as they are to be read for pixels so many times as wide as the raster's."""
        factor = int(times / _SQUARES)
        if factor < 2:
            return self._known
        if self._shrunk is None:
            with gdal_checked(CANNOT_KEEP, layer=self.source.name):
                path = self._folder / "shrunk.tif"
                self._shrunk = ShrunkRaster(self._known, self.source.crs_wkt, factor, path)
            for tile in self._all_tiles():
                self._renew_shrunk(tile)
        return self._shrunk.dataset

    def _renew_shrunk(self, window: Window) -> None:
        with gdal_checked(CANNOT_KEEP, layer=self.source.name):
            self._shrunk.renew(window)

    def _mark(self, tile: Window, is_void: np.ndarray) -> None:
        """Have pixels of a tile filled; what they were is no longer known."""
        if is_void.any():
            self.marked_px += int(is_void.sum())
            self._write(self._voids, tile, is_void.astype(np.uint8))
            self._write(self._known, tile, np.where(is_void, np.float32(np.nan), self.heights(tile)))

    def _find_nodata(self) -> None:
        if self.has_mask:
            self.nodata = value_for_voids(self.source, map(self._kept, self._all_tiles()))

    def _kept(self, tile: Window) -> tuple[np.ndarray, bool]:
        """Return the stored values of a tile that stay, and whether voids of the mask do."""
        is_masked, is_kept = self.masked(tile), ~self.voids(tile)
        return self.original(tile)[is_kept & ~is_masked], bool((is_kept & is_masked).any())

    def _onto(
        self, dataset: gdal.Dataset, lattice: Lattice, crs_wkt: str, window: Window, method: str
    ) -> np.ndarray:
        with gdal_checked(CANNOT_READ, layer=self.source.name):
            warped = gdal.Warp(
                "",
                dataset,
                format="MEM",
                dstSRS=crs_wkt,
                outputBounds=lattice.bounds(window),
                width=window.width,
                height=window.height,
                resampleAlg=method,
                srcNodata=math.nan,
                dstNodata=math.nan,
            )
            return warped.ReadAsArray()

    def _read(self, dataset: gdal.Dataset, window: Window) -> np.ndarray:
        with gdal_checked(CANNOT_READ, layer=self.source.name):
            return dataset.GetRasterBand(1).ReadAsArray(window.col, window.row, window.width, window.height)

    def _write(self, dataset: gdal.Dataset, window: Window, values: np.ndarray) -> None:
        with gdal_checked(CANNOT_KEEP, layer=self.source.name):
            dataset.GetRasterBand(1).WriteArray(values, window.col, window.row)
