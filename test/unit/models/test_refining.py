# SPDX-License-Identifier: GPL-3.0-or-later
"""What makes given land finer best, and how strong its details are then made."""

from __future__ import annotations

import numpy as np
import pytest
from geogan.models.architecture import CascadeArchitecture
from geogan.models.details import smoothed, with_details
from geogan.models.generation.cascade import BLOCK_PX
from geogan.models.training.averaged_land import AveragedLand
from geogan.models.training.refining import Choice, _best_of, best_refiners
from geogan.rasters.fitted.cell_means import cell_means
from geogan.realism.comparison import Reference

from .conftest import DETAIL, LAYOUT, VALLEYS

PIXEL_SIZE = 30.0


class _Nearest:
    """A field on cells a quarter as large as its guide's, of the guide's values."""

    def __init__(self, guide):
        self._guide = guide

    def window(self, world, row, col, side):
        whole = self._guide.window(world, row // 4, col // 4, side // 4 + 2)
        finer = np.kron(whole, np.ones((4, 4), np.float32))
        return finer[row % 4 :, col % 4 :][:side, :side]


class _Refiner:
    """Stands for a cascade: along a guide one choice makes the real land, the others the guide alone.

    Of the real land, its details are as strong as asked for.
    """

    def __init__(self, architecture, land, best, strength=1.0, variety=(1.0, 1.0)):
        self.architecture, self._land, self._best, self.variety = architecture, land, best, variety
        self._strength = strength

    def with_variety(self, variety):
        return _Refiner(self.architecture, self._land, self._best, self._strength, tuple(variety))

    def field(self, index, guide):
        return _Nearest(guide)

    def guided_by(self, guide, first, *, is_free=False):
        self._guide = guide
        self._cell = self.architecture.pixels_per_field_cell(first - 1)
        return self

    def block(self, seed, row, col, landscape):
        land = self._land
        if (landscape, self.variety[landscape]) == self._best:
            rows, cols = (np.clip(np.arange(at, at + BLOCK_PX), 0, land.shape[0] - 1) for at in (row, col))
            block = land[np.ix_(rows, cols)]
            return with_details(block, cell_means(block, self._cell), self._cell, self._strength)
        cells = self._guide.window(None, row // self._cell, col // self._cell, BLOCK_PX // self._cell)
        return np.kron(cells, np.ones((self._cell, self._cell), np.float32))


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
    return {0: reference, 1: reference}


@pytest.mark.parametrize(
    ("stages", "factors"), [((LAYOUT, DETAIL), {4, 2}), ((LAYOUT, VALLEYS, DETAIL), {16, 8, 4, 2})], ids=len
)
@pytest.mark.parametrize("best", [(0, 1.0), (1, 0.5)])
def test_it_is_what_makes_land_most_like_real_land_by_each_factor(land, references, stages, factors, best):
    whole = np.where(np.isnan(land), 0.0, land).astype(np.float32)
    found = best_refiners(_Refiner(CascadeArchitecture(stages), whole, best), references)
    assert found == dict.fromkeys(factors, Choice(*best))


@pytest.mark.parametrize(
    ("made", "strength"),
    [
        (0.8, pytest.approx(1.25, rel=0.15)),  # by curvature, to which the smooth land adds
        (1.5, pytest.approx(0.67, rel=0.15)),
        (2.0, pytest.approx(0.5, rel=0.15)),
        (1.0, 1.0),
    ],
)
def test_details_that_are_too_weak_or_too_strong_are_made_as_rough_as_real_ones(
    land, references, made, strength
):
    whole = np.where(np.isnan(land), 0.0, land).astype(np.float32)
    architecture = CascadeArchitecture((LAYOUT, DETAIL))
    found = best_refiners(_Refiner(architecture, whole, (0, 1.0), made), references)
    assert found[4].strength == strength


def test_details_are_made_no_stronger_than_the_error_of_heights_allows(land, references):
    """They are a quarter of the real ones and half of others: 1.8 times as strong they would be as rough."""
    real = np.where(np.isnan(land), 0.0, land).astype(np.float32)
    other = np.flip(_rough(576)).astype(np.float32)
    smooth = smoothed(cell_means(real, 4), 4)
    details = 0.25 * (real - smooth) + 0.5 * (other - smoothed(cell_means(other, 4), 4))
    cascade = _Refiner(CascadeArchitecture((LAYOUT, DETAIL)), (smooth + details).astype(np.float32), (0, 1.0))
    strength = best_refiners(cascade, references)[4].strength
    assert 1.3 < strength < 1.7
    averaged = AveragedLand(references[0], 4)
    made = averaged.refined(cascade, 0, 1.0)
    assert averaged.lost_with(made, np.array([strength])) == pytest.approx(np.log(1.15), abs=0.01)
    assert averaged.rougher(made) > np.log(strength)


@pytest.mark.parametrize(
    ("realism", "lost", "best"),
    [
        ([0.3, 0.5, 0.4], [1.3, 1.0, 1.1], 2),  # the most real one is too far from the land that it was
        ([0.3, 0.5, 0.4], [1.1, 0.9, 1.0], 0),
        ([0.3, 0.5, 0.4], [1.6, 1.3, 1.2], 2),  # all are: the nearest
    ],
)
def test_the_most_real_choice_wins_that_is_not_much_farther_than_interpolation(realism, lost, best):
    assert _best_of(np.log(realism), np.log(lost)) == best


def test_where_nothing_can_be_guided_or_measured_there_is_none(land, references):
    assert best_refiners(_Refiner(CascadeArchitecture((LAYOUT,)), land, (0, 1.0)), references) == {}
    small = {0: Reference([land[:40, :40]], PIXEL_SIZE)}
    assert best_refiners(_Refiner(CascadeArchitecture((LAYOUT, DETAIL)), land, (0, 1.0)), small) == {}
