# SPDX-License-Identifier: GPL-3.0-or-later
"""Overviews that grow with the rows of a file: those that GDAL would build from the whole file afterwards."""

from __future__ import annotations

import numpy as np
import pytest
from geogan.rasters import gdal_guard
from geogan.rasters.grid import Lattice, Window
from geogan.rasters.writing.geotiff import PartialGeoTiff
from geogan.rasters.writing.overviews import means_of_four
from geogan.rasters.writing.profile import NODATA, Profile
from geogan.rasters.writing.writer import TerrainWriter
from hypothesis import given, settings
from hypothesis import strategies as st
from osgeo import gdal

CRS = "EPSG:32633"


def overviews(path, band=1) -> list[np.ndarray]:
    dataset = gdal.Open(str(path))
    levels = range(dataset.GetRasterBand(band).GetOverviewCount())
    return [dataset.GetRasterBand(band).GetOverview(level).ReadAsArray() for level in levels]


def expected(values: np.ndarray, count: int) -> list[np.ndarray]:
    """Return the means of 2 x 2 again and again, by NumPy's own mean of what is known."""
    found = []
    for _ in range(count):
        height, width = (size + size % 2 for size in values.shape)
        wide = np.full((height, width), np.nan)
        wide[: values.shape[0], : values.shape[1]] = values
        fours = wide.reshape(height // 2, 2, width // 2, 2).swapaxes(1, 2).reshape(height // 2, width // 2, 4)
        known = ~np.isnan(fours)
        sums, counts = np.where(known, fours, 0.0).sum(-1), known.sum(-1)
        values = np.where(counts > 0, sums / np.maximum(counts, 1), np.nan)
        found.append(values)
    return found


@settings(max_examples=20, deadline=None)
@given(
    height=st.integers(1, 1300),
    width=st.integers(513, 1300),
    offset=st.integers(-700, 700),
    panel_width=st.sampled_from([256, 512, 16_384]),
    voids=st.sampled_from([0.0, 0.3, 1.0]),
    tile=st.sampled_from(["128", "256"]),
)
def test_they_are_the_means_of_what_is_known(
    tmp_path_factory, height, width, offset, panel_width, voids, tile
):
    path = tmp_path_factory.mktemp("overviews") / "land.tif"
    random = np.random.default_rng(height)
    land = random.normal(500.0, 200.0, (2, height, width)).astype(np.float32)
    land[random.uniform(size=land.shape) < voids] = np.nan
    window = Window(offset, -offset, height, width)
    options = {"BLOCKXSIZE": tile, "BLOCKYSIZE": tile}

    with TerrainWriter(
        path, window, Lattice(30), CRS, panel_width=panel_width, bands=("a", "b"), creation_options=options
    ) as writer:
        writer.write_all(
            lambda band, piece: land[band - 1][
                piece.row - window.row : piece.row_stop - window.row,
                piece.col - window.col : piece.col_stop - window.col,
            ]
        )

    for band in (1, 2):
        found = overviews(path, band)
        assert found
        for level, wanted in zip(found, expected(land[band - 1], len(found))):
            np.testing.assert_allclose(np.where(level == NODATA, np.nan, level), wanted, rtol=1e-4, atol=1e-2)


@pytest.mark.parametrize("data_type", ["Byte", "Int16", "Int32", "Float64"])
def test_whole_numbers_are_rounded_and_doubles_are_kept(tmp_path, data_type):
    values = np.arange(700 * 600).reshape(700, 600) % 200
    place = Lattice(30).geotransform(Window(0, 0, 700, 600))
    options = {"PREDICTOR": "1"}  # the default is for floats
    profile = Profile(600, 700, place, CRS, {}, options, nodata=0.0, data_type=data_type)
    file = PartialGeoTiff(tmp_path / "land.tif", profile)
    for row in range(0, 700, 256):
        file.write(1, row, 0, values[row : row + 256].astype(data_type.lower().replace("byte", "uint8")))
    file.finish()

    wanted = expected(np.where(values == 0, np.nan, values), 1)[0]
    found = overviews(tmp_path / "land.tif")[0].astype(np.float64)
    np.testing.assert_allclose(found, wanted, atol=1e-9 if data_type == "Float64" else 0.5)


def test_each_tile_is_written_once_though_no_cache_waits_for_it(tmp_path, monkeypatch):
    """A compressed tile that is written half and then whole leaves its first copy behind as dead bytes."""
    monkeypatch.setattr(gdal_guard, "BLOCK_CACHE_BYTES", 1)
    window = Window(-700, -333, 2048, 2048)
    land = np.random.default_rng(0).integers(2**29, 2**30, (2048, 2048), np.uint32).view(np.float32)
    options = {"PREDICTOR": "1"}
    with TerrainWriter(
        tmp_path / "land.tif", window, Lattice(30), CRS, panel_width=512, creation_options=options
    ) as writer:
        writer.write_all(
            lambda _, piece: land[
                piece.row - window.row : piece.row_stop - window.row,
                piece.col - window.col : piece.col_stop - window.col,
            ]
        )
    whole = sum(level.nbytes for level in (land, *overviews(tmp_path / "land.tif")))
    assert (tmp_path / "land.tif").stat().st_size < 1.01 * whole


def test_an_odd_end_and_a_void_count_for_what_they_are():
    nan = np.nan
    np.testing.assert_array_equal(
        means_of_four(np.array([[1.0, 3.0, nan], [nan, 2.0, nan], [4.0, 6.0, 9.0]])), [[2.0, nan], [5.0, 9.0]]
    )
