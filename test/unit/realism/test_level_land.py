# SPDX-License-Identifier: GPL-3.0-or-later
"""Level land is left out of all measures: how much it is, and in what windows the rest is measured."""

from __future__ import annotations

import numpy as np
import pytest
from geogan.realism.comparison import Reference, compare
from geogan.realism.measures import LEVEL_SHARE


@pytest.fixture(scope="module")
def land(power_law_noise):
    return 100.0 * power_law_noise((300, 280), 2.0, 18)


@pytest.fixture(scope="module")
def reference(land):
    return Reference([land], 30.0)


def test_a_plain_that_no_score_sees_is_told_as_a_share_of_the_land(reference, land):
    plain = land.copy()
    plain[:128] = 12.0
    found = reference.compare([plain])
    assert found.real[LEVEL_SHARE] == 0.0
    assert found.synthetic[LEVEL_SHARE] == pytest.approx(128 / 300)


def test_voids_are_no_level_land(reference, land):
    holed = land.copy()
    holed[:128] = np.nan
    assert reference.compare([holed]).synthetic[LEVEL_SHARE] == 0.0


@pytest.mark.parametrize(("rows", "side"), [(520, 256), (300, 128)])
def test_the_windows_that_water_was_followed_in_are_told(power_law_noise, rows, side):
    field = 100.0 * power_law_noise((rows, rows), 2.0, 19)
    windows = compare([field], [field[::-1]], 30.0).windows
    assert windows["fill"] == windows["drainage_exponent"] == side
    assert "slope" not in windows, "it is of pixels, whatever their windows"
