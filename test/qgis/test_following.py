# SPDX-License-Identifier: GPL-3.0-or-later
"""Which cells of a model a layer's pixels are brought to."""

from __future__ import annotations

import pytest
from geogan.algorithms.following import nearest_factor
from geogan.errors import GeoGanError

BUNDLED = [16, 4]  # pixels across the cells of its guided stages


@pytest.mark.parametrize(
    ("ratio", "factor"),
    [(0.5, 2), (2, 2), (3, 4), (4, 4), (5, 4), (6, 8), (8, 8), (11, 8), (12, 16), (99, 16)],
)
def test_a_stage_follows_cells_of_its_own_size_and_half_of_it(ratio, factor):
    assert nearest_factor(BUNDLED, ratio) == factor


@pytest.mark.parametrize(("own", "ratio", "factor"), [([32, 4], 8.0, 4), ([64, 8], 16.0, 8)])
def test_between_two_that_are_as_near_it_is_the_finer_one(own, ratio, factor):
    assert nearest_factor(own, ratio) == factor


def test_no_cell_is_a_single_pixel():
    assert nearest_factor([2], 1.0) == 2


def test_a_model_of_one_stage_follows_nothing():
    with pytest.raises(GeoGanError, match="has one stage only and cannot follow a layer"):
        nearest_factor([], 4.0)
