# SPDX-License-Identifier: GPL-3.0-or-later
"""Layers that cannot be aligned are refused by name, with what to do."""

from __future__ import annotations

import numpy as np
import pytest
from geogan.errors import GeoGanError
from geogan.rasters.reading.alignment import align
from geogan.rasters.reading.source import describe_source
from geogan.test.unit.sloped import UTM_30M, terrain


def test_a_given_crs_in_degrees_is_refused_with_one_that_fits(make_raster):
    path = make_raster("dem", terrain(), "EPSG:32633", UTM_30M)
    with pytest.raises(GeoGanError) as error:
        align([describe_source(path, "Alps")], crs_wkt="EPSG:4326")
    assert str(error.value) == (
        "The CRS EPSG:4326 is not projected. Choose one that is, for example EPSG:32633 for layer Alps."
    )


def test_an_area_that_is_too_small_is_refused(make_raster):
    source = describe_source(make_raster("dem", terrain(), geotransform=UTM_30M), "Alps")
    with pytest.raises(GeoGanError) as error:
        align([source], pixel_size=60, minimum_px=96)
    assert str(error.value) == (
        "Layer Alps is too small: 75 x 60 pixels of 60 m, but at least 96 x 96 are needed. "
        "Choose a larger layer or a smaller pixel size."
    )


def test_a_layer_smaller_than_a_pixel_is_refused(make_raster):
    source = describe_source(make_raster("dem", terrain(), geotransform=UTM_30M), "Alps")
    with pytest.raises(GeoGanError, match=r"^Layer Alps is smaller than one pixel of 100000 m\."):
        align([source], pixel_size=100_000)


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"crs": ""}, "Layer Alps has no CRS. Set it in the layer's properties."),
        ({"geotransform": None}, "Layer Alps is not georeferenced. Georeference it first."),
        (
            {"values": terrain().astype(np.complex64)},
            "Layer Alps holds complex numbers. Extract one real part first.",
        ),
        (
            {"scale": 0.0},
            "Layer Alps has a scale of 0, so that all its values are the same. Mend that first.",
        ),
        (
            {"crs": "EPSG:4978"},
            "Layer Alps has the CRS WGS 84, which is neither projected nor in degrees. Warp it first.",
        ),
    ],
)
def test_what_cannot_be_aligned_is_refused_by_name(make_raster, options, sentence):
    path = make_raster("dem", **{"values": terrain(), **options})
    with pytest.raises(GeoGanError) as error:
        describe_source(path, "Alps")
    assert str(error.value) == sentence


@pytest.mark.parametrize("content", [None, b"no raster"])
def test_what_gdal_cannot_open_is_refused_by_name(tmp_path, content):
    path = tmp_path / "dem.tif"
    if content:
        path.write_bytes(content)
    with pytest.raises(GeoGanError, match=r"^Layer Alps cannot be opened: "):
        describe_source(str(path), "Alps")
