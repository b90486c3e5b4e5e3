# SPDX-License-Identifier: GPL-3.0-or-later
"""What a layer says of itself: its bands, its landscape and its unit."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from geogan.rasters.reading.alignment import align
from geogan.rasters.reading.copies import copy_metadata
from geogan.rasters.reading.source import describe_source
from geogan.test.unit.sloped import terrain
from osgeo import gdal


def test_an_alpha_band_is_not_counted_among_the_bands(make_raster):
    bands = np.stack([terrain(), np.full((120, 150), 255, np.float32)])
    assert describe_source(make_raster("dem", bands, alpha=True), "dem").bands == 1


@pytest.mark.parametrize(
    ("metadata", "landscape"),
    [(None, ""), ("", ""), ("  ", ""), ("Alps", "Alps"), (" Hautes Fagnes ", "Hautes Fagnes")],
)
def test_a_layer_is_of_the_landscape_that_its_metadata_name(make_raster, metadata, landscape):
    source = describe_source(make_raster("dem", terrain(), landscape=metadata), "dem")
    (kept,), (warped,) = align([source]), align([source], pixel_size=45)
    assert [source.landscape, kept.landscape, warped.landscape] == [landscape] * 3


def test_metadata_that_are_not_utf_8_are_read_as_latin_1(make_raster):
    path = make_raster("dem", terrain(), landscape="Zermatt")
    content = Path(path).read_bytes()
    Path(path).write_bytes(content.replace(b"Zermatt", b"Z\xfcrich "))
    assert describe_source(path, "dem").landscape == "Zürich"


def test_a_vrt_around_a_file_may_name_the_landscape(make_raster, tmp_path):
    vrt = str(tmp_path / "dem.vrt")
    gdal.Translate(vrt, make_raster("dem", terrain()), metadataOptions=["LANDSCAPE=alps"])
    assert describe_source(vrt, "dem").landscape == "alps"


def test_a_copy_gets_the_landscape_and_the_unit_of_its_original(make_raster):
    original = make_raster("original", terrain(), landscape="alps", unit="ft")
    copy = make_raster("copy", terrain())
    copy_metadata(original, copy, "dem")
    assert describe_source(copy, "dem").landscape == "alps"
    assert describe_source(copy, "dem").unit_m == 0.3048
    np.testing.assert_array_equal(gdal.Open(copy).ReadAsArray(), terrain())


def test_an_original_that_gdal_cannot_open_names_no_landscape(make_raster, tmp_path):
    copy = make_raster("copy", terrain())
    copy_metadata(str(tmp_path / "no.tif"), copy, "dem")
    assert describe_source(copy, "dem").landscape == ""
