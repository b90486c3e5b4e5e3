# SPDX-License-Identifier: GPL-3.0-or-later
"""Masks of voids, as they are given: polygons, or a raster with an alpha band or without."""

from __future__ import annotations

from collections.abc import Sequence

from osgeo import gdal, ogr

from ..crs import read_crs
from ..gdal_guard import gdal_checked
from ..reading.source import Source

CANNOT_MASK = "The mask cannot be brought to the pixels of layer {layer}: {reason}"


def burn(polygons: Sequence[bytes], source: Source, voids: gdal.Dataset) -> None:
    """Set 1 where pixels' centres lie in polygons, given as WKB in the CRS of a layer, on its pixels."""
    with gdal_checked(CANNOT_MASK, layer=source.name):
        driver = ogr.GetDriverByName("Memory") or ogr.GetDriverByName("MEM")  # as GDAL 3.11 calls it
        vector = driver.CreateDataSource("")
        layer = vector.CreateLayer("mask", read_crs(source.crs_wkt), ogr.wkbUnknown)
        for polygon in polygons:
            feature = ogr.Feature(layer.GetLayerDefn())
            feature.SetGeometry(ogr.CreateGeometryFromWkb(polygon))
            layer.CreateFeature(feature)
        gdal.RasterizeLayer(voids, [1], layer, burn_values=[1])


def first_band(mask: gdal.Dataset, layer: str) -> gdal.Dataset:
    """Return the first band of a mask alone, and what an alpha band hides as nodata."""
    with gdal_checked(CANNOT_MASK, layer=layer):
        alpha = [
            band
            for band in range(1, mask.RasterCount + 1)
            if mask.GetRasterBand(band).GetColorInterpretation() == gdal.GCI_AlphaBand
        ]
        # GDAL heeds no mask that a band has to itself when it warps, so it is made one of the raster.
        shown = alpha[0] if alpha else "mask,1"
        return gdal.Translate("", mask, format="VRT", bandList=[1], maskBand=shown)
