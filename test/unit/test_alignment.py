# SPDX-License-Identifier: GPL-3.0-or-later
"""Layers of any kind, brought to metric grids of one pixel size."""

from __future__ import annotations

import numpy as np
import pytest
from geogan.rasters.crs import read_crs, wkt_of
from geogan.rasters.reading.alignment import align
from geogan.rasters.reading.source import describe_source
from geogan.test.unit.sloped import DEGREES, UTM_30M, Journal, read, terrain
from osgeo import gdal


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


@pytest.mark.parametrize("crs", ["EPSG:8857", "EPSG:3035", "EPSG:31467"])
def test_a_layer_in_the_crs_that_is_asked_for_is_not_resampled(make_raster, crs):
    """Equal Earth, which WKT 1 cannot say, and two whose first axis is the northing, which it forgets."""
    source = describe_source(make_raster("dem", terrain(), crs, UTM_30M), "dem")
    (area,) = align([source], crs_wkt=wkt_of(read_crs(crs)))
    assert not area.is_resampled
    np.testing.assert_array_equal(read(area), terrain())


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


def test_a_path_may_hold_what_xml_does_not_like(make_raster):
    path = make_raster("Höhe & <Tiefe> 'a'", terrain(), geotransform=UTM_30M)
    (area,) = align([describe_source(path, "dem")], pixel_size=45)
    assert np.isfinite(read(area)).any()
