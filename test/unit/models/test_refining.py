# SPDX-License-Identifier: GPL-3.0-or-later
"""Which landscape makes real land finer best."""

from __future__ import annotations

import numpy as np
import pytest
from geogan.models.architecture import CascadeArchitecture
from geogan.models.cascade import BLOCK_PX
from geogan.models.refining import best_refiner
from geogan.realism.comparison import Reference

from .conftest import DETAIL, LAYOUT, VALLEYS

PIXEL_SIZE = 30.0


class _Refiner:
    """Stands for a cascade: along a guide one landscape makes the real land, the others the guide alone."""

    def __init__(self, architecture, land, best):
        self.architecture, self._land, self._best = architecture, land, best

    def guided_by(self, guide, first):
        self._cells, self._cell = guide.values, self.architecture.pixels_per_field_cell(first - 1)
        return self

    def block(self, seed, row, col, landscape):
        land = self._land
        if landscape != self._best:
            land = np.kron(self._cells, np.ones((self._cell, self._cell), np.float32))
        rows, cols = (np.clip(np.arange(at, at + BLOCK_PX), 0, land.shape[0] - 1) for at in (row, col))
        return land[np.ix_(rows, cols)]


def _rough(side):
    waves = np.hypot(*np.meshgrid(np.fft.fftfreq(side), np.fft.fftfreq(side)))
    waves[0, 0] = 1.0
    white = np.fft.fft2(np.random.default_rng(1).normal(size=(side, side)))
    field = np.fft.ifft2(white / waves**1.5).real
    return (100.0 * field / field.std()).astype(np.float32)


@pytest.fixture(scope="module")
def land():
    field = _rough(576)
    field[40:60, 300:340] = np.nan
    return field


@pytest.fixture(scope="module")
def references(land):
    reference = Reference([land], PIXEL_SIZE)
    return {0: reference, 1: reference, 2: reference}


@pytest.mark.parametrize("stages", [(LAYOUT, DETAIL), (LAYOUT, VALLEYS, DETAIL)], ids=len)
@pytest.mark.parametrize("best", [0, 2])
def test_it_is_the_one_whose_land_is_most_like_real_land(land, references, stages, best):
    whole = np.where(np.isnan(land), 0.0, land).astype(np.float32)
    assert best_refiner(_Refiner(CascadeArchitecture(stages), whole, best), references) == best


def test_where_there_is_no_choice_or_nothing_to_guide_there_is_none(land, references):
    assert best_refiner(_Refiner(CascadeArchitecture((LAYOUT, DETAIL)), land, 0), {0: references[0]}) is None
    assert best_refiner(_Refiner(CascadeArchitecture((LAYOUT,)), land, 0), references) is None
