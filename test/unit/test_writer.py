# SPDX-License-Identifier: GPL-3.0-or-later
"""Generated terrain on disk: what was sent is what is there."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from geogan.rasters.crs import read_crs
from geogan.rasters.grid import Lattice, Window
from geogan.rasters.writing import geotiff
from geogan.rasters.writing.creation_options import merged_options, of_cog
from geogan.rasters.writing.profile import NODATA
from geogan.rasters.writing.writer import TerrainWriter
from geogan.test.harness.folders import names_in
from geogan.test.unit.written import CRS, crop, noise, write
from osgeo import gdal, osr


@pytest.mark.parametrize(
    "window",
    [
        Window(0, 0, 1, 1),
        Window(-1, -1, 2, 2),
        Window(-513, -1025, 700, 900),
        Window(17, -3001, 333, 1800),
        Window(511, 511, 1500, 40),
        Window(-300, 255, 256, 1024),
        Window(1_000_001, -2_000_003, 257, 511),
    ],
)
@pytest.mark.parametrize("panel_width", [256, 768, 16_384])
def test_what_was_sent_is_what_is_read_back(tmp_path, window, panel_width):
    values = noise(window)
    write(tmp_path / "out.tif", window, values, panel_width=panel_width)
    np.testing.assert_array_equal(gdal.Open(str(tmp_path / "out.tif")).ReadAsArray(), values)
    assert names_in(tmp_path) == ["out.tif"]


def test_the_file_lies_exactly_on_the_lattice_and_in_its_crs(tmp_path):
    window = Window(-40, -50, 30, 20)
    write(tmp_path / "out.tif", window, noise(window), size=92.3)
    dataset = gdal.Open(str(tmp_path / "out.tif"))
    assert dataset.GetGeoTransform() == (-50 * 92.3, 92.3, 0.0, 40 * 92.3, 0.0, -92.3)
    expected = osr.SpatialReference()
    expected.ImportFromEPSG(32633)
    assert dataset.GetSpatialRef().IsSame(expected)


def test_the_file_says_what_it_holds(tmp_path):
    window = Window(-3, 4, 30, 20)
    write(tmp_path / "out.tif", window, noise(window))
    dataset = gdal.Open(str(tmp_path / "out.tif"))
    band = dataset.GetRasterBand(1)
    assert dataset.GetMetadata() == {
        "AREA_OR_POINT": "Area",
        "GEOGAN_SYNTHETIC": "YES",
        "GEOGAN_LATTICE": "pixel_size=30.0 row=-3 col=4",
        "GEOGAN_MODEL": "alps",
        "GEOGAN_MODEL_SHA256": "ab" * 32,
        "GEOGAN_SEED": "7",
        "GEOGAN_VERSION": "0.1.0",
    }
    assert (band.GetNoDataValue(), band.GetUnitType(), band.GetDescription()) == (NODATA, "m", "elevation")
    assert dataset.GetMetadata("IMAGE_STRUCTURE")["COMPRESSION"] == "DEFLATE"
    assert band.GetBlockSize() == [256, 256]


def test_statistics_are_in_the_file_and_leave_nodata_out(tmp_path):
    window = Window(-100, -100, 700, 600)
    values = noise(window)
    values[:50] = np.nan
    write(tmp_path / "out.tif", window, values, panel_width=256)
    dataset = gdal.Open(str(tmp_path / "out.tif"))
    stored = dataset.GetRasterBand(1).GetStatistics(False, False)
    land = values[50:].astype(np.float64)
    np.testing.assert_allclose(stored, [land.min(), land.max(), land.mean(), land.std()], rtol=1e-6)
    assert (dataset.ReadAsArray()[:50] == NODATA).all()


def test_overviews_are_means_down_to_below_512_pixels(tmp_path):
    window = Window(-5, -5, 600, 1100)
    values = noise(window)
    write(tmp_path / "out.tif", window, values)
    dataset = gdal.Open(str(tmp_path / "out.tif"))
    band = dataset.GetRasterBand(1)
    sizes = [(o.XSize, o.YSize) for o in map(band.GetOverview, range(band.GetOverviewCount()))]
    assert sizes == [(550, 300), (275, 150)]
    means = values.reshape(300, 2, 550, 2).mean(axis=(1, 3))
    np.testing.assert_allclose(band.GetOverview(0).ReadAsArray(), means, rtol=1e-5)


def test_each_tile_is_written_once(tmp_path):
    """A compressed tile that is written again leaves its first copy behind as dead bytes."""
    window = Window(-700, -333, 2048, 2048)
    values = np.random.default_rng(0).integers(2**29, 2**30, (2048, 2048), np.uint32).view(np.float32)
    write(tmp_path / "out.tif", window, values, panel_width=512, creation_options={"PREDICTOR": "1"})
    with_overviews = 4 * (2048**2 + 1024**2 + 512**2 + 256**2)
    assert (tmp_path / "out.tif").stat().st_size < 1.01 * with_overviews


def test_where_the_tiles_are_is_not_written_again_with_every_row_of_them(tmp_path):
    """That list grows with the raster, and so do the rows: together, with the square of its size."""
    window = Window(0, 0, 2048, 2048)
    written_before = bytes_written()
    small_tiles = {"BLOCKXSIZE": "16", "BLOCKYSIZE": "16"}  # their list is longer than what is in them
    land = np.zeros((2048, 2048), np.float32)
    write(tmp_path / "out.tif", window, land, panel_width=512, creation_options=small_tiles)
    assert bytes_written() - written_before < 3 * (tmp_path / "out.tif").stat().st_size


def bytes_written() -> int:
    """Return what this process has written to files since it began."""
    counters = dict(line.split(": ") for line in Path("/proc/self/io").read_text("ascii").splitlines())
    return int(counters["wchar"])


def test_creation_options_of_the_user_come_first(tmp_path):
    window = Window(0, 0, 300, 300)
    options = {"compress": "LZW", "BLOCKXSIZE": "128", "BLOCKYSIZE": "64"}
    values = noise(window)
    write(tmp_path / "out.tif", window, values, creation_options=options)
    dataset = gdal.Open(str(tmp_path / "out.tif"))
    assert dataset.GetMetadata("IMAGE_STRUCTURE")["COMPRESSION"] == "LZW"
    assert dataset.GetRasterBand(1).GetBlockSize() == [128, 64]
    np.testing.assert_array_equal(dataset.ReadAsArray(), values)


@pytest.mark.parametrize(
    ("options", "unknown"),
    [
        ({"COMPRES": "LZW"}, ["COMPRES"]),
        ({"BLOCKSIZE": "512"}, ["BLOCKSIZE"]),  # of the COG driver
        ({"layout": "COGG"}, ["LAYOUT"]),
        ({"LAYOUT": "COG", "BLOCKSIZE": "512", "COMPRES": "LZW"}, ["COMPRES"]),
        ({"compress": "LZW", "BIGTIFF": "YES"}, []),
    ],
    ids=str,
)
def test_the_log_tells_of_options_that_gdal_does_not_have(tmp_path, options, unknown):
    window, said = Window(0, 0, 5, 5), []

    def log(template, **values):
        said.append(template.format(**values))

    write(tmp_path / "out.tif", window, noise(window), creation_options=options, log=log)
    sentence = "GDAL has no creation option {} for this file: check its spelling."
    assert said == [sentence.format(option) for option in unknown]


NO_COMPRESSION = {"COMPRESS": "NONE", "BIGTIFF": "IF_NEEDED"}  # as QGIS has it


@pytest.mark.parametrize("options", [None, NO_COMPRESSION])
@pytest.mark.parametrize(("side", "begins"), [(512, b"II*\0"), (24_000, b"II+\0")])
def test_a_file_that_may_grow_beyond_four_gigabytes_is_a_bigtiff(
    tmp_path, monkeypatch, side, begins, options
):
    monkeypatch.setattr(geotiff, "check_space", lambda *_: None)
    window = Window(0, 0, side, side)
    with TerrainWriter(tmp_path / "out.tif", window, Lattice(30), CRS, creation_options=options) as writer:
        writer.write(0, 0, np.zeros((512, 512), np.float32))
        (partial,) = tmp_path.glob("*.partial")
        assert partial.read_bytes()[:4] == begins


def write_bands(path, window, bands, progress=None, **options):
    names = [f"seed {number}" for number in range(len(bands))]
    with TerrainWriter(path, window, Lattice(30.0), CRS, bands=names, **options) as writer:
        writer.write_all(lambda band, piece: crop(bands[band - 1], window, piece), progress)


@pytest.mark.parametrize("panel_width", [256, 16_384])
def test_bands_are_written_one_after_the_other(tmp_path, panel_width):
    window = Window(-5, -600, 600, 1100)
    bands = [noise(window, seed) for seed in range(3)]
    write_bands(tmp_path / "out.tif", window, bands, panel_width=panel_width)
    dataset = gdal.Open(str(tmp_path / "out.tif"))
    np.testing.assert_array_equal(dataset.ReadAsArray(), bands)
    for number, values in enumerate(bands, start=1):
        band = dataset.GetRasterBand(number)
        assert (band.GetDescription(), band.GetUnitType()) == (f"seed {number - 1}", "m")
        assert (band.GetNoDataValue(), band.GetOverviewCount()) == (NODATA, 2)
        found, land = band.GetStatistics(False, False), values.astype(np.float64)
        np.testing.assert_allclose(found, [land.min(), land.max(), land.mean(), land.std()], rtol=1e-6)


def test_bands_that_are_to_be_mixed_pixel_by_pixel_stay_apart_and_the_log_says_so(tmp_path):
    window, said = Window(0, 0, 600, 1100), []
    bands = [noise(window, seed) for seed in range(3)]
    for name, options in (("apart.tif", {}), ("mixed.tif", {"interleave": "pixel"})):
        write_bands(
            tmp_path / name, window, bands, creation_options=options, log=lambda t, **_: said.append(t)
        )
    assert gdal.Open(str(tmp_path / "mixed.tif")).GetMetadata("IMAGE_STRUCTURE")["INTERLEAVE"] == "BAND"
    assert len(said) == 1
    assert (tmp_path / "mixed.tif").stat().st_size == (tmp_path / "apart.tif").stat().st_size


def test_the_spread_is_the_mean_and_the_deviation_of_the_bands_before(tmp_path):
    window = Window(-5, -600, 300, 700)
    bands = [noise(window, seed) for seed in range(4)]
    bands[2][10:20, 30:40] = np.nan
    told = []
    write_bands(
        tmp_path / "out.tif", window, bands, lambda share: told.append(share) or True, with_spread=True
    )
    dataset = gdal.Open(str(tmp_path / "out.tif"))
    assert [dataset.GetRasterBand(5 + i).GetDescription() for i in (0, 1)] == ["mean", "standard deviation"]
    mean, deviation = dataset.ReadAsArray()[4:]
    void = np.isnan(bands[2])
    assert (mean[void] == NODATA).all()
    assert (deviation[void] == NODATA).all()
    np.testing.assert_allclose(mean[~void], np.mean(bands, 0, np.float64)[~void], rtol=1e-5)
    np.testing.assert_allclose(deviation[~void], np.std(bands, 0, np.float64, ddof=1)[~void], rtol=1e-4)
    assert told == sorted(told)
    assert told[-1] == 1.0


def test_strips_hold_the_same_pixels_as_tiles(tmp_path):
    window = Window(-9, -9, 600, 700)
    values = noise(window)
    write(tmp_path / "out.tif", window, values, creation_options={"TILED": "NO"}, panel_width=256)
    np.testing.assert_array_equal(gdal.Open(str(tmp_path / "out.tif")).ReadAsArray(), values)


@pytest.mark.parametrize(("width", "is_in_strips"), [(8192, True), (8193, False)])
def test_a_raster_of_several_panels_is_stored_in_tiles_and_the_log_says_so(tmp_path, width, is_in_strips):
    """A strip that crosses panels would be written once for each, and leave dead copies behind."""
    window, said = Window(0, 0, 300, width), []
    values = np.random.default_rng(0).integers(2**29, 2**30, (300, width), np.uint32).view(np.float32)
    strips = {"TILED": "NO", "BLOCKYSIZE": "10", "PREDICTOR": "1"}
    write(tmp_path / "out.tif", window, values, creation_options=strips, log=lambda t, **_: said.append(t))

    dataset = gdal.Open(str(tmp_path / "out.tif"))
    np.testing.assert_array_equal(dataset.ReadAsArray(), values)
    assert dataset.GetRasterBand(1).GetBlockSize() == ([width, 10] if is_in_strips else [256, 256])
    assert said == ([] if is_in_strips else ["Strips would be too wide: {path} is stored in tiles."])
    assert (tmp_path / "out.tif").stat().st_size < 1.05 * 4 / 3 * values.nbytes


def test_a_codec_is_only_given_what_it_has():
    assert merged_options({"COMPRESS": "none"}).keys().isdisjoint({"PREDICTOR", "ZLEVEL"})
    zstd = merged_options({"COMPRESS": "ZSTD"})
    assert zstd["PREDICTOR"] == "3"
    assert not any(option.startswith("LEVEL=") for option in of_cog({**zstd, "LAYOUT": "COG"}))
    assert merged_options({"COMPRESS": "LERC_DEFLATE"})["ZLEVEL"] == merged_options(None)["ZLEVEL"]
    assert merged_options({"zlevel": "9"})["ZLEVEL"] == "9"


def test_a_path_may_have_spaces_and_accents(tmp_path):
    folder = tmp_path / "Höhe mit Leerzeichen"
    folder.mkdir()
    window = Window(0, 0, 3, 3)
    write(folder / "Gelände 1.tif", window, noise(window))
    assert names_in(folder) == ["Gelände 1.tif"]


def test_progress_of_the_overviews_rises_to_one(tmp_path):
    seen = []
    window = Window(0, 0, 1200, 1200)
    write(tmp_path / "out.tif", window, noise(window), progress=seen.append)
    assert seen == sorted(seen)
    assert seen[-1] == 1


def test_a_link_goes_on_to_lead_to_the_file(tmp_path):
    (tmp_path / "link.tif").symlink_to(tmp_path / "elsewhere.tif")
    window = Window(0, 0, 10, 12)
    write(tmp_path / "link.tif", window, noise(window))
    assert (tmp_path / "link.tif").is_symlink()
    assert (tmp_path / "elsewhere.tif").is_file()


@pytest.mark.parametrize("layout", [{}, {"LAYOUT": "COG"}], ids=str)
def test_a_crs_that_no_geotiff_can_say_lies_beside_it(tmp_path, layout):
    window, equal_earth = Window(0, 0, 5, 5), "EPSG:8857"
    path = tmp_path / "out.tif"
    write(path, window, noise(window), crs=equal_earth, creation_options=layout)
    dataset = gdal.Open(str(path))
    assert dataset.GetSpatialRef().IsSame(read_crs(equal_earth))
    assert names_in(tmp_path) == ["out.tif", "out.tif.aux.xml"]


def test_the_block_cache_is_capped_while_writing_and_put_back(tmp_path):
    before = gdal.GetCacheMax()
    gdal.SetCacheMax(200 * 2**20)
    try:
        window = Window(0, 0, 5, 5)
        with TerrainWriter(tmp_path / "a.tif", window, Lattice(30), CRS):
            with TerrainWriter(tmp_path / "b.tif", window, Lattice(30), CRS):
                assert gdal.GetCacheMax() == 32 * 2**20
            assert gdal.GetCacheMax() == 32 * 2**20
        assert gdal.GetCacheMax() == 200 * 2**20
    finally:
        gdal.SetCacheMax(before)
