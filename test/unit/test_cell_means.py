# SPDX-License-Identifier: GPL-3.0-or-later
"""Fine land brought to the heights of coarse cells."""

from __future__ import annotations

import numpy as np
import pytest
from geogan.rasters.fitted.cell_means import MARGIN, bilinear, cell_means, with_cell_means
from hypothesis import given, settings
from hypothesis import strategies as st

sizes = st.integers(1, 12)
factors = st.sampled_from([2, 3, 4, 5, 16])


def _land(height, width, factor, seed=0):
    random = np.random.default_rng(seed)
    field = random.normal(0.0, 5.0, (height * factor, width * factor)).astype(np.float32)
    return 800.0 + field, 800.0 + random.normal(0.0, 50.0, (height, width))


@settings(max_examples=30, deadline=None)
@given(sizes, sizes, factors, st.integers(0, 99))
def test_the_mean_over_each_cell_is_the_cell(height, width, factor, seed):
    field, cells = _land(height, width, factor, seed)
    np.testing.assert_allclose(cell_means(with_cell_means(field, cells, factor), factor), cells, atol=1e-9)


@settings(max_examples=30, deadline=None)
@given(factors, st.integers(0, 5), st.integers(0, 5), st.integers(1, 6), st.integers(1, 6))
def test_the_same_pixels_come_out_whatever_window_they_are_made_in(factor, top, left, height, width):
    field, cells = _land(12, 12, factor)
    whole = with_cell_means(field, cells, factor)
    rows = slice(max(0, top - MARGIN), min(12, top + height + MARGIN))
    cols = slice(max(0, left - MARGIN), min(12, left + width + MARGIN))
    fine = tuple(slice(part.start * factor, part.stop * factor) for part in (rows, cols))
    window = with_cell_means(field[fine], cells[rows, cols], factor)
    row, col = (top - rows.start) * factor, (left - cols.start) * factor
    stop = (min(height, 12 - top) * factor, min(width, 12 - left) * factor)
    np.testing.assert_array_equal(
        window[row : row + stop[0], col : col + stop[1]],
        whole[top * factor :, left * factor :][: stop[0], : stop[1]],
    )


def test_land_that_has_the_means_already_is_left_as_it_is():
    field, _ = _land(6, 7, 4)
    np.testing.assert_allclose(with_cell_means(field, cell_means(field, 4), 4), field, atol=1e-9)


def test_a_void_cell_asks_for_nothing():
    field, cells = _land(9, 9, 4)
    cells[4, 4] = np.nan
    fitted = with_cell_means(field, cells, 4)
    assert np.isfinite(fitted).all()
    means = cell_means(fitted, 4)
    known = np.isfinite(cells)
    np.testing.assert_allclose(means[known], cells[known], atol=1e-9)


def test_what_a_slope_lacks_is_added_without_steps_between_cells():
    cells = np.add.outer(10.0 * np.arange(8.0), np.zeros(8))
    fitted = with_cell_means(np.zeros((32, 32)), cells, 4)
    inside = fitted[8:-8, 8:-8]
    np.testing.assert_allclose(np.diff(inside, axis=0), 2.5, atol=0.05)


@pytest.mark.parametrize("factor", [2, 3, 4])
def test_a_bilinear_surface_goes_through_a_plane(factor):
    cells = np.add.outer(3.0 * np.arange(6.0), np.arange(5.0))
    fine = bilinear(cells, factor)
    assert fine.shape == (6 * factor, 5 * factor)
    inside = fine[factor:-factor, factor:-factor]
    np.testing.assert_allclose(np.diff(inside, axis=0), 3.0 / factor, atol=1e-12)
    np.testing.assert_allclose(np.diff(inside, axis=1), 1.0 / factor, atol=1e-12)
