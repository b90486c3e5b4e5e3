# SPDX-License-Identifier: GPL-3.0-or-later
"""A finished raster at another pixel size."""

from __future__ import annotations

import numpy as np
import pytest
from geogan.errors import Cancelled, GeoGanError
from geogan.rasters.grid import Lattice, Window
from geogan.rasters.writing.profile import NODATA
from geogan.rasters.writing.resampling import resample
from geogan.rasters.writing.writer import TerrainWriter
from osgeo import gdal


@pytest.fixture
def plane(tmp_path):
    """A plane that rises by 1 per metre east and falls by 2 per metre north, 30 m pixels."""
    window = Window(-40, -60, 80, 100)
    rows, cols = np.mgrid[window.row : window.row_stop, window.col : window.col_stop]
    values = ((cols + 0.5) * 30 + (rows + 0.5) * 60).astype(np.float32)
    path = tmp_path / "plane.tif"
    with TerrainWriter(path, window, Lattice(30), "EPSG:32633", tags={"GEOGAN_SEED": "3"}) as writer:
        for piece in writer.pieces():
            top, left = piece.row - window.row, piece.col - window.col
            writer.write(piece.row, piece.col, values[top : top + piece.height, left : left + piece.width])
        writer.close()
    return path


@pytest.mark.parametrize(("size", "method"), [(10.0, "cubic"), (90.0, "average"), (12.5, "cubic")])
def test_a_plane_stays_a_plane_on_the_lattice_of_the_new_size(tmp_path, plane, size, method):
    resample(plane, tmp_path / "out.tif", size, (-1000, -900, 800, 700))
    dataset = gdal.Open(str(tmp_path / "out.tif"))
    window = Lattice(size).window_of(-1000, -900, 800, 700)
    assert dataset.GetGeoTransform() == Lattice(size).geotransform(window)
    rows, cols = np.mgrid[window.row : window.row_stop, window.col : window.col_stop]
    np.testing.assert_allclose(
        dataset.ReadAsArray(), (cols + 0.5) * size + (rows + 0.5) * 2 * size, atol=0.05
    )
    tags = dataset.GetMetadata()
    assert tags["GEOGAN_SEED"] == "3"
    assert tags["GEOGAN_LATTICE"] == "pixel_size=30.0 row=-40 col=-60"
    assert tags["GEOGAN_RESAMPLED"] == f"{method} to {size}"


def test_each_band_is_resampled_by_itself(tmp_path, monkeypatch):
    window, read, warped = Window(0, 0, 40, 50), [], gdal.Warp
    bands = [np.random.default_rng(seed).normal(size=(40, 50)).astype(np.float32) for seed in range(3)]
    with TerrainWriter(
        tmp_path / "all.tif", window, Lattice(30), "EPSG:32633", bands=["a", "b", "c"]
    ) as writer:
        writer.write_all(lambda band, _piece: bands[band - 1])

    def watched(*args, **options):
        read.append(args[1].RasterCount)
        return warped(*args, **options)

    monkeypatch.setattr(gdal, "Warp", watched)
    resample(tmp_path / "all.tif", tmp_path / "out.tif", 60.0, (0, -1200, 1500, 0))
    assert read == [1, 1, 1]
    dataset = gdal.Open(str(tmp_path / "out.tif"))
    means = [band.reshape(20, 2, 25, 2).mean((1, 3)) for band in bands]
    np.testing.assert_allclose(dataset.ReadAsArray(), means, atol=1e-5)
    assert [dataset.GetRasterBand(number).GetDescription() for number in (1, 2, 3)] == ["a", "b", "c"]


def test_beyond_the_source_there_is_nodata(tmp_path, plane):
    resample(plane, tmp_path / "out.tif", 60.0, (1200, 0, 1320, 60))
    np.testing.assert_array_equal(gdal.Open(str(tmp_path / "out.tif")).ReadAsArray(), [[NODATA, NODATA]])


def test_cancel_leaves_nothing(tmp_path, plane):
    with pytest.raises(Cancelled):
        resample(plane, tmp_path / "out.tif", 10.0, (-900, -900, 900, 900), progress=lambda _f: False)
    assert [path.name for path in tmp_path.iterdir()] == ["plane.tif"]


def test_a_source_that_is_missing_gives_a_sentence(tmp_path):
    with pytest.raises(GeoGanError, match=r"The raster .*none\.tif cannot be resampled: "):
        resample(tmp_path / "none.tif", tmp_path / "out.tif", 10.0, (0, 0, 9, 9))
