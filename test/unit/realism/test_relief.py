# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import numpy as np
import pytest
from geogan.realism.relief import curvature, local_relief, slope, strict_minima
from scipy import ndimage

ROWS, COLS = np.mgrid[0:40, 0:50].astype(float)

# Each with the number of windows that one void in the middle of a field touches.
MEASURES = [
    (lambda field: slope(field, 30.0), 9),
    (lambda field: curvature(field, 30.0, 1), 5),
    (lambda field: curvature(field, 30.0, 4), 5),
    (lambda field: local_relief(field, 6), 36),
    (strict_minima, 9),
]


@pytest.mark.parametrize(("east", "south"), [(0.3, 0.4), (-0.3, 0.4), (0.5, 0.0), (0.0, 0.5)])
def test_a_tilted_plane_has_its_slope_everywhere(east, south):
    plane = 700.0 + 30.0 * (east * COLS + south * ROWS)
    np.testing.assert_allclose(slope(plane, 30.0), np.full((38, 48), 0.5), rtol=1e-12)


@pytest.mark.parametrize("step_px", [1, 2, 4])
def test_a_tilted_plane_has_no_curvature(step_px):
    curvatures = curvature(30.0 * (3 * COLS - 2 * ROWS), 30.0, step_px)
    assert curvatures.shape == (40 - 2 * step_px, 50 - 2 * step_px)
    assert (curvatures == 0).all()


@pytest.mark.parametrize("step_px", [1, 2, 4])
def test_a_paraboloid_has_its_curvature_at_every_step(step_px):
    x, y = 5.0 * (COLS - 20), 5.0 * (ROWS - 7)
    bowl = 0.02 * x**2 - 0.005 * y**2 + 0.01 * x * y + 3 * x
    np.testing.assert_allclose(curvature(bowl, 5.0, step_px), 2 * (0.02 - 0.005), rtol=1e-9)


def test_hollows_curve_upwards():
    assert curvature((COLS - 25) ** 2 + (ROWS - 20) ** 2, 1.0, 1).min() > 0


@pytest.mark.parametrize("window_px", [1, 2, 5, 16, 40])
def test_local_relief_is_the_range_of_every_window(window_px):
    field = np.random.default_rng(5).normal(size=(40, 50))
    expected = np.empty((41 - window_px, 51 - window_px))
    for row, col in np.ndindex(*expected.shape):
        expected[row, col] = np.ptp(field[row : row + window_px, col : col + window_px])
    np.testing.assert_array_equal(local_relief(field, window_px), expected)


def test_pits_at_every_second_row_and_column_are_a_quarter_of_the_pixels():
    field = np.where((ROWS % 2 == 1) & (COLS % 2 == 1), 0.0, 1.0)
    pits = strict_minima(field)
    assert pits.shape == (38, 48)
    assert pits.mean() == 0.25
    np.testing.assert_array_equal(pits == 1, field[1:-1, 1:-1] == 0)


def test_a_chessboard_has_no_pit_because_its_low_squares_touch():
    assert strict_minima((ROWS + COLS) % 2).sum() == 0


def test_pits_are_where_scipy_finds_a_pixel_below_its_eight_neighbours():
    field = np.random.default_rng(6).integers(0, 6, size=(60, 70)).astype(np.float32)
    neighbours = np.array([[1, 1, 1], [1, 0, 1], [1, 1, 1]], bool)
    expected = field < ndimage.minimum_filter(field, footprint=neighbours)
    np.testing.assert_array_equal(strict_minima(field), expected[1:-1, 1:-1])
    assert expected.sum() > 100


@pytest.mark.parametrize(("measure", "touched"), MEASURES)
def test_a_void_hides_what_it_touches_and_changes_nothing_else(measure, touched):
    field = np.random.default_rng(7).normal(size=(40, 50)).astype(np.float32)
    whole = measure(field)
    field[17, 23] = np.nan
    holed = measure(field)
    assert np.isnan(holed).sum() == touched
    np.testing.assert_array_equal(holed[~np.isnan(holed)], whole[~np.isnan(holed)])


@pytest.mark.parametrize(("measure", "_touched"), MEASURES)
@pytest.mark.parametrize("shape", [(2, 40), (40, 1), (0, 0)])
def test_a_field_smaller_than_the_neighbourhood_has_no_values(measure, _touched, shape):
    assert measure(np.zeros(shape)).size == 0
