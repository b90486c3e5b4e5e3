# SPDX-License-Identifier: GPL-3.0-or-later
"""What the file of a raster whose voids were filled says of itself: its place and its tags."""

from __future__ import annotations

from contextlib import closing

import numpy as np
import pytest
from geogan.rasters.filling.filled import write_filled
from geogan.rasters.filling.voids import VoidRaster
from geogan.rasters.reading.source import describe_source
from geogan.test.unit.holed import UPRIGHT, VOID, hills, with_voids
from osgeo import gdal


def test_where_nothing_is_filled_no_tag_says_that_something_is(void_raster, tmp_path):
    write_filled(tmp_path / "out.tif", void_raster(), {"GEOGAN_SEED": 3})
    assert not any(key.startswith("GEOGAN") for key in gdal.Open(str(tmp_path / "out.tif")).GetMetadata())


def test_the_datum_of_the_heights_stays(void_raster, tmp_path):
    raster = void_raster(crs="EPSG:32633+5773")
    raster.mark_nodata()
    raster.fill(raster.whole, np.full((60, 70), 7.0))
    write_filled(tmp_path / "out.tif", raster)
    srs = gdal.Open(str(tmp_path / "out.tif")).GetSpatialRef()
    assert srs.IsCompound()
    assert srs.IsSame(gdal.Open(raster.source.path).GetSpatialRef())


def test_what_the_layer_says_of_itself_stays(make_raster, tmp_path):
    point = tmp_path / "point.tif"
    of_pixels = make_raster("land", with_voids(hills()), "EPSG:32633", UPRIGHT, nodata=VOID)
    gdal.Translate(str(point), of_pixels, options="-mo AREA_OR_POINT=Point -mo LANDSCAPE=alps")
    with closing(VoidRaster(describe_source(str(point), "land"), tmp_path)) as raster:
        raster.mark_nodata()
        raster.fill(raster.whole, np.full((60, 70), 7.0))
        write_filled(tmp_path / "out.tif", raster, {"GEOGAN_SEED": 3})

    filled = gdal.Open(str(tmp_path / "out.tif"))
    said = {key: filled.GetMetadataItem(key) for key in ("LANDSCAPE", "AREA_OR_POINT", "GEOGAN_SEED")}
    assert said == {"LANDSCAPE": "alps", "AREA_OR_POINT": "Point", "GEOGAN_SEED": "3"}
    assert filled.GetGeoTransform() == gdal.Open(str(point)).GetGeoTransform()


@pytest.mark.parametrize(("before", "after"), [("YES", "YES"), ("VOIDS", "VOIDS"), ("", "VOIDS")])
def test_land_that_was_all_made_up_is_so_still_when_its_voids_are_filled(
    make_raster, tmp_path, before, after
):
    path = make_raster("land", with_voids(), "EPSG:32633", UPRIGHT, nodata=VOID)
    gdal.Open(path, gdal.GA_Update).SetMetadataItem("GEOGAN_SYNTHETIC", before)
    with closing(VoidRaster(describe_source(path, "land"), tmp_path)) as raster:
        raster.mark_nodata()
        raster.fill(raster.whole, np.full((60, 70), 7.0))
        write_filled(tmp_path / "out.tif", raster, {"GEOGAN_SEED": 3})
    assert gdal.Open(str(tmp_path / "out.tif")).GetMetadataItem("GEOGAN_SYNTHETIC") == after
