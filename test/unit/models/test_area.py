# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import numpy as np
import pytest
from geogan.models.area import Area, averaged


def test_averages_are_those_of_the_pixels_with_data_where_at_least_half_have_any():
    area = np.arange(7 * 9, dtype=np.float32).reshape(7, 9)
    area[0, 0] = np.nan
    area[2:4, 2] = area[2, 3] = np.nan
    cells = averaged(Area(area), 2).values
    assert cells.shape == (3, 4)  # without an incomplete rim
    assert cells[0, 0] == pytest.approx(np.nanmean(area[0:2, 0:2]))
    assert np.isnan(cells[1, 1])
    assert cells[2, 3] == area[4:6, 6:8].mean()
