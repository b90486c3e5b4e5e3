# SPDX-License-Identifier: GPL-3.0-or-later
"""A finished raster at another pixel size."""

from __future__ import annotations

import numpy as np
import pytest
from geogan.errors import Cancelled, GeoGanError
from geogan.rasters.grid import Lattice, Window
from geogan.rasters.writing import resampling
from geogan.rasters.writing.profile import NODATA
from geogan.rasters.writing.resampling import RESAMPLING_MARGIN_PX, resample
from geogan.rasters.writing.writer import TerrainWriter
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
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


LAND = Window(-2000, 3000, 1400, 1500)  # of 90 m, far enough out for coordinates to be rounded
HEIGHTS = np.random.default_rng(1).normal(800.0, 200.0, (LAND.height, LAND.width)).astype(np.float32)


def resampled(folder, size: float, bounds) -> tuple[Window, np.ndarray]:
    """Return the land within bounds, and where it lies: made no wider than it must be, then resampled."""
    lattice = Lattice(size)
    window = lattice.window_of(*bounds)
    made = Lattice(90.0).window_of(*lattice.bounds(window)).widened(RESAMPLING_MARGIN_PX)
    assert LAND.intersection(made) == made
    with TerrainWriter(folder / "made.tif", made, Lattice(90.0), "EPSG:32633") as writer:
        writer.write_all(lambda _band, piece: part_of(HEIGHTS, LAND, piece))
    resample(folder / "made.tif", folder / "out.tif", size, bounds)
    return window, gdal.Open(str(folder / "out.tif")).ReadAsArray()


def part_of(values: np.ndarray, window: Window, part: Window) -> np.ndarray:
    top, left = part.row - window.row, part.col - window.col
    return values[top : top + part.height, left : left + part.width]


@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    size=st.sampled_from([100.0, 120.0, 30.0, 47.3, 1000 / 3, 4321.0]),
    corners=st.lists(st.floats(0.0, 0.35), min_size=4, max_size=4),
    far_corners=st.lists(st.floats(0.45, 0.8), min_size=4, max_size=4),
)
@example(100.0, [0.0, 0.0, 0.301, 0.207], [0.8, 0.8, 0.79, 0.61])
@example(120.0, [0.0, 0.0, 0.301, 0.207], [0.8, 0.8, 0.79, 0.61])
def test_extents_that_overlap_agree_to_the_last_bit(tmp_path, size, corners, far_corners):
    xmin, ymin, xmax, ymax = Lattice(90.0).bounds(LAND.widened(-100))
    made = []
    for i in (0, 2):
        left, bottom = xmin + corners[i] * (xmax - xmin), ymin + corners[i + 1] * (ymax - ymin)
        right, top = xmin + far_corners[i] * (xmax - xmin), ymin + far_corners[i + 1] * (ymax - ymin)
        made.append(resampled(tmp_path, size, (left, bottom, right, top)))
    (one, values), (other, other_values) = made
    both = one.intersection(other)
    np.testing.assert_array_equal(part_of(values, one, both), part_of(other_values, other, both))
    assert (values != NODATA).all()


def test_of_much_coarser_pixels_few_are_made_at_once_and_are_the_same(tmp_path, monkeypatch):
    xmin, ymin, xmax, ymax = Lattice(90.0).bounds(LAND.widened(-100))
    made = []
    for most in (2048, 200):
        monkeypatch.setattr(resampling, "_AT_ONCE_PX", most)
        made.append(resampled(tmp_path, 4321.0, (xmin, ymin, xmax, ymax))[1])
    np.testing.assert_allclose(*made, rtol=1e-6)
    area = part_of(HEIGHTS, LAND, LAND.widened(-100)).mean()
    assert made[0].mean() == pytest.approx(area, abs=1.0)


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
