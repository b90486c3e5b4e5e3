# SPDX-License-Identifier: GPL-3.0-or-later
"""Copies of layers that GDAL cannot read as they are: what these say of themselves."""

from __future__ import annotations

from osgeo import gdal

from ...errors import GeoGanError
from ..gdal_guard import gdal_checked
from .source import CANNOT_OPEN, LANDSCAPE, open_raster


def copy_metadata(original: str, copy: str, name: str) -> None:
    """Have a copy of a layer say which landscape and which units the original names, where GDAL opens that.

    Raises:
        GeoGanError: the copy cannot be changed. The sentence names the layer.
    """
    try:
        told = open_raster(original, name)
    except GeoGanError:  # it opens only with a password or options that QGIS keeps
        return
    with gdal_checked(CANNOT_OPEN, layer=name):
        dataset = gdal.OpenEx(copy, gdal.OF_RASTER | gdal.OF_UPDATE | gdal.OF_VERBOSE_ERROR)
        if told.GetMetadataItem(LANDSCAPE):
            dataset.SetMetadataItem(LANDSCAPE, told.GetMetadataItem(LANDSCAPE))
        for band in range(1, min(told.RasterCount, dataset.RasterCount) + 1):
            unit = told.GetRasterBand(band).GetUnitType()
            if unit:
                dataset.GetRasterBand(band).SetUnitType(unit)
        dataset.FlushCache()
