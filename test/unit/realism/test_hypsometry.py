# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import numpy as np
import pytest
from geogan.realism.hypsometry import SHARES, hypsometric_curve


def test_a_plane_falls_evenly():
    plane = np.add.outer(np.zeros(64), np.arange(64.0))

    np.testing.assert_allclose(hypsometric_curve([plane]), 1 - SHARES, atol=0.02)


def test_a_plateau_with_a_gorge_lies_high_and_a_plain_with_a_peak_low():
    plateau = np.full((64, 64), 100.0)
    plateau[:, 30:34] = 0.0

    assert hypsometric_curve([plateau]).mean() > 0.9
    assert hypsometric_curve([-plateau]).mean() < 0.1


def test_neither_height_nor_relief_counts():
    land = np.random.default_rng(1).normal(size=(64, 64))

    np.testing.assert_allclose(hypsometric_curve([1000 + 30 * land]), hypsometric_curve([land]), atol=1e-9)


def test_voids_are_left_out():
    land = np.add.outer(np.zeros(64), np.arange(64.0))
    voids = land.copy()
    voids[:20] = np.nan

    np.testing.assert_allclose(hypsometric_curve([voids]), hypsometric_curve([land]), atol=1e-9)


def test_windows_make_the_size_of_the_field_not_matter():
    land = np.tile(np.random.default_rng(2).normal(size=(64, 64)), (3, 3))
    tilted = land + np.arange(192.0)  # a tilt grows with the field, not with the window

    small, large = (hypsometric_curve([field], 64) for field in (tilted[:64, :64], tilted))

    np.testing.assert_allclose(large, small, atol=0.02)


@pytest.mark.parametrize("fields", [[], [np.full((9, 9), 5.0)], [np.full((9, 9), np.nan)]])
def test_without_relief_there_is_no_curve(fields):
    assert hypsometric_curve(fields) is None
