# SPDX-License-Identifier: GPL-3.0-or-later
"""How a layer's cells are made finer by a model."""

from __future__ import annotations

import pytest
from geogan.algorithms.enhance import Refinement, planned_refinement
from geogan.errors import GeoGanError
from geogan.rasters.grid import Lattice

BUNDLED = (90.0, [16, 8, 4, 2])  # pixel size, factors of its guides


def planned(size: float, origin=(12.5, -3.0), model=BUNDLED) -> Refinement:
    return planned_refinement(Lattice(size, origin), *model)


@pytest.mark.parametrize(("size", "factor"), [(180.0, 2), (360.0, 4), (720.0, 8), (1440.0, 16), (361.0, 4)])
def test_cells_that_the_model_expects_are_kept_as_they_lie(size, factor):
    assert planned(size) == Refinement(Lattice(size, (12.5, -3.0)), factor, factor)


@pytest.mark.parametrize(
    ("size", "guide", "factor"),
    [(250.0, 2, 3), (500.0, 4, 6), (1000.0, 8, 11), (5000.0, 16, 56), (140.0, 2, 2)],
)
def test_other_cells_are_resampled_to_the_nearest_and_divided_by_a_whole_number(size, guide, factor):
    assert planned(size) == Refinement(Lattice(90.0 * guide), guide, factor)


def test_cells_so_wide_that_their_means_would_take_gigabytes_are_refused():
    assert planned(250 * 90.0).factor == 250
    with pytest.raises(GeoGanError, match="1237 times as wide as the model's; 250 times is the most"):
        planned(111_300.0)


def test_cells_no_coarser_than_the_models_pixels_are_refused():
    with pytest.raises(GeoGanError, match="pixels of 100 are less than one and a half times"):
        planned(100.0)


def test_a_model_of_one_stage_cannot_follow_a_layer():
    with pytest.raises(GeoGanError, match="has one stage only and cannot follow a layer"):
        planned(360.0, model=(90.0, []))
