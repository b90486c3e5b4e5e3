# SPDX-License-Identifier: GPL-3.0-or-later
"""Layers whose overviews say something else than the means of their pixels: only the pixels count."""

from __future__ import annotations

import numpy as np
import pytest
from geogan.rasters.grid import Lattice
from geogan.rasters.reading import alignment
from geogan.rasters.reading.alignment import align
from geogan.rasters.reading.areas import read_areas
from geogan.rasters.reading.guiding import read_guide
from geogan.rasters.reading.source import describe_source
from geogan.rasters.writing.profile import NODATA
from geogan.rasters.writing.resampling import resample
from geogan.test.unit.holed import UPRIGHT
from osgeo import gdal

CRS = "EPSG:32633"
FINE = (500_000.0, 10.0, 0, 5_540_000.0, 0, -10.0)
SIDE = 1024


@pytest.fixture
def with_overviews(make_raster):
    """Return make(values, method, **options) -> path of a layer with overviews made by that method."""

    def make(name, values, method="NEAREST", geotransform=FINE, **options):
        path = make_raster(name, values, CRS, geotransform, **options)
        gdal.Open(path, gdal.GA_Update).BuildOverviews(method, [2, 4, 8])
        return path

    return make


def _striped():
    """Return rows and columns of 0 and 1000 in turn: NEAREST overviews hold one of them only."""
    rows, cols = np.mgrid[:SIDE, :SIDE]
    return np.where((rows + cols) % 2, 1000.0, 0.0).astype(np.float32) + rows / np.float32(SIDE)


def test_an_area_is_the_mean_of_its_pixels(with_overviews):
    (area,) = align([describe_source(with_overviews("land", _striped()), "land")], 80.0)
    np.testing.assert_allclose(gdal.Open(area.vrt).ReadAsArray(), 500.0, atol=1.0)


def test_of_pixels_much_finer_than_wanted_few_are_held_at_once(make_raster, monkeypatch):
    monkeypatch.setattr(alignment, "_AT_ONCE_PX", 128)
    (area,) = align([describe_source(make_raster("land", _striped(), CRS, FINE), "land")], 80.0)
    dataset = gdal.Open(area.vrt)
    assert dataset.GetRasterBand(1).GetBlockSize() == [16, 16]
    np.testing.assert_allclose(dataset.ReadAsArray(), 500.0, atol=1.0)


def test_a_guide_is_the_mean_of_its_pixels(with_overviews):
    guide = describe_source(with_overviews("guide", _striped()), "guide")
    cells, extent = Lattice(80.0), (504_000.0, 5_534_000.0, 506_000.0, 5_536_000.0)
    window, values = read_guide(guide, CRS, cells, extent)
    wanted = cells.window_of(*extent)
    values = values[wanted.row - window.row :, wanted.col - window.col :][: wanted.height, : wanted.width]
    np.testing.assert_allclose(values, 500.0, atol=1.0)


def test_a_guiding_layer_is_the_mean_of_its_pixels(with_overviews, make_raster):
    land = np.random.default_rng(1).normal(800.0, 50.0, (128, 128)).astype(np.float32)
    areas = align([describe_source(make_raster("land", land, CRS, (FINE[0], 80, 0, FINE[3], 0, -80)), "l")])
    guide = describe_source(with_overviews("guide", _striped()), "guide")
    (area,) = read_areas(areas, guides=[guide])
    np.testing.assert_allclose(area.conditions[..., 0], 500.0, atol=1.0)


def test_no_data_that_was_not_declared_and_is_blended_into_overviews_moves_no_mean(with_overviews):
    values = np.full((SIDE, SIDE), 700.0, np.float32)
    values += np.arange(SIDE) % 7
    values[300:400, 300:403] = -9999.0
    (area,) = align([describe_source(with_overviews("land", values, "AVERAGE"), "land")], 80.0)
    means = gdal.Open(area.vrt).ReadAsArray()
    assert np.isnan(means).any()
    assert np.nanmin(means) > 699.0


def test_a_mask_marks_the_pixels_under_whose_centres_it_does(void_raster, with_overviews):
    mask = np.zeros((60 * 9, 70 * 9), np.uint8)
    mask[4::9, 4::9] = 1  # in the middle of each pixel of the layer
    x, size, _, y, _, _ = UPRIGHT
    raster = void_raster()
    path = with_overviews("mask", mask, geotransform=(x, size / 9, 0, y, 0, -size / 9))
    raster.mark_raster(path, "mask")
    assert raster.marked_px == 60 * 70


def test_extents_that_overlap_are_brought_to_coarser_pixels_alike(with_overviews, tmp_path):
    land = np.random.default_rng(1).normal(800.0, 50.0, (600, 600)).astype(np.float32)
    origin = (0, 30, 0, 0, 0, -30)
    whole = with_overviews("whole", land, geotransform=origin, nodata=NODATA)
    part = with_overviews("part", land[3:, 3:], geotransform=(90, 30, 0, -90, 0, -30), nodata=NODATA)
    means = []
    for path in (whole, part):
        resample(path, tmp_path / "out.tif", 90.0, (900, -9000, 9000, -900))
        means.append(gdal.Open(str(tmp_path / "out.tif")).ReadAsArray())
    np.testing.assert_array_equal(*means)
