# SPDX-License-Identifier: GPL-3.0-or-later
"""A GeoTIFF before its pixels: its size, its place and what it says of itself."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from osgeo import gdal

from ..crs import read_whole_crs, wkt_of
from .creation_options import of_geotiff
from .profile import Profile, overview_factors


def empty_geotiff(path: Path, profile: Profile, options: Mapping[str, str]) -> gdal.Dataset:
    """Make the file, with overviews for the rows to come; call it within `gdal_checked`.

    Args:
        options: as `creation_options.merged_options` returns them.

    Raises:
        GeoGanError: the CRS is not known.
    """
    dataset = gdal.GetDriverByName("GTiff").Create(
        str(path),
        profile.width,
        profile.height,
        len(profile.bands),
        gdal.GetDataTypeByName(profile.data_type),
        options=of_geotiff(options),
    )
    dataset.SetGeoTransform(profile.geotransform)
    dataset.SetProjection(wkt_of(read_whole_crs(profile.crs_wkt)))
    dataset.SetMetadata({"AREA_OR_POINT": "Area", **profile.tags})
    for number, name in enumerate(profile.bands, start=1):
        band = dataset.GetRasterBand(number)
        if profile.nodata is not None:
            band.SetNoDataValue(profile.nodata)
        if (profile.scale, profile.offset) != (1.0, 0.0):
            band.SetScale(profile.scale)
            band.SetOffset(profile.offset)
        band.SetUnitType(profile.unit)
        band.SetDescription(name)
    factors = overview_factors(profile.width, profile.height)
    if factors:
        dataset.BuildOverviews("NONE", factors)
    return dataset
