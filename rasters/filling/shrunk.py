# SPDX-License-Identifier: GPL-3.0-or-later
"""A raster averaged over squares of its pixels, which follows what is written to the raster."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from osgeo import gdal

from ..grid import Window, align_down


class ShrunkRaster:
    """The means of band 1 over squares of pixels, kept in a file: whoever looks far around reads it quickly.

    Use it within `gdal_checked`. It is empty until `renew` has gone over it.

    Args:
        original: float32, NaN where void.
        crs_wkt: of the original.
        factor: sides of the squares in pixels, the last ones cut off at the raster's edge.

    Attributes:
        dataset: float32, NaN where no pixel of a square is known.
    """

    def __init__(self, original: gdal.Dataset, crs_wkt: str, factor: int, path: Path) -> None:
        self._original, self._factor = original, factor
        self._whole = Window(0, 0, original.RasterYSize, original.RasterXSize)
        width, height = (-(-side // factor) for side in (self._whole.width, self._whole.height))
        x0, a, b, y0, d, e = original.GetGeoTransform()
        driver = gdal.GetDriverByName("GTiff")
        self.dataset = driver.Create(str(path), width, height, 1, gdal.GDT_Float32, options=["TILED=YES"])
        self.dataset.SetGeoTransform((x0, a * factor, b * factor, y0, d * factor, e * factor))
        self.dataset.SetProjection(crs_wkt)
        self.dataset.GetRasterBand(1).SetNoDataValue(float("nan"))

    def renew(self, window: Window) -> None:
        """Average anew the squares that a window of the original touches."""
        top, left = align_down(window.row, self._factor), align_down(window.col, self._factor)
        bottom, right = (-align_down(-stop, self._factor) for stop in (window.row_stop, window.col_stop))
        here = Window.between(top, left, bottom, right).intersection(self._whole)
        values = self._original.GetRasterBand(1).ReadAsArray(here.col, here.row, here.width, here.height)
        beyond = ((0, bottom - here.row_stop), (0, right - here.col_stop))
        means = _means(np.pad(values, beyond, constant_values=np.nan), self._factor)
        self.dataset.GetRasterBand(1).WriteArray(means, left // self._factor, top // self._factor)


def _means(values: np.ndarray, factor: int) -> np.ndarray:
    height, width = values.shape
    squares = values.reshape(height // factor, factor, width // factor, factor)
    is_known = ~np.isnan(squares)
    count = is_known.sum((1, 3))
    total = np.where(is_known, squares, 0.0).sum((1, 3), dtype=np.float64)
    return np.where(count, total / np.maximum(count, 1), np.nan).astype(np.float32)
