# SPDX-License-Identifier: GPL-3.0-or-later
"""Generated land fitted to the cells of a coarse layer."""

from __future__ import annotations

import numpy as np
import pytest
from geogan.errors import Cancelled
from geogan.rasters.fitted.cell_means import cell_means
from geogan.rasters.fitted.fitting import _fitted, write_fitted
from geogan.rasters.grid import Lattice, Window
from geogan.rasters.reading.coarse import read_coarse
from geogan.rasters.reading.source import describe_source
from geogan.rasters.writing.profile import NODATA
from geogan.rasters.writing.resampling import method_of, onto, resample
from geogan.rasters.writing.writer import TerrainWriter
from geogan.test.harness.processes import open_files_in
from geogan.test.unit.coarse_layer import AT_AN_ODD_PLACE, hills, write_land
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from osgeo import gdal


@pytest.mark.parametrize(("size", "factor"), [(90.0, 4), (22.5, 16), (100.0, 4)])
def test_fitted_land_has_the_layers_extent_its_heights_and_its_voids(coarse, tmp_path, size, factor):
    values = hills()
    values[3:6, 3:9] = -9999
    layer = coarse(values, nodata=-9999)
    write_land(tmp_path / "land.tif", layer, size)
    write_fitted(tmp_path / "land.tif", tmp_path / "out.tif", layer, factor, tags={"GEOGAN_SEED": "3"})
    dataset = gdal.Open(str(tmp_path / "out.tif"))
    x, cell, _, y, _, _ = AT_AN_ODD_PLACE
    assert dataset.GetGeoTransform() == pytest.approx((x, cell / factor, 0, y, 0, -cell / factor), abs=1e-9)
    fitted = dataset.ReadAsArray().astype(np.float64)
    assert fitted.shape == (20 * factor, 30 * factor)
    is_void = np.kron(np.isnan(layer.values), np.ones((factor, factor))) > 0
    np.testing.assert_array_equal(fitted == NODATA, is_void)
    means, known = cell_means(fitted, factor), np.isfinite(layer.values)
    np.testing.assert_allclose(means[known], layer.values[known], atol=1e-3)
    assert dataset.GetMetadataItem("GEOGAN_SEED") == "3"
    assert fitted[~is_void].std() > layer.values[known].std(), "the details are there"


def test_details_are_as_strong_as_asked_for_and_the_layers_heights_are_met_all_the_same(coarse, tmp_path):
    layer = coarse()
    write_land(tmp_path / "land.tif", layer, 90.0)
    details = []
    for strength in (1.0, 1.6):
        write_fitted(tmp_path / "land.tif", tmp_path / "out.tif", layer, 4, strength=strength)
        fitted = gdal.Open(str(tmp_path / "out.tif")).ReadAsArray().astype(np.float64)
        np.testing.assert_allclose(cell_means(fitted, 4), layer.values, atol=1e-3)
        details.append(fitted - np.kron(layer.values, np.ones((4, 4))))
    assert np.std(details[1]) == pytest.approx(1.6 * np.std(details[0]), rel=0.1)


def test_strong_details_are_the_same_whatever_piece_they_are_written_in(coarse, tmp_path):
    layer = coarse()
    write_land(tmp_path / "land.tif", layer, 90.0)
    cells = layer.window
    window = Window(cells.row * 4, cells.col * 4, cells.height * 4, cells.width * 4)
    land = onto(gdal.Open(str(tmp_path / "land.tif")), layer.cells.divided(4), window, None)
    whole = _fitted(land, layer, window, window, 4, 1.6)
    piece = Window(window.row + 18, window.col + 37, 30, 41)
    np.testing.assert_array_equal(_fitted(land, layer, window, piece, 4, 1.6), whole[18:48, 37:78])


@pytest.mark.parametrize("use", ["fitting", "resampling"])
def test_once_cancelled_it_keeps_no_file_open_though_the_traceback_lives(coarse, tmp_path, use):
    """Windows deletes no file that is open, and so no temporary folder that holds one."""
    layer, land = coarse(), tmp_path / "land.tif"
    write_land(land, layer, 90.0)
    how = (layer, 4) if use == "fitting" else (50.0, layer.cells.bounds(layer.window))
    write = write_fitted if use == "fitting" else resample
    with pytest.raises(Cancelled) as stopped:
        write(land, tmp_path / "out.tif", *how, progress=lambda _: False)
    assert stopped.tb is not None
    assert open_files_in(tmp_path) == []
    assert not (tmp_path / "out.tif").exists()


@pytest.mark.parametrize("shift", [0.0, 30.0, 45.0])
def test_land_whose_pixels_lie_between_the_layers_is_moved_to_its_place(coarse, tmp_path, shift):
    """A plane has the same height at the same place, whichever lattice of 90 m it was generated on."""
    layer = coarse()
    x, y = layer.cells.origin
    lattice = Lattice(90.0, (x + shift, y + shift))
    window = lattice.window_of(*layer.cells.bounds(layer.window)).widened(4)
    xmin, _, _, ymax = lattice.bounds(window)
    east = xmin + 90.0 * (np.arange(window.width) + 0.5)
    north = ymax - 90.0 * (np.arange(window.height) + 0.5)
    plane = np.add.outer(0.2 * (north + 5e6), 0.1 * (east - 4e5)).astype(np.float32)
    with TerrainWriter(tmp_path / "land.tif", window, lattice, "EPSG:32633") as writer:
        writer.write_all(
            lambda _band, piece: plane[piece.row - window.row :, piece.col - window.col :][
                : piece.height, : piece.width
            ]
        )
    dataset = gdal.Open(str(tmp_path / "land.tif"))
    target = layer.cells.divided(4)
    place = Window(4 * layer.window.row, 4 * layer.window.col, 80, 120)
    moved = onto(dataset, target, place).ReadAsArray()
    xmin, _, _, ymax = target.bounds(place)
    wanted = np.add.outer(
        0.2 * (ymax - 90.0 * (np.arange(80) + 0.5) + 5e6), 0.1 * (xmin + 90.0 * (np.arange(120) + 0.5) - 4e5)
    )
    np.testing.assert_allclose(moved, wanted, atol=0.05)
    assert method_of(dataset, target, place) == ("cubic" if shift else "near")


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    x=st.floats(-2e7, 2e7),
    y=st.floats(-2e7, 2e7),
    size=st.floats(10.0, 5000.0),
    sides=st.tuples(st.integers(5, 12), st.integers(5, 12)),
    factor=st.integers(2, 8),
)
def test_wherever_a_layer_lies_its_finer_land_has_its_extent_and_its_means(
    make_raster, tmp_path, x, y, size, sides, factor
):
    values = np.random.default_rng(factor).normal(900.0, 50.0, sides).astype(np.float32)
    path = make_raster("anywhere", values, geotransform=(x, size, 0, y, 0, -size))
    layer, _ = read_coarse(describe_source(path, "anywhere"))
    write_land(tmp_path / "land.tif", layer, layer.cells.pixel_size / factor)
    write_fitted(tmp_path / "land.tif", tmp_path / "out.tif", layer, factor)
    dataset = gdal.Open(str(tmp_path / "out.tif"))
    left, width, _, top, _, height = dataset.GetGeoTransform()
    assert (dataset.RasterYSize, dataset.RasterXSize) == (sides[0] * factor, sides[1] * factor)
    assert (left, top) == pytest.approx((x, y), abs=1e-5 * size)
    assert (width, height) == pytest.approx((size / factor, -size / factor), rel=1e-9)
    np.testing.assert_allclose(cell_means(dataset.ReadAsArray(), factor), values, atol=1e-3)
