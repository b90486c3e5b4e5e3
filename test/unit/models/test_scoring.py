# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import numpy as np
import pytest
from geogan.models.patches import Area
from geogan.models.scoring import Scorer, described, overall

PIXEL_SIZE = 30.0


class _Maker:
    """Stands for a cascade: gives the blocks that it was made with, by landscape."""

    def __init__(self, *blocks):
        self._blocks = blocks

    def block(self, seed, row, col, landscape=0):
        return np.roll(self._blocks[landscape], 40 * seed, axis=0)


def _rough(seed, height, rows=512, cols=512):
    """Return rough heights: their power falls with the third power of the wave number."""
    waves = np.hypot(*np.meshgrid(np.fft.fftfreq(cols), np.fft.fftfreq(rows)))
    waves[0, 0] = 1.0
    white = np.fft.fft2(np.random.default_rng(seed).normal(size=(rows, cols)))
    field = np.fft.ifft2(white / waves**1.5).real
    return (height * field / field.std()).astype(np.float32)


@pytest.fixture
def scorer():
    areas = [Area(_rough(1, 100.0))]
    return Scorer(areas, areas, PIXEL_SIZE)


def test_the_weights_of_the_best_score_are_kept_not_the_last_ones(scorer):
    good, bad = _Maker(_rough(2, 100.0)), _Maker(_rough(3, 400.0))
    scorer.score(bad, {"w": np.array(1.0)}, 0.3)
    scorer.score(good, {"w": np.array(2.0)}, 0.6)
    scorer.score(bad, {"w": np.array(3.0)}, 0.9)
    assert scorer.best == {"w": np.array(2.0)}
    assert scorer.best_at == 0.6
    assert [entry["fraction"] for entry in scorer.history] == [0.3, 0.6, 0.9]
    assert scorer.best_score == min(entry["score"] for entry in scorer.history)


def test_scores_take_no_more_than_their_share_of_the_time(scorer):
    assert not scorer.is_due(0.05, 1e9)  # too early to say anything
    assert scorer.is_due(0.5, 60.0)
    scorer.score(_Maker(_rough(2, 100.0)), {}, 0.5)
    spent = scorer._spent
    assert not scorer.is_due(0.6, spent * 20)
    assert scorer.is_due(0.6, 2 * spent * 20 + 1.0)


def test_a_training_stops_when_a_quarter_of_it_brought_nothing_but_not_before_its_last_third(scorer):
    scorer.best_at = 0.3
    assert not scorer.has_stopped_improving(0.6)
    assert scorer.has_stopped_improving(0.75)
    scorer.best_at = 0.6
    assert not scorer.has_stopped_improving(0.75)
    assert scorer.has_stopped_improving(0.9)


def test_each_landscape_is_compared_with_its_own_land():
    areas = [Area(_rough(1, 100.0), 0), Area(_rough(2, 1000.0), 1)]
    scorer = Scorer(areas, areas, PIXEL_SIZE)
    right = scorer.compared(_Maker(_rough(3, 100.0), _rough(4, 1000.0)))
    wrong = scorer.compared(_Maker(_rough(4, 1000.0), _rough(3, 100.0)))
    assert overall(right) < overall(wrong)
    assert set(described(right, ["hills", "mountains"])["landscapes"]) == {"hills", "mountains"}


def test_land_too_small_to_measure_has_no_score():
    areas = [Area(_rough(1, 100.0, 40, 40))]
    scorer = Scorer([], areas, PIXEL_SIZE)
    maker = _Maker(_rough(2, 100.0))
    scorer.score(maker, {"w": np.array(1.0)}, 1.0)
    assert scorer.best is None
    assert described(scorer.compared(maker), ["terrain"]) is None
