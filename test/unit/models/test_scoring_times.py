# SPDX-License-Identifier: GPL-3.0-or-later
"""When a training is scored, by how many seeds, and when its scores end it early."""

from __future__ import annotations

import time

import pytest
from geogan.models.area import Area
from geogan.models.training import scoring
from geogan.models.training.scoring import Scorer, scored_seeds
from geogan.test.unit.models.scored_land import PIXEL_SIZE, Maker, rough_heights


@pytest.mark.parametrize(("minutes", "seeds"), [(0.1, 3), (2, 3), (4, 6), (10, 8), (1e9, 8)])
def test_longer_trainings_are_scored_by_more_seeds(minutes, seeds):
    assert scored_seeds(60.0 * minutes) == tuple(range(seeds))


def test_every_seed_counts():
    areas = [Area(rough_heights(1, 100.0))]
    asked = []

    class Listening(Maker):
        def block(self, seed, row, col, landscape=0):
            asked.append(seed)
            return super().block(seed, row, col, landscape)

    Scorer(areas, areas, PIXEL_SIZE, seeds=(4, 7)).score(Listening(rough_heights(2, 100.0)), 0.5, 0.0)
    assert asked == [4, 7]


def test_scores_are_spread_so_that_they_take_a_twentieth_of_the_time(scorer):
    assert not scorer.is_due(0.05, 1e9)  # too early to say anything
    assert scorer.is_due(0.5, 60.0)
    start = time.monotonic()
    scorer.score(Maker(rough_heights(2, 100.0)), 0.5, 60.0)
    cost = time.monotonic() - start
    assert not scorer.is_due(0.6, 60.0 + 15 * cost)
    assert scorer.is_due(0.6, 60.0 + 25 * cost)
    assert not scorer.is_due(1.0, 1e9)  # the last one is made when the training has ended


def test_the_scores_of_a_very_long_training_are_thinned_but_never_the_best(scorer, monkeypatch):
    monkeypatch.setattr(scoring, "_MOST_SCORES", 8)
    land = Maker(rough_heights(2, 100.0))
    heights = iter([300.0, 100.0, *[300.0] * 30])
    for step in range(30):
        land._blocks = (rough_heights(2, next(heights)),)
        scorer.score(land, step / 30, float(step))
    fractions = [entry["fraction"] for entry in scorer.history]
    assert len(fractions) <= 8
    assert fractions == sorted(fractions)
    assert fractions[-1] == 29 / 30
    assert scorer.best_at == 1 / 30
    assert scorer.best_score == min(entry["score"] for entry in scorer.history)


def test_a_cancelled_score_counts_for_nothing(scorer):
    scorer.score(Maker(rough_heights(2, 100.0)), 0.5, 60.0, lambda: True)
    assert scorer.best is None
    assert scorer.history == []


@pytest.mark.parametrize(
    ("scores", "fraction", "stops"),
    [
        ([3.0, 3.0, 2.0, 2.1, 2.0, 2.1, 2.2, 2.3, 2.2, 2.3], 0.86, True),
        ([3.0, 3.0, 2.0, 2.1, 2.0, 2.1, 2.2, 2.3, 2.2, 2.3], 0.84, False),  # not yet a quarter since 0.6
        ([3.0, 3.0, 2.0, 2.1, 2.0, 2.1, 2.2], 0.9, False),  # on two scores only
        ([1.0, 1.0, 2.3, 2.2, 2.1, 2.0, 1.9, 1.8, 1.7], 0.95, False),  # the best were before the rate fell
        ([3.0, 3.0, 2.8, 2.0, 2.7, 2.7, 2.6, 2.6, 2.4, 2.4, 2.3], 0.95, False),  # after a lucky score
        ([3.0, 3.0, 2.9, 2.89, 2.9, 2.88, 2.89, 2.87, 2.88, 2.86, 2.87], 0.95, False),  # slowly
        ([], 0.9, False),
    ],
)
def test_a_training_stops_when_a_quarter_of_it_and_three_scores_brought_nothing(
    scorer, scores, fraction, stops
):
    scorer.history = [
        {"fraction": round(0.4 + 0.05 * i, 2), "score": score} for i, score in enumerate(scores)
    ]
    assert scorer.has_stopped_improving(fraction) is stops


def test_a_base_model_s_own_score_is_kept_but_ends_no_training(scorer):
    scores = [(0.0, 1.0), (0.5, 1.5), (0.6, 1.4), (0.7, 1.3), (0.8, 1.2)]
    scorer.history = [{"fraction": fraction, "score": score} for fraction, score in scores]
    assert scorer.improved_at() == 0.8
    assert not scorer.has_stopped_improving(0.9)


def test_a_training_that_goes_on_for_longer_has_its_scores_earlier_in_its_time(scorer):
    scorer.score(Maker(rough_heights(2, 100.0)), 0.8, 480.0)
    areas = [Area(rough_heights(1, 100.0))]
    after = Scorer(areas, areas, PIXEL_SIZE)
    after.go_on_from(scorer.arrays(), scorer.history, budget_s=3600.0)
    assert after.history[0]["fraction"] == after.best_at == pytest.approx(480 / 3600)


def test_a_training_that_goes_on_for_more_epochs_has_its_scores_earlier_too(scorer):
    scorer.score(Maker(rough_heights(2, 100.0)), 0.9, 480.0)
    areas = [Area(rough_heights(1, 100.0))]
    after = Scorer(areas, areas, PIXEL_SIZE)
    after.go_on_from(scorer.arrays(), scorer.history, share=10 / 20)
    assert after.history[0]["fraction"] == after.best_at == pytest.approx(0.45)


def test_what_takes_long_beside_the_training_is_left_out(scorer):
    scorer.score(Maker(rough_heights(2, 100.0)), 1.0, 0.0)
    assert scorer.has_time_for(1, 1e4)
    assert not scorer.has_time_for(1000, 1.0)
