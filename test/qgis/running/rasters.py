# SPDX-License-Identifier: GPL-3.0-or-later
"""The rasters that the runs learn from and make."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from osgeo import gdal, osr

#: Of the eastern raster in feet, which the model gets as 90 m: the coarsest of both.
EAST_PIXEL_M = 90.0
FOOT_M = 1200 / 3937


@dataclass(frozen=True)
class Raster:
    """What a test compares of a raster file."""

    values: np.ndarray  # [rows, cols]
    geotransform: tuple[float, ...]
    epsg: str | None

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        """(xmin, ymin, xmax, ymax)."""
        x, size, _, y, _, _ = self.geotransform
        rows, cols = self.values.shape[-2:]
        return x, y - rows * size, x + cols * size, y

    def window(self, xmin: float, ymin: float, xmax: float, ymax: float) -> np.ndarray:
        """The pixels of a rectangle that lies on the raster's pixels."""
        x, size, _, y, _, _ = self.geotransform
        rows = slice(round((y - ymax) / size), round((y - ymin) / size))
        cols = slice(round((xmin - x) / size), round((xmax - x) / size))
        return self.values[rows, cols]

    def means(self, side: float, bounds: tuple[float, float, float, float]) -> np.ndarray:
        """The means over squares of `side` metres of a rectangle that they fill."""
        values, n = self.window(*bounds), round(side / self.geotransform[1])
        rows, cols = values.shape
        return values.reshape(rows // n, n, cols // n, n).mean(axis=(1, 3))


def read(path: Path | str) -> Raster:
    dataset = gdal.Open(str(path))
    srs = dataset.GetSpatialRef()
    return Raster(dataset.ReadAsArray(), dataset.GetGeoTransform(), srs and srs.GetAuthorityCode(None))


def write(path: Path, values: np.ndarray, epsg: int | None = 32616, size: float = 90.0, nodata=None) -> Path:
    """Write a float32 raster whose upper left corner is at (700 000, 4 000 000)."""
    rows, cols = values.shape
    dataset = gdal.GetDriverByName("GTiff").Create(str(path), cols, rows, 1, gdal.GDT_Float32)
    dataset.SetGeoTransform((700_000, size, 0, 4_000_000, 0, -size))
    if epsg is not None:
        srs = osr.SpatialReference()
        srs.ImportFromEPSG(epsg)
        dataset.SetProjection(srs.ExportToWkt())
    if nodata is not None:
        dataset.GetRasterBand(1).SetNoDataValue(nodata)
    dataset.GetRasterBand(1).WriteArray(values.astype(np.float32))
    return path


def west_of(sample: Path, path: Path) -> Path:
    """Write the sample's west as it is: degrees, int16; with a void of another nodata value."""
    gdal.Translate(str(path), str(sample), srcWin=[0, 0, 260, 344], outputType=gdal.GDT_Int16, noData=-32768)
    dataset = gdal.Open(str(path), gdal.GA_Update)
    dataset.GetRasterBand(1).WriteArray(np.full((20, 20), -32768, np.int16), 20, 20)
    return path


def east_of(sample: Path, path: Path) -> Path:
    """Write the sample's east in the state plane's feet, larger pixels, float32, voids at its edges."""
    middle = gdal.Translate("", str(sample), format="VRT", srcWin=[140, 0, 263, 344])
    size = EAST_PIXEL_M / FOOT_M
    gdal.Warp(
        str(path),
        middle,
        dstSRS="EPSG:2274",
        xRes=size,
        yRes=size,
        outputType=gdal.GDT_Float32,
        dstNodata=-9999.0,
        resampleAlg="cubic",
    )
    return path
