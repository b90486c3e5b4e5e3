# SPDX-License-Identifier: GPL-3.0-or-later
"""LAYOUT=COG: the same raster, in the order in which it is read over a network."""

from __future__ import annotations

import resource

import numpy as np
import pytest
from geogan.errors import Cancelled, GeoGanError
from geogan.rasters.grid import Lattice, Window
from geogan.rasters.reporting import silent
from geogan.rasters.writing import geotiff
from geogan.rasters.writing.writer import TerrainWriter
from osgeo import gdal
from osgeo_utils.samples.validate_cloud_optimized_geotiff import validate

WINDOW = Window(-300, -700, 1200, 1100)
LAND = np.random.default_rng(0).normal(500, 200, (1200, 1100)).astype(np.float32)


def write(path, progress=None, run=None, log=silent, **options):
    told = {"tags": {"GEOGAN_SEED": 7}, "creation_options": options, "run": run, "log": log}
    with TerrainWriter(path, WINDOW, Lattice(30.0), "EPSG:32633", **told) as writer:
        for piece in writer.pieces():
            top, left = piece.row - WINDOW.row, piece.col - WINDOW.col
            writer.write(piece.row, piece.col, LAND[top : top + piece.height, left : left + piece.width])
        writer.close(progress)


@pytest.mark.parametrize("options", [{}, {"COMPRESS": "LZW", "PREDICTOR": "2"}, {"compress": "none"}])
def test_it_is_valid_and_holds_what_the_other_layout_holds(tmp_path, options):
    write(tmp_path / "plain.tif", **options)
    write(tmp_path / "cog.tif", layout="cog", **options)

    _, errors, _ = validate(str(tmp_path / "cog.tif"), full_check=True)
    assert errors == []
    plain, cog = (gdal.Open(str(tmp_path / name)) for name in ("plain.tif", "cog.tif"))
    for get in (
        gdal.Dataset.ReadAsArray,
        lambda each: each.GetRasterBand(1).GetOverview(1).ReadAsArray(),
        gdal.Dataset.GetMetadata,
        gdal.Dataset.GetGeoTransform,
        lambda each: each.GetSpatialRef().ExportToWkt(),
        lambda each: each.GetRasterBand(1).GetStatistics(False, False),
        lambda each: [each.GetRasterBand(1).GetNoDataValue(), each.GetRasterBand(1).GetUnitType()],
        lambda each: each.GetMetadata("IMAGE_STRUCTURE").get("PREDICTOR"),
        lambda each: each.GetRasterBand(1).GetBlockSize(),
    ):
        np.testing.assert_array_equal(get(cog), get(plain))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["cog.tif", "plain.tif"]


def test_options_that_only_its_driver_has_are_done(tmp_path):
    own = {"BLOCKSIZE": "512", "OVERVIEW_RESAMPLING": "NEAREST", "OVERVIEW_COUNT": "1", "PREDICTOR": "YES"}
    said = []
    write(tmp_path / "cog.tif", layout="cog", log=lambda template, **_: said.append(template), **own)
    dataset = gdal.Open(str(tmp_path / "cog.tif"))  # a band does not keep it alive
    band = dataset.GetRasterBand(1)
    assert band.GetBlockSize() == [512, 512]
    assert band.GetOverviewCount() == 1
    assert np.isin(band.GetOverview(0).ReadAsArray(), LAND).all()
    assert dataset.GetMetadataItem("PREDICTOR", "IMAGE_STRUCTURE") == "3"
    assert said == []


def test_its_level_of_compression_is_that_of_the_user(tmp_path):
    for level in ("1", "9"):
        write(tmp_path / f"{level}.tif", LAYOUT="COG", LEVEL=level)
    assert (tmp_path / "9.tif").stat().st_size < (tmp_path / "1.tif").stat().st_size


@pytest.mark.parametrize("option", ["TARGET_SRS", "tiling_scheme", "RES", "EXTENT"])
def test_an_option_that_would_project_the_land_is_refused(tmp_path, option):
    with pytest.raises(GeoGanError, match=rf"The creation option {option.upper()} would project"):
        write(tmp_path / "cog.tif", LAYOUT="COG", **{option: "EPSG:3857"})
    assert list(tmp_path.iterdir()) == []


def test_an_ensemble_with_its_spread_is_a_valid_one_and_a_bigtiff_where_that_is_asked_for(tmp_path):
    path, options = tmp_path / "ensemble.tif", {"LAYOUT": "COG", "BIGTIFF": "YES"}
    bands = {"bands": ("seed 1", "seed 2"), "with_spread": True, "creation_options": options}
    with TerrainWriter(path, WINDOW, Lattice(30.0), "EPSG:32633", **bands) as writer:
        for band in writer.bands():
            for piece in writer.pieces():
                land = np.full((piece.height, piece.width), 10.0 * band, np.float32)
                writer.write(piece.row, piece.col, land)
        writer.close()

    _, errors, _ = validate(str(path), full_check=True)
    assert errors == []
    assert path.read_bytes()[:4] == b"II+\x00"
    means = gdal.Open(str(path)).ReadAsArray().astype(np.float64).mean((1, 2))
    np.testing.assert_allclose(means, [10.0, 20.0, 15.0, np.std([10.0, 20.0], ddof=1)], rtol=1e-6)


def test_where_the_disk_has_no_room_for_the_copy_all_pixels_are_kept(tmp_path, monkeypatch):
    monkeypatch.setattr(geotiff, "KEPT_FROM_PX", 1)
    run, before = {"seed": 7}, resource.getrlimit(resource.RLIMIT_FSIZE)

    def fill_the_disk(fraction):
        if fraction >= 0.5:
            room = (tmp_path / "cog.tif.partial").stat().st_size // 2
            resource.setrlimit(resource.RLIMIT_FSIZE, (room, before[1]))
        return True

    try:
        with pytest.raises(GeoGanError, match=r"cog\.tif"):
            write(tmp_path / "cog.tif", progress=fill_the_disk, run=run, LAYOUT="COG")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert {path.name for path in tmp_path.iterdir()} == {"cog.tif.partial", "cog.tif.partial.json"}

    write(tmp_path / "cog.tif", run=run, LAYOUT="COG")
    _, errors, _ = validate(str(tmp_path / "cog.tif"), full_check=True)
    assert errors == []
    np.testing.assert_array_equal(gdal.Open(str(tmp_path / "cog.tif")).ReadAsArray(), LAND)


def test_one_that_was_whole_but_for_its_name_is_gone_on_from(tmp_path, monkeypatch):
    monkeypatch.setattr(geotiff, "KEPT_FROM_PX", 1)
    path, run, said = tmp_path / "cog.tif", {"seed": 7}, []
    with pytest.raises(Cancelled):
        write(path, progress=lambda fraction: fraction < 1.0, run=run, LAYOUT="COG")
    write(path, run=run, log=lambda template, **_: said.append(template), LAYOUT="COG")
    assert [sentence.partition(" ")[0] for sentence in said] == ["Going"]
    assert validate(str(path), full_check=True)[1] == []
    np.testing.assert_array_equal(gdal.Open(str(path)).ReadAsArray(), LAND)


def test_a_cancel_on_the_way_leaves_nothing(tmp_path):
    with pytest.raises(Cancelled):
        write(tmp_path / "cog.tif", progress=lambda fraction: fraction < 0.8, LAYOUT="COG")
    assert list(tmp_path.iterdir()) == []


def test_a_gdal_that_has_no_driver_for_it_says_so_before_any_pixel_is_made(tmp_path):
    driver = gdal.GetDriverByName("COG")
    driver.Deregister()
    try:
        with pytest.raises(GeoGanError, match="leave out LAYOUT=COG"):
            write(tmp_path / "cog.tif", LAYOUT="COG")
    finally:
        driver.Register()
    assert list(tmp_path.iterdir()) == []
