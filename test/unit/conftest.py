# SPDX-License-Identifier: GPL-3.0-or-later
"""Rasters that the tests make for themselves."""

from __future__ import annotations

import pytest
from geogan.rasters.filling.voids import VoidRaster
from geogan.rasters.reading.coarse import read_coarse
from geogan.rasters.reading.source import describe_source
from geogan.rasters.writing import geotiff
from geogan.test.unit.coarse_layer import AT_AN_ODD_PLACE, hills
from geogan.test.unit.holed import UPRIGHT, VOID, with_voids
from hypothesis import HealthCheck, settings
from osgeo import gdal, osr

# The same examples each time, however slow the machine: a failure is of the change that was made.
settings.register_profile(
    "same everywhere", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("same everywhere")


@pytest.fixture
def make_raster(tmp_path):
    """Return make(name, values, crs, geotransform, **options) -> path.

    Values are [H, W] or [bands, H, W]; options are nodata, scale, offset, unit, mask, alpha and landscape.
    `mask` [H, W] is 0 where void; `alpha` makes the last band that;
    `landscape` is the metadata item LANDSCAPE.
    """

    def make(name, values, crs="EPSG:32633", geotransform=(0, 30, 0, 0, 0, -30), **options):
        bands = values if values.ndim == 3 else values[None]
        path = str(tmp_path / f"{name}.tif")
        data_type = gdal.GetDataTypeByName(_GDAL_TYPES[values.dtype.str[1:]])
        dataset = gdal.GetDriverByName("GTiff").Create(path, *bands.shape[:0:-1], len(bands), data_type)
        if crs:
            srs = osr.SpatialReference()
            srs.SetFromUserInput(crs)
            dataset.SetProjection(srs.ExportToWkt(["FORMAT=WKT2_2019"]))
        if geotransform:
            dataset.SetGeoTransform(geotransform)
        for number, band_values in enumerate(bands, 1):
            dataset.GetRasterBand(number).WriteArray(band_values)
        first = dataset.GetRasterBand(1)
        for key, store in (
            ("nodata", first.SetNoDataValue),
            ("scale", first.SetScale),
            ("offset", first.SetOffset),
            ("unit", first.SetUnitType),
        ):
            if options.get(key) is not None:
                store(options[key])
        if options.get("mask") is not None:
            dataset.CreateMaskBand(gdal.GMF_PER_DATASET)
            dataset.GetRasterBand(1).GetMaskBand().WriteArray(options["mask"])
        if options.get("landscape") is not None:
            dataset.SetMetadataItem("LANDSCAPE", options["landscape"])
        if options.get("alpha"):
            dataset.GetRasterBand(dataset.RasterCount).SetColorInterpretation(gdal.GCI_AlphaBand)
        return path

    return make


@pytest.fixture
def coarse(make_raster):
    """Return make(values, geotransform, crs, **options) -> CoarseLayer; options as above."""

    def coarse(values=None, geotransform=AT_AN_ODD_PLACE, crs="EPSG:32633", **options):
        path = make_raster("coarse", hills() if values is None else values, crs, geotransform, **options)
        return read_coarse(describe_source(path, "coarse"))[0]

    return coarse


@pytest.fixture
def void_raster(make_raster, tmp_path):
    """Return make(values, geotransform, crs, nodata, band, **options) -> VoidRaster; options as above."""

    def void_raster(values=None, geotransform=UPRIGHT, crs="EPSG:32633", nodata=VOID, band=1, **options):
        values = with_voids() if values is None else values
        path = make_raster("holes", values, crs, geotransform, nodata=nodata, **options)
        folder = tmp_path / "files"
        folder.mkdir(exist_ok=True)
        return VoidRaster(describe_source(path, "holes", band), folder)

    return void_raster


_GDAL_TYPES = {
    "u1": "Byte",
    "i2": "Int16",
    "u2": "UInt16",
    "i4": "Int32",
    "f4": "Float32",
    "f8": "Float64",
    "c8": "CFloat32",
}


@pytest.fixture
def everything_is_worth_keeping(monkeypatch):
    """An interrupted raster is kept however little of it is written."""
    monkeypatch.setattr(geotiff, "KEPT_FROM_PX", 1)
