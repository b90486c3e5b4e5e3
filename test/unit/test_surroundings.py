# SPDX-License-Identifier: GPL-3.0-or-later
"""What is known around voids, on the cells that a model makes finer."""

from __future__ import annotations

import math

import numpy as np
import pytest
from geogan.errors import GeoGanError
from geogan.rasters.filling import voids
from geogan.rasters.filling.surroundings import rim_of, surroundings_of, tile_side
from geogan.rasters.grid import Window
from geogan.test.unit.holed import UPRIGHT, VOID, hills, with_voids
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

DEGREES = (12.0, 1 / 1200, 0, 46.0, 0, -1 / 1200)
ROTATED = (500_000.0, 80.0, 30.0, 4_000_000.0, 30.0, -80.0)


@pytest.mark.parametrize(
    ("geotransform", "crs"),
    [(UPRIGHT, "EPSG:32633"), (ROTATED, "EPSG:32633"), (DEGREES, "EPSG:4326"), (UPRIGHT, "EPSG:2274")],
)
def test_the_surroundings_are_whole_cells_around_the_voids_with_the_heights_of_the_raster(
    void_raster, geotransform, crs
):
    raster = void_raster(geotransform=geotransform, crs=crs)
    raster.mark_nodata()
    around = surroundings_of(raster, Window(15, 35, 20, 25), 90.0, 16)
    assert [
        side % 16
        for side in (around.window.row, around.window.col, around.window.height, around.window.width)
    ] == [0] * 4
    assert around.window.intersection(around.wanted) == around.wanted
    inside = np.isfinite(around.known)
    assert 700 < around.known[inside].min() < 900
    assert around.known.shape == (around.window.height, around.window.width)
    assert np.isnan(around.known).any()


@settings(max_examples=10, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.tuples(st.floats(2e5, 8e5), st.floats(-9e6, 9e6)),
    st.floats(25.0, 350.0),
    st.floats(0.0, 2.0 * np.pi),
    st.sampled_from([1, -1]),
    st.sampled_from([4, 16]),
)
def test_the_surroundings_have_each_height_in_its_place_however_the_raster_lies(
    void_raster, origin, size, angle, up, cell
):
    """On a slope: heights tell the place, and resampling changes none."""
    a, b = size * math.cos(angle), size * math.sin(angle)
    geotransform = (origin[0], a, up * b, origin[1], b, -up * a)
    rows, cols = np.mgrid[0:60, 0:70] + 0.5
    slope = 0.1 * (a * cols + up * b * rows) + 0.2 * (b * cols - up * a * rows)
    raster = void_raster(with_voids(slope.astype(np.float32)), geotransform)
    raster.mark_nodata()

    around = surroundings_of(raster, Window(15, 35, 20, 25), 90.0, cell)

    window, inner = around.window, (slice(cell, -cell), slice(cell, -cell))  # the edge may be made up
    assert [side % cell for side in (window.row, window.col, window.height, window.width)] == [0] * 4
    assert window.intersection(around.wanted) == around.wanted
    left, _, _, top, _, _ = around.lattice.geotransform(window)
    pixel = around.lattice.pixel_size
    x = left + pixel * (np.arange(window.width) + 0.5) - origin[0]
    y = top - pixel * (np.arange(window.height)[:, None] + 0.5) - origin[1]
    row, col = up * (b * x - a * y) / size**2, (a * x + b * y) / size**2
    bounds = around.lattice.bounds(around.wanted)
    corners = [(a * c + up * b * r, b * c - up * a * r) for r in (15, 35) for c in (35, 60)]
    for right, above in corners:
        assert bounds[0] < origin[0] + right < bounds[2], "the part wanted holds the voids' window"
        assert bounds[1] < origin[1] + above < bounds[3]
    off = np.abs(around.known - (0.1 * x + 0.2 * y))[inner]
    assert np.nanmax(off) < 0.25 * max(size, 90.0), "of a slope that rises by 0.22"
    reach = 2.0 + 180.0 / size  # pixels that a resampled one may depend on
    deep_in_void = (np.abs(row - 25.0) < 5.0 - reach) & (np.abs(col - 47.5) < 7.5 - reach)
    clear = (np.abs(row - 40.0) < 10.0 - reach) & (np.abs(col - 35.0) < 35.0 - reach)
    outside = (row < -reach) | (row > 60 + reach) | (col < -reach) | (col > 70 + reach)
    is_known = np.isfinite(around.known)
    assert not is_known[inner][(deep_in_void | outside)[inner]].any()
    assert is_known[clear].all()


def test_tiles_of_coarse_rasters_are_smaller_and_much_coarser_ones_are_refused(void_raster):
    source = void_raster().source
    assert [tile_side(source, size) for size in (1000.0, 90.0, 45.0, 22.5)] == [1024, 1024, 512, 256]
    with pytest.raises(GeoGanError, match="holes are 90 m wide, much more than the model's 20 m"):
        tile_side(source, 20.0)


def test_a_raster_of_the_models_pixels_is_not_resampled(void_raster):
    raster = void_raster()
    raster.mark_nodata()
    around = surroundings_of(raster, rim_of(raster, Window(20, 40, 10, 15)), 90.0, 16)
    top, left = -around.window.row, -around.window.col
    np.testing.assert_array_equal(
        around.known[top : top + 60, left : left + 70], raster.heights(raster.whole)
    )
    land = np.arange(around.wanted.height * around.wanted.width, dtype=np.float32)
    land = land.reshape(around.wanted.height, around.wanted.width)
    back = raster.warped(around.as_raster(land), Window(20, 40, 10, 15), "cubic")
    top, left = 20 - around.wanted.row, 40 - around.wanted.col
    np.testing.assert_allclose(back, land[top : top + 10, left : left + 15], rtol=1e-5)


def test_a_void_that_reaches_beyond_the_surroundings_has_heights_to_go_by(void_raster):
    wide = hills(900, 900, np.float32)
    wide[100:800, 100:800] = VOID
    raster = void_raster(wide)
    raster.mark_nodata()
    known = surroundings_of(raster, Window(400, 400, 20, 20), 90.0, 4).known
    assert np.isfinite(known[:4]).all(), "of the smooth surface"
    assert np.isnan(known[4:-4, 4:-4]).all()


def test_fine_pixels_around_voids_are_averaged_once_and_what_is_filled_counts_from_then_on(
    void_raster, monkeypatch
):
    fine = (UPRIGHT[0], 2.5, 0, UPRIGHT[3], 0, -2.5)
    values = hills(700, 810, np.float32)
    values[200:420, 300:600] = VOID

    def known_around(raster):
        return surroundings_of(raster, rim_of(raster, Window(250, 350, 64, 64)), 90.0, 2).known

    found = []
    for squares in (4, 1000):  # 1000: no pixel is large enough to be averaged beforehand
        monkeypatch.setattr(voids, "_SQUARES", squares)
        raster = void_raster(values, fine)
        raster.mark_nodata()
        before = known_around(raster)
        raster.fill(Window(200, 300, 110, 150), hills(700, 810)[200:310, 300:450] + 99.0)
        found.append((before, known_around(raster)))
    for from_means, from_pixels in zip(*found):
        is_known = np.isfinite(from_pixels)
        # Neighbours differ by 180 m.
        np.testing.assert_allclose(from_means[is_known], from_pixels[is_known], atol=20)
    before, after = found[0]
    assert np.isfinite(after).sum() > np.isfinite(before).sum()
