# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import numpy as np
import pytest
from geogan.models.pyramid import pyramid
from geogan.models.straightness import STRAIGHTNESS_STATISTICS, straightness
from scipy.ndimage import gaussian_filter

_NEAR_ON_AXES, _FAR_ON_AXES, _NEAR_ON_DIAGONALS, _FAR_ON_DIAGONALS = range(STRAIGHTNESS_STATISTICS)
_AXES, _DIAGONALS = [_NEAR_ON_AXES, _FAR_ON_AXES], [_NEAR_ON_DIAGONALS, _FAR_ON_DIAGONALS]


def _found(heights, octaves=0):
    """Return the correlations that are found in one field, (statistics, levels)."""
    field = np.asarray(heights, np.float32)[None, :, :, None]
    found = straightness(pyramid(field, octaves)).numpy().reshape(STRAIGHTNESS_STATISTICS, octaves + 1)
    return found - 1.001


def _noise(*shape):
    return np.random.default_rng(5).normal(size=shape)


@pytest.mark.parametrize("turn", [0, 1])
def test_lines_along_rows_or_columns_run_straight_on_for_ever(turn):
    lines = np.rot90(np.tile(_noise(256, 1), (1, 256)), turn)
    found = _found(lines, octaves=2)
    np.testing.assert_allclose(found[_AXES], 1.0, atol=1e-3)
    assert (found[_DIAGONALS] < 0.5).all()


@pytest.mark.parametrize("turn", [0, 1])
def test_lines_along_a_diagonal_do(turn):
    row, col = np.mgrid[:256, :256]
    found = _found(np.rot90(_noise(511)[row + col], turn), octaves=2)
    np.testing.assert_allclose(found[_DIAGONALS], 1.0, atol=0.05)
    assert (np.abs(found[_AXES]) < 0.5).all()


def test_white_noise_has_no_lines():
    assert np.abs(_found(_noise(256, 256))).max() < 0.05


def test_land_alike_in_all_directions_runs_as_far_along_axes_as_along_diagonals():
    """The steps are not quite as long: three cells, and two along a diagonal, which are 2.8."""
    found = _found(gaussian_filter(_noise(512, 512), 2.0))
    np.testing.assert_allclose(found[_NEAR_ON_AXES], found[_NEAR_ON_DIAGONALS], atol=0.07)
    np.testing.assert_allclose(found[_FAR_ON_AXES], found[_FAR_ON_DIAGONALS], atol=0.07)


def test_it_is_the_same_however_a_field_is_turned_or_mirrored_and_in_whatever_unit():
    field = gaussian_filter(_noise(64, 64), (1.0, 3.0))
    found = _found(field, octaves=2)
    for other in (np.rot90(field), field[::-1], field.T, 7.0 * field + 300.0):
        np.testing.assert_allclose(_found(other, octaves=2), found, atol=2e-3)


def test_land_that_bends_to_and_fro_still_has_a_logarithm():
    row, col = np.mgrid[:32, :32] * np.pi / 3.0
    field = np.asarray(np.sin(row) * np.sin(col), np.float32)[None, :, :, None]
    found = straightness(pyramid(field, 2)).numpy()
    assert 0.0 < found.min() < 0.1


def test_level_land_has_no_lines():
    np.testing.assert_allclose(_found(np.full((32, 32), 5.0), octaves=1), 0.0, atol=1e-6)
