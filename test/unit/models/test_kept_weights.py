# SPDX-License-Identifier: GPL-3.0-or-later
"""The weights that are kept of a training: its last, or those of its best score."""

from __future__ import annotations

import numpy as np
import pytest
from geogan.models.area import Area
from geogan.models.training.overall_score import overall
from geogan.models.training.scoring import Scorer
from geogan.test.unit.models.scored_land import PIXEL_SIZE, LearningMaker, Maker, rough_heights


@pytest.fixture
def settled(architecture):
    """Return a function that scores weights at 0.6 of a training and others at its end, and settles."""

    def settled(best, last):
        areas = [Area(rough_heights(1, 100.0, 256, 256))]
        scorer = Scorer(areas, areas, PIXEL_SIZE)
        scorer.score(LearningMaker(architecture, *best), 0.6, 0.0)
        maker = LearningMaker(architecture, *last)
        scorer.score(maker, 1.0, 0.0)
        return scorer, *scorer.settled(maker)

    return settled


def test_the_weights_of_the_best_score_so_far_are_remembered_when_worse_ones_follow(scorer):
    good, bad = rough_heights(2, 100.0), rough_heights(3, 400.0)
    for number, (field, fraction) in enumerate(((bad, 0.3), (good, 0.6), (bad, 0.9))):
        scorer.score(Maker(field, weights={"w": np.array(number)}), fraction, 0.0)
    assert scorer.best == {"w": np.array(1)}
    assert scorer.best_at == 0.6
    assert [entry["fraction"] for entry in scorer.history] == [0.3, 0.6, 0.9]
    assert scorer.best_score == min(entry["score"] for entry in scorer.history)


def test_the_best_weights_survive_an_interruption(scorer):
    scorer.score(Maker(rough_heights(2, 100.0), weights={"w": np.array(1.0)}), 0.5, 0.0)
    areas = [Area(rough_heights(1, 100.0))]
    after = Scorer(areas, areas, PIXEL_SIZE)
    after.go_on_from({**scorer.arrays(), "live/x": np.array(3.0)}, scorer.history)
    after.score(Maker(rough_heights(3, 400.0), weights={"w": np.array(2.0)}), 0.9, 0.0)
    assert after.best == {"w": np.array(1.0)}
    assert after.best_at == 0.5
    assert after.best_score == scorer.best_score


def test_the_last_weights_of_a_training_that_ends_early_are_those_of_its_end(architecture):
    areas = [Area(rough_heights(1, 100.0, 256, 256))]
    scorer = Scorer(areas, areas, PIXEL_SIZE)
    scorer.score(LearningMaker(architecture, 100, 400), 0.5, 0.0)
    last = LearningMaker(architecture, 150, 150)
    scorer.score(last, 0.8, 0.0)
    scorer.settled(last)
    assert scorer.best_at == 0.8


@pytest.mark.parametrize(
    ("best", "last", "kept"),
    [
        ((100, 400), (150, 150), 1.0),
        ((100, 100), (150, 150), 0.6),
        ((150, 100), (100, 150), 1.0),
        ((100, 0), (150, 150), 1.0),
        ((100, 100), (150, 0), 0.6),
        ((100, 0), (150, 0), 0.6),
        ((100, (100, 100, 200)), (150, 150), 1.0),
        ((100, (110, 100, 120)), (150, 150), 0.6),
    ],
    ids=[
        "a lucky best",
        "a true best",
        "the last has the best score",
        "a best too level to be measured",
        "a last too level to be measured",
        "both too level to be measured",
        "a best that one seed does not bear out",
        "a best that each seed bears out",
    ],
)
def test_the_best_weights_are_kept_where_all_other_seeds_bear_it_out(settled, best, last, kept):
    scorer, cascade, _ = settled(best, last)
    scored, others = last if kept == 1.0 else best
    assert scorer.best_at == kept
    for weights in (cascade.weights, scorer.best):
        assert weights["scored"] == scored
        assert (weights["others"] == others).all()


def test_the_comparisons_are_those_of_the_weights_that_are_kept(settled, architecture):
    cases = (((100, 400), (150, 150), 150), ((100, 100), (150, 150), 100), ((150, 100), (100, 150), 150))
    for best, last, kept in cases:
        scorer, _, comparisons = settled(best, last)
        scorer.score(LearningMaker(architecture, kept, 0.0), 1.0, 0.0)
        assert overall(comparisons) == pytest.approx(scorer.history[-1]["score"], rel=0.05)


def test_land_that_other_seeds_alone_can_measure_is_settled_on_all_the_same(architecture):
    areas = [Area(rough_heights(1, 100.0, 256, 256))]
    scorer = Scorer(areas, areas, PIXEL_SIZE)
    maker = LearningMaker(architecture, 0, 100)
    scorer.score(maker, 1.0, 0.0)
    assert scorer.best is None
    settled, comparisons = scorer.settled(maker)
    assert settled is maker
    assert overall(comparisons) is not None
