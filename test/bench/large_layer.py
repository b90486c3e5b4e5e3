# SPDX-License-Identifier: GPL-3.0-or-later
"""A layer as large as a survey's: the sample, interpolated."""

from __future__ import annotations

from pathlib import Path

from geogan.rasters.crs import read_crs
from osgeo import gdal, osr

from ..harness.programs import SAMPLE
from .guided.ground import VOID
from .workplace import CRS

SIDE_M = 25_000.0


def write_land(path: Path, side_px: int) -> Path:
    """Write the middle of the sample, interpolated to so many pixels a side."""
    to_metres = osr.CoordinateTransformation(read_crs("EPSG:4326"), read_crs(CRS))
    dataset = gdal.Open(str(SAMPLE))
    x0, size, _, y0, _, minus_size = dataset.GetGeoTransform()
    x, y, _ = to_metres.TransformPoint(
        x0 + size * dataset.RasterXSize / 2, y0 + minus_size * dataset.RasterYSize / 2
    )
    half = SIDE_M / 2
    gdal.Warp(
        str(path),
        dataset,
        dstSRS=CRS,
        outputBounds=(x - half, y - half, x + half, y + half),
        width=side_px,
        height=side_px,
        resampleAlg="cubic",
        outputType=gdal.GDT_Float32,
        dstNodata=VOID,
        creationOptions=["TILED=YES"],
    )
    return path
