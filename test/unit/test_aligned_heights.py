# SPDX-License-Identifier: GPL-3.0-or-later
"""The heights of an aligned layer: in metres, and not a number where there are none."""

from __future__ import annotations

import numpy as np
import pytest
from geogan.errors import GeoGanError
from geogan.rasters.reading.alignment import align
from geogan.rasters.reading.source import describe_source
from geogan.test.unit.sloped import UTM_30M, Journal, read, terrain
from osgeo import gdal


@pytest.mark.parametrize("geotransform", [UTM_30M, (400_000, 21, 0, 5_000_000, 0, -21)])
def test_voids_are_nan_whatever_marks_them(make_raster, geotransform):
    """Declared nodata, undeclared sentinels (two at once), NaN, a mask band and alpha."""
    hole = (slice(40, 60), slice(50, 80))
    rasters = {}
    for name, void in (("declared", 7777), ("undeclared", -9999), ("nan", np.nan)):
        values = terrain()
        values[hole] = void
        rasters[name] = make_raster(
            name, values, geotransform=geotransform, nodata=7777 if name == "declared" else None
        )
    two = terrain(dtype=np.int16)
    two[hole] = -9999
    two[40:60, 50:60] = -32768
    rasters["two"] = make_raster("two", two, geotransform=geotransform)
    mask = np.full((120, 150), 255, np.uint8)
    mask[hole] = 0
    rasters["mask"] = make_raster("mask", terrain(), geotransform=geotransform, mask=mask)
    with_alpha = np.stack([terrain(), mask]).astype(np.uint16)
    rasters["alpha"] = make_raster("alpha", with_alpha, geotransform=geotransform, alpha=True)
    for name, path in rasters.items():
        (area,) = align([describe_source(path, name)], pixel_size=30)
        values = read(area)
        void_share = np.isnan(values[:, :104]).mean()
        scale = values.shape[0] / 120
        rows, cols = slice(round(44 * scale), round(56 * scale)), slice(round(55 * scale), round(75 * scale))
        assert np.isnan(values[rows, cols]).all(), name
        assert 0.02 < void_share < 0.2, name
        assert 990 < np.nanmin(values) < np.nanmax(values) < 1710, name


def test_scale_and_offset_of_the_band_are_honoured(make_raster):
    values = terrain(dtype=np.int16)
    values[0, 0] = -32768
    path = make_raster("dem", values, geotransform=UTM_30M, nodata=-32768, scale=0.1, offset=-50)
    (area,) = align([describe_source(path, "dem")])
    expected = values * 0.1 - 50
    expected[0, 0] = np.nan
    np.testing.assert_allclose(read(area), expected, rtol=1e-6)


@pytest.mark.parametrize(
    ("unit", "metres"),
    [
        ("ft", 0.3048),
        ("Foot", 0.3048),
        ("US survey foot", 1200 / 3937),
        ("km", 1000),
        ("cm", 0.01),
        ("m", 1),
        ("", 1),
    ],
)
def test_heights_in_other_units_are_brought_to_metres_and_the_log_says_so(make_raster, unit, metres):
    journal = Journal()
    path = make_raster("dem", terrain(), geotransform=UTM_30M, unit=unit, scale=0.5, offset=100)
    (area,) = align([describe_source(path, "Alps")], log=journal)
    # Older GDAL writes six digits of a scale into the text of a VRT.
    np.testing.assert_allclose(read(area), metres * (0.5 * terrain() + 100), rtol=1e-5)
    told = f"The heights of layer Alps are in {unit}: they are brought to metres."
    assert (told in journal) == (metres != 1)


@pytest.mark.parametrize(
    ("heights", "unit_m"),
    [("5773", 1.0), ("6360", 1200 / 3937), ("8228", 0.3048)],
    ids=["m", "survey ft", "ft"],
)
def test_heights_are_in_the_unit_of_a_vertical_crs_where_the_band_names_none(
    make_raster, tmp_path, heights, unit_m
):
    vrt = str(tmp_path / "dem.vrt")
    gdal.Translate(vrt, make_raster("dem", terrain()), outputSRS=f"EPSG:32633+{heights}")
    assert not gdal.Open(vrt).GetRasterBand(1).GetUnitType()
    source = describe_source(vrt, "dem")
    assert source.unit_m == unit_m
    (area,) = align([source])
    np.testing.assert_allclose(read(area), unit_m * terrain(), rtol=1e-6)


def test_band_1_of_several_is_used_and_the_log_says_so(make_raster):
    bands = np.stack([terrain(), terrain() + 5000, terrain() - 5000])
    journal = Journal()
    (area,) = align([describe_source(make_raster("dem", bands), "Alps")], log=journal)
    np.testing.assert_array_equal(read(area), terrain())
    assert journal == ["Layer Alps has 3 bands; band 1 is used."]


def test_signed_bytes_are_read_with_their_signs_or_where_gdal_cannot_are_refused(make_raster, tmp_path):
    values = (terrain() % 80 - 26).astype(np.int16)
    assert values.min() < 0
    has_type = hasattr(gdal, "GDT_Int8")  # from GDAL 3.7 on; before, they are unsigned ones with a remark
    path, options = (
        str(tmp_path / "signed.tif"),
        "-ot Int8" if has_type else "-ot Byte -co PIXELTYPE=SIGNEDBYTE",
    )
    gdal.Translate(path, make_raster("dem", values), options=options)
    if has_type:
        (area,) = align([describe_source(path, "Alps")])
        np.testing.assert_array_equal(read(area), values)
    else:
        with pytest.raises(GeoGanError, match=r"^Layer Alps holds signed 8-bit numbers"):
            describe_source(path, "Alps")
