# SPDX-License-Identifier: GPL-3.0-or-later
"""Layers of any kind, brought to metric grids of one pixel size."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from geogan.errors import GeoGanError
from geogan.rasters.crs import read_crs, wkt_of
from geogan.rasters.reading.alignment import align
from geogan.rasters.reading.copies import copy_metadata
from geogan.rasters.reading.source import describe_source
from osgeo import gdal

UTM_30M = (400_000, 30, 0, 5_000_000, 0, -30)
DEGREES = (14.0, 0.001, 0, 46.0, 0, -0.001)


def terrain(height=120, width=150, dtype=np.float32):
    rows, cols = np.mgrid[0:height, 0:width]
    return (1000 + 3 * rows + 2 * cols + 40 * np.sin(cols / 9)).astype(dtype)


def read(area):
    return gdal.Open(area.vrt).ReadAsArray()


class Journal(list):
    """A log that keeps its sentences."""

    def __call__(self, template, **values):
        self.append(template.format(**values))


def test_layers_of_different_kinds_end_up_at_one_pixel_size(make_raster):
    paths = [
        make_raster("utm", terrain(), "EPSG:32633", UTM_30M, nodata=-9999),
        make_raster("degrees", terrain(dtype=np.int16), "EPSG:4326", DEGREES, nodata=-32768),
        make_raster("feet", terrain(300, 300), "EPSG:2263", (9e5, 50, 0, 2e5, 0, -50)),
    ]
    journal = Journal()
    areas = align([describe_source(path, f"layer {n}") for n, path in enumerate(paths)], log=journal)
    sizes = [area.pixel_size_m for area in areas]
    assert sizes == [sizes[0]] * 3
    assert 77 < sizes[0] < 112  # 0.001 degrees are 111 m high and 77 m wide here
    assert [area.is_resampled for area in areas] == [True, True, True]
    assert journal == ["Layer layer 1 is in degrees: it is brought to EPSG:32633."]
    for area, units_per_metre in zip(areas, (1, 1, 3937 / 1200)):
        assert area.geotransform[1] == pytest.approx(area.pixel_size_m * units_per_metre, rel=1e-9)
        assert area.geotransform[5] == -area.geotransform[1]
        assert gdal.Open(area.vrt).GetRasterBand(1).DataType == gdal.GDT_Float32
        assert 990 < np.nanmin(read(area)) < np.nanmax(read(area)) < 2540


def test_the_pixel_size_is_by_default_the_coarsest_native_one(make_raster):
    fine = make_raster("fine", terrain(), geotransform=(0, 10, 0, 0, 0, -10))
    coarse = make_raster("coarse", terrain(), geotransform=(0, 25, 0, 0, 0, -25))
    areas = align([describe_source(fine, "fine"), describe_source(coarse, "coarse")])
    assert [(area.pixel_size_m, area.width, area.is_resampled) for area in areas] == [
        (25, 60, True),
        (25, 150, False),
    ]
    np.testing.assert_array_equal(read(areas[1]), terrain())


def test_a_pixel_size_from_degrees_has_three_digits(make_raster):
    path = make_raster("dem", terrain(), "EPSG:4326", DEGREES)
    size = align([describe_source(path, "dem")])[0].pixel_size_m
    # A pixel is 111.1 m high and 77.6 m wide; square ones of GDAL keep the diagonal.
    assert size == float(f"{size:.3g}")
    assert 77 < size < 112


@pytest.mark.parametrize("dtype", [np.uint8, np.int16, np.uint16, np.int32, np.float32, np.float64])
def test_a_layer_of_that_pixel_size_keeps_its_values(make_raster, dtype):
    values = np.random.default_rng(0).integers(1, 250, (99, 130)).astype(dtype)
    path = make_raster("dem", values, geotransform=UTM_30M)
    (area,) = align([describe_source(path, "dem")], pixel_size=30)
    assert area.geotransform == UTM_30M
    np.testing.assert_array_equal(read(area), values)


def test_a_south_up_layer_is_turned_north_up_without_a_change(make_raster):
    path = make_raster("dem", terrain(), geotransform=(400_000, 30, 0, 4_996_400, 0, 30))
    (area,) = align([describe_source(path, "dem")])
    assert area.geotransform == UTM_30M
    assert not area.is_resampled
    np.testing.assert_array_equal(read(area), terrain()[::-1])


def test_a_rotated_layer_is_warped_upright(make_raster):
    cos, sin = 30 * np.cos(0.5), 30 * np.sin(0.5)
    path = make_raster("dem", terrain(), geotransform=(0, cos, sin, 0, sin, -cos))
    source = describe_source(path, "dem")
    (area,) = align([source])
    assert source.native_size_m == pytest.approx(30)
    assert area.geotransform[2] == area.geotransform[4] == 0
    assert area.width > 150
    values = read(area)
    assert np.isnan(values[0, 0])
    middle = values[values.shape[0] // 2, values.shape[1] // 2]
    assert middle == pytest.approx(terrain()[60, 75], abs=15)


def test_pixels_that_are_not_square_become_square(make_raster):
    path = make_raster("dem", terrain(), geotransform=(0, 10, 0, 0, 0, -20))
    (area,) = align([describe_source(path, "dem")])
    assert (area.pixel_size_m, area.width, area.height) == (20, 75, 120)


def test_coarser_pixels_are_means(make_raster):
    values = np.random.default_rng(0).normal(0, 100, (120, 160)).astype(np.float32)
    path = make_raster("dem", values, geotransform=UTM_30M)
    (area,) = align([describe_source(path, "dem")], pixel_size=120)
    np.testing.assert_allclose(read(area), values.reshape(30, 4, 40, 4).mean(axis=(1, 3)), atol=1e-3)


def test_all_layers_go_to_a_given_crs(make_raster):
    path = make_raster("dem", terrain(), "EPSG:32633", UTM_30M)
    (area,) = align([describe_source(path, "dem")], pixel_size=50, crs_wkt="EPSG:3035")
    assert 'ID["EPSG",3035]' in area.crs_wkt or '"EPSG","3035"' in area.crs_wkt
    values = read(area)
    assert np.nanmax(values) == pytest.approx(terrain().max(), abs=20)


def test_a_given_crs_in_degrees_is_refused_with_one_that_fits(make_raster):
    path = make_raster("dem", terrain(), "EPSG:32633", UTM_30M)
    with pytest.raises(GeoGanError) as error:
        align([describe_source(path, "Alps")], crs_wkt="EPSG:4326")
    assert str(error.value) == (
        "The CRS EPSG:4326 is not projected. Choose one that is, for example EPSG:32633 for layer Alps."
    )


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


def test_a_mask_of_zero_alpha_counts_no_band(make_raster):
    bands = np.stack([terrain(), np.full((120, 150), 255, np.float32)])
    assert describe_source(make_raster("dem", bands, alpha=True), "dem").bands == 1


def test_scale_and_offset_of_the_band_are_honoured(make_raster):
    values = terrain(dtype=np.int16)
    values[0, 0] = -32768
    path = make_raster("dem", values, geotransform=UTM_30M, nodata=-32768, scale=0.1, offset=-50)
    (area,) = align([describe_source(path, "dem")])
    expected = values * 0.1 - 50
    expected[0, 0] = np.nan
    np.testing.assert_allclose(read(area), expected, rtol=1e-6)


@pytest.mark.parametrize("crs", ["EPSG:8857", "EPSG:3035", "EPSG:31467"])
def test_a_layer_in_the_crs_that_is_asked_for_is_not_resampled(make_raster, crs):
    """Equal Earth, which WKT 1 cannot say, and two whose first axis is the northing, which it forgets."""
    source = describe_source(make_raster("dem", terrain(), crs, UTM_30M), "dem")
    (area,) = align([source], crs_wkt=wkt_of(read_crs(crs)))
    assert not area.is_resampled
    np.testing.assert_array_equal(read(area), terrain())


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


def test_band_1_of_several_is_used_and_the_log_says_so(make_raster):
    bands = np.stack([terrain(), terrain() + 5000, terrain() - 5000])
    journal = Journal()
    (area,) = align([describe_source(make_raster("dem", bands), "Alps")], log=journal)
    np.testing.assert_array_equal(read(area), terrain())
    assert journal == ["Layer Alps has 3 bands; band 1 is used."]


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


def test_an_original_that_gdal_cannot_open_names_no_landscape(make_raster, tmp_path):
    copy = make_raster("copy", terrain())
    copy_metadata(str(tmp_path / "no.tif"), copy, "dem")
    assert describe_source(copy, "dem").landscape == ""


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


@pytest.mark.parametrize("south", [5.0, 17.0, 33.0, 41.0, 52.0, 64.0])
def test_a_layer_in_degrees_of_one_row_is_aligned_at_its_own_pixel_size(make_raster, south):
    path = make_raster("row", terrain(1, 200), "EPSG:4326", (11.3, 0.0025, 0, south + 0.0025, 0, -0.0025))
    (area,) = align([describe_source(path, "row")])
    assert min(area.width, area.height) >= 1


def test_a_layer_around_the_world_is_aligned(make_raster):
    path = make_raster("world", terrain(90, 180), "EPSG:4326", (-180, 2, 0, 90, 0, -2))
    journal = Journal()
    (area,) = align([describe_source(path, "world")], log=journal)
    assert journal == ["Layer world is in degrees: it is brought to Lambert azimuthal equal-area at 0, 0."]
    assert np.isfinite(read(area)).mean() > 0.5


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


@pytest.mark.parametrize("content", [None, b"no raster"])
def test_what_gdal_cannot_open_is_refused_by_name(tmp_path, content):
    path = tmp_path / "dem.tif"
    if content:
        path.write_bytes(content)
    with pytest.raises(GeoGanError, match=r"^Layer Alps cannot be opened: "):
        describe_source(str(path), "Alps")


def test_a_path_may_hold_what_xml_does_not_like(make_raster):
    path = make_raster("Höhe & <Tiefe> 'a'", terrain(), geotransform=UTM_30M)
    (area,) = align([describe_source(path, "dem")], pixel_size=45)
    assert np.isfinite(read(area)).any()
