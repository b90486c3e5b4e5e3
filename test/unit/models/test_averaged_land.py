# SPDX-License-Identifier: GPL-3.0-or-later
"""Real land that is averaged and made finer, beside what it was."""

from __future__ import annotations

import numpy as np
import pytest
from geogan.models.details import with_details
from geogan.models.training.averaged_land import AveragedLand
from geogan.rasters.fitted.cell_means import cell_means
from geogan.realism.comparison import Reference
from scipy import ndimage

FACTOR = 4
SIDE = 576


def rough(seed):
    noise = np.random.default_rng(seed).normal(size=(SIDE, SIDE))
    return (500.0 * ndimage.gaussian_filter(noise, 4.0) + 5.0 * noise).astype(np.float32)


@pytest.fixture(scope="module")
def averaged():
    return AveragedLand(Reference([rough(1)], 30.0), FACTOR)


@pytest.fixture(scope="module")
def made():
    return rough(1) + 0.5 * rough(2)


def test_what_stronger_details_lose_is_found_without_making_them(averaged, made):
    strengths = np.array([0.5, 1.0, 1.3, 2.0])
    found = averaged.lost_with([made], strengths)
    for strength, lost in zip(strengths, found):
        stronger = with_details(made, cell_means(made, FACTOR), FACTOR, strength)
        assert lost == pytest.approx(averaged.lost([stronger]), abs=1e-3)


def test_the_real_land_itself_loses_all_of_the_error_and_is_as_rough_as_it_is(averaged):
    assert averaged.lost([rough(1)]) < -3.0
    assert averaged.rougher([rough(1)]) == 0.0


def test_land_of_half_the_curvature_is_half_as_rough(averaged):
    assert averaged.rougher([0.5 * rough(1)]) == pytest.approx(np.log(2.0), abs=0.01)


def test_parts_without_land_are_left_out(averaged, made):
    """Of a wide layer the first pixels are taken, which may be void where the rest is land."""
    coast = np.full((1024, 3000), np.nan, np.float32)
    coast[:SIDE, 2000 : 2000 + SIDE] = rough(3)
    with_coast = AveragedLand(Reference([rough(1), coast], 30.0), FACTOR)
    assert with_coast.is_there
    assert with_coast.lost([made]) == pytest.approx(averaged.lost([made]))
    assert with_coast.lost_with([made], np.ones(1)) == pytest.approx(averaged.lost_with([made], np.ones(1)))
    assert not AveragedLand(Reference([coast], 30.0), FACTOR).is_there
