# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import numpy as np
import pytest
from geogan.models.area import Area
from geogan.models.training.dams import standing_shares


def _plateau():
    """Return 128 x 256 px that fall gently one way."""
    return np.tile(100.0 - 0.01 * np.arange(256, dtype=np.float32), (128, 1))


def _with_basin(land, col, outlet=False):
    """Return the land with a basin of 32 x 32 px, 20 m deep; its outlet is one pixel wide."""
    land = land.copy()
    land[16:48, col : col + 32] -= 20.0
    if outlet:
        land[48:, col] = 80.0 - 0.1 * np.arange(80)
    return land


def test_water_behind_dams_of_averaging_only_does_not_count():
    two_alike = _with_basin(_with_basin(_plateau(), 16), 80, outlet=True)
    assert standing_shares([Area(two_alike)], 4)[0] == pytest.approx(0.5, abs=0.1)


def test_a_wide_basin_stands_on_means_too():
    assert standing_shares([Area(_with_basin(_plateau(), 16))], 4)[0] == pytest.approx(1.0, abs=0.02)


def test_each_landscape_has_its_own_share_and_pixels_hold_all_of_theirs(land):
    areas = [Area(land), Area(_with_basin(_plateau(), 16), 1)]
    shares = standing_shares(areas, 4)
    assert shares[1] == pytest.approx(1.0, abs=0.02)
    assert 0.0 < shares[0] < 1.0
    assert standing_shares(areas, 1) == [1.0, 1.0]


@pytest.mark.parametrize("side", [64, 256])
def test_land_too_small_or_too_full_of_voids_or_dry_keeps_all_of_its_water(side):
    holed = np.add.outer(np.arange(side), np.arange(side)).astype(np.float32)
    dry = holed.copy()
    holed[::32, ::32] = np.nan
    assert standing_shares([Area(holed)], 4) == [1.0]
    assert standing_shares([Area(dry)], 4) == [1.0]
