# SPDX-License-Identifier: GPL-3.0-or-later
"""Which cells of a model a layer's pixels are brought to."""

from __future__ import annotations

import pytest
from geogan.algorithms.following import nearest_factor
from geogan.errors import GeoGanError

BUNDLED = [16, 8, 4, 2]  # pixels across the cells that it follows


@pytest.mark.parametrize(
    ("ratio", "factor"),
    [(0.5, 2), (2, 2), (3, 4), (4, 4), (5, 4), (6, 8), (8, 8), (11, 8), (12, 16), (99, 16)],
)
def test_it_is_the_nearest_that_the_model_follows(ratio, factor):
    assert nearest_factor(BUNDLED, ratio) == factor


@pytest.mark.parametrize(("factors", "ratio", "factor"), [([16, 4], 8.0, 4), ([32, 8], 16.0, 8)])
def test_between_two_that_are_as_near_it_is_the_finer_one(factors, ratio, factor):
    assert nearest_factor(factors, ratio) == factor


def test_a_model_of_one_stage_follows_nothing():
    with pytest.raises(GeoGanError, match="has one stage only and cannot follow a layer"):
        nearest_factor([], 4.0)
