# SPDX-License-Identifier: GPL-3.0-or-later
"""The details of land, and land with other ones."""

from __future__ import annotations

import numpy as np
import pytest
from geogan.models.details import MARGIN, smoothed, with_details
from geogan.rasters.fitted.cell_means import cell_means
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage

factors = st.sampled_from([2, 3, 4, 8])


def cells(height=12, width=10, seed=0):
    return np.random.default_rng(seed).normal(500.0, 50.0, (height, width))


@given(factors)
def test_the_smooth_surface_is_the_cubic_b_spline_of_the_cells(factor):
    spline = ndimage.zoom(cells(), factor, order=3, prefilter=False, mode="nearest", grid_mode=True)
    inner = (slice(2 * factor, -2 * factor),) * 2
    np.testing.assert_allclose(smoothed(cells(), factor)[inner], spline[inner], atol=1e-9)


@settings(max_examples=30, deadline=None)
@given(factors, st.integers(0, 5), st.integers(0, 5), st.integers(1, 5), st.integers(1, 5))
def test_the_same_pixels_come_out_whatever_window_they_are_made_in(factor, top, left, height, width):
    means = cells()
    rows, cols = (
        slice(max(0, top - MARGIN), top + height + MARGIN),
        slice(max(0, left - MARGIN), left + width + MARGIN),
    )
    window = smoothed(means[rows, cols], factor)
    row, col = (top - rows.start) * factor, (left - cols.start) * factor
    size = (height * factor, width * factor)
    np.testing.assert_array_equal(
        window[row:, col:][: size[0], : size[1]],
        smoothed(means, factor)[top * factor :, left * factor :][: size[0], : size[1]],
    )


@pytest.mark.parametrize("factor", [2, 4])
def test_a_plane_is_its_own_smooth_surface_up_to_its_rim(factor):
    plane = np.add.outer(3.0 * np.arange(12.0), np.arange(10.0))
    fine = np.add.outer(
        3.0 * ((np.arange(12 * factor) + 0.5) / factor - 0.5), (np.arange(10 * factor) + 0.5) / factor - 0.5
    )
    np.testing.assert_allclose(smoothed(plane, factor), fine, atol=1e-9)


def test_details_grow_by_their_strength_alone():
    field = np.kron(cells(), np.ones((4, 4))) + np.random.default_rng(1).normal(size=(48, 40))
    means = cell_means(field, 4)
    smooth = smoothed(means, 4)
    np.testing.assert_allclose(with_details(field, means, 4, 1.0), field, atol=1e-9)
    np.testing.assert_allclose(with_details(field, means, 4, 0.0), smooth, atol=1e-9)
    np.testing.assert_allclose(with_details(field, means, 4, 1.7) - smooth, 1.7 * (field - smooth), atol=1e-9)


def test_the_type_of_the_land_stays():
    field = np.zeros((8, 8), np.float32)
    assert with_details(field, np.zeros((2, 2)), 4, 1.5).dtype == np.float32
