# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import time
from typing import ClassVar

import numpy as np
import pytest
from geogan.models.architecture import CascadeArchitecture
from geogan.models.area import Area
from geogan.models.training import scoring
from geogan.models.training.overall_score import described, overall
from geogan.models.training.scoring import Scorer, scored_seeds

PIXEL_SIZE = 30.0


class _Maker:
    """Stands for a cascade: gives the blocks that it was made with, by landscape."""

    def __init__(self, *blocks, weights=None):
        self._blocks, self.weights = blocks, weights or {}

    def block(self, seed, row, col, landscape=0):
        return np.roll(self._blocks[landscape], 40 * seed, axis=0)


class _LearningMaker:
    """Stands for a cascade: its weights say how tall its land is, by scored seeds and by each other one."""

    def __init__(self, architecture, tall, tall_elsewhere):
        self.architecture = CascadeArchitecture(architecture.stages[:1])
        self.load({"scored": np.array(tall), "others": np.broadcast_to(tall_elsewhere, 3)})

    def load(self, weights):
        self.weights = dict(weights)

    def with_variety(self, variety):
        return self

    def block(self, seed, row, col, landscape=0):
        tall = float(self.weights["scored"] if seed < 3 else self.weights["others"][seed - 3])
        return np.roll(_rough(2, tall, 256, 256), 40 * seed, axis=0)


class _VariousMaker:
    """Stands for a cascade whose land is as tall as its variety says, in each of two landscapes."""

    weights: ClassVar = {}

    def __init__(self, architecture, variety=(1.0, 1.0)):
        self.architecture, self.variety = architecture, variety

    def with_variety(self, variety):
        return _VariousMaker(self.architecture, variety)

    def block(self, seed, row, col, landscape=0):
        return np.roll(_rough(1, 100.0 * self.variety[landscape], 256, 256), 40 * seed, axis=0)


def _rough(seed, height, rows=512, cols=512):
    """Return rough heights: their power falls with the third power of the wave number."""
    waves = np.hypot(*np.meshgrid(np.fft.fftfreq(cols), np.fft.fftfreq(rows)))
    waves[0, 0] = 1.0
    white = np.fft.fft2(np.random.default_rng(seed).normal(size=(rows, cols)))
    field = np.fft.ifft2(white / waves**1.5).real
    return (height * field / field.std()).astype(np.float32)


def _settled_variety(areas, maker):
    scorer = Scorer(areas, areas, PIXEL_SIZE)
    scorer.score(maker, 1.0, 0.0)
    return list(scorer.with_best_variety(*scorer.settled(maker))[0].variety)


@pytest.fixture
def scorer():
    areas = [Area(_rough(1, 100.0))]
    return Scorer(areas, areas, PIXEL_SIZE)


def test_the_weights_of_the_best_score_are_kept_not_the_last_ones(scorer):
    good, bad = _rough(2, 100.0), _rough(3, 400.0)
    for number, (field, fraction) in enumerate(((bad, 0.3), (good, 0.6), (bad, 0.9))):
        scorer.score(_Maker(field, weights={"w": np.array(number)}), fraction, 0.0)
    assert scorer.best == {"w": np.array(1)}
    assert scorer.best_at == 0.6
    assert [entry["fraction"] for entry in scorer.history] == [0.3, 0.6, 0.9]
    assert scorer.best_score == min(entry["score"] for entry in scorer.history)


def test_the_best_weights_survive_an_interruption(scorer):
    scorer.score(_Maker(_rough(2, 100.0), weights={"w": np.array(1.0)}), 0.5, 0.0)
    areas = [Area(_rough(1, 100.0))]
    after = Scorer(areas, areas, PIXEL_SIZE)
    after.go_on_from({**scorer.arrays(), "live/x": np.array(3.0)}, scorer.history)
    after.score(_Maker(_rough(3, 400.0), weights={"w": np.array(2.0)}), 0.9, 0.0)
    assert after.best == {"w": np.array(1.0)}
    assert after.best_at == 0.5
    assert after.best_score == scorer.best_score


@pytest.mark.parametrize(("minutes", "seeds"), [(0.1, 3), (2, 3), (4, 6), (10, 8), (1e9, 8)])
def test_longer_trainings_are_scored_by_more_seeds(minutes, seeds):
    assert scored_seeds(60.0 * minutes) == tuple(range(seeds))


def test_every_seed_counts():
    areas = [Area(_rough(1, 100.0))]
    asked = []

    class Listening(_Maker):
        def block(self, seed, row, col, landscape=0):
            asked.append(seed)
            return super().block(seed, row, col, landscape)

    Scorer(areas, areas, PIXEL_SIZE, seeds=(4, 7)).score(Listening(_rough(2, 100.0)), 0.5, 0.0)
    assert asked == [4, 7]


def test_scores_are_spread_so_that_they_take_a_twentieth_of_the_time(scorer):
    assert not scorer.is_due(0.05, 1e9)  # too early to say anything
    assert scorer.is_due(0.5, 60.0)
    start = time.monotonic()
    scorer.score(_Maker(_rough(2, 100.0)), 0.5, 60.0)
    cost = time.monotonic() - start
    assert not scorer.is_due(0.6, 60.0 + 15 * cost)
    assert scorer.is_due(0.6, 60.0 + 25 * cost)
    assert not scorer.is_due(1.0, 1e9)  # the last one is made when the training has ended


def test_the_scores_of_a_very_long_training_are_thinned_but_never_the_best(scorer, monkeypatch):
    monkeypatch.setattr(scoring, "_MOST_SCORES", 8)
    land = _Maker(_rough(2, 100.0))
    heights = iter([300.0, 100.0, *[300.0] * 30])
    for step in range(30):
        land._blocks = (_rough(2, next(heights)),)
        scorer.score(land, step / 30, float(step))
    fractions = [entry["fraction"] for entry in scorer.history]
    assert len(fractions) <= 8
    assert fractions == sorted(fractions)
    assert fractions[-1] == 29 / 30
    assert scorer.best_at == 1 / 30
    assert scorer.best_score == min(entry["score"] for entry in scorer.history)


def test_a_cancelled_score_counts_for_nothing(scorer):
    scorer.score(_Maker(_rough(2, 100.0)), 0.5, 60.0, lambda: True)
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


def test_each_landscape_is_compared_with_its_own_land():
    areas = [Area(_rough(1, 100.0), 0), Area(_rough(2, 1000.0), 1)]
    scorer = Scorer(areas, areas, PIXEL_SIZE)
    for blocks in ((_rough(3, 100.0), _rough(4, 1000.0)), (_rough(4, 1000.0), _rough(3, 100.0))):
        scorer.score(_Maker(*blocks), 0.5, 0.0)
    right, wrong = (entry["score"] for entry in scorer.history)
    assert right < wrong


def test_land_too_level_for_its_flow_to_be_measured_is_no_better_for_it(scorer):
    """Its texture alone would score better than texture and land of another."""
    rough = _rough(3, 400.0)
    level = rough.copy()
    level[::200] = level[:, ::200] = np.nan  # windows of the spectrum are left, none of flow
    scorer.score(_Maker(rough), 0.5, 0.0)
    first = scorer.best_score
    scorer.score(_Maker(level), 0.6, 0.0)
    assert scorer.references[0].compare([level]).land is None
    assert scorer.best_score == first
    assert len(scorer.history) == 1


@pytest.mark.parametrize(("px", "is_held_out"), [(128, True), (127, False)])
def test_land_is_compared_with_what_was_held_out_only_where_its_flow_can_be_measured(px, is_held_out):
    values = _rough(1, 100.0, 600, 600)
    scorer = Scorer([Area(values[:px])], [Area(values)], PIXEL_SIZE)
    scorer.score(_Maker(_rough(2, 100.0)), 1.0, 0.0)
    _, comparisons = scorer.settled(_Maker(_rough(2, 100.0), weights=scorer.best))
    found = described(comparisons, ["terrain"], scorer.references.values())
    assert scorer.references[0].measures == {"texture", "land"}
    assert found["held_out"] is found["landscapes"]["terrain"]["held_out"] is is_held_out


def test_each_landscape_says_whether_its_land_was_held_out():
    areas = [Area(_rough(1, 100.0), 0), Area(_rough(2, 100.0, 200, 200), 1)]
    scorer = Scorer([Area(areas[0].values[:130])], areas, PIXEL_SIZE)
    maker = _Maker(_rough(3, 100.0), _rough(4, 100.0))
    scorer.score(maker, 1.0, 0.0)
    found = described(scorer.settled(maker)[1], ["wide", "small"], scorer.references.values())
    assert [each["held_out"] for each in found["landscapes"].values()] == [True, False]
    assert not found["held_out"]


def test_each_landscape_has_the_precision_of_its_own_heights():
    areas = [Area(_rough(1, 100.0)), Area(np.rint(_rough(2, 100.0)), 1)]
    references = Scorer([], areas, PIXEL_SIZE).references
    assert [reference.precision for reference in references.values()] == [0.0, 1.0]


def test_the_last_weights_of_a_training_that_ends_early_are_those_of_its_end(architecture):
    areas = [Area(_rough(1, 100.0, 256, 256))]
    scorer = Scorer(areas, areas, PIXEL_SIZE)
    scorer.score(_LearningMaker(architecture, 100, 400), 0.5, 0.0)
    last = _LearningMaker(architecture, 150, 150)
    scorer.score(last, 0.8, 0.0)
    scorer.settled(last)
    assert scorer.best_at == 0.8


def test_where_too_little_is_held_out_to_be_measured_the_whole_land_is_compared_with():
    values = _rough(1, 100.0, 700, 344)
    values[:100:40, ::40] = np.nan
    held = Area(np.where(np.arange(344) % 40, values[:100], np.nan).astype(np.float32))
    scorer = Scorer([held], [Area(values)], PIXEL_SIZE)
    scorer.score(_Maker(_rough(2, 100.0)), 0.5, 0.0)
    assert scorer.best is not None


def test_a_training_that_goes_on_for_longer_has_its_scores_earlier_in_its_time(scorer):
    scorer.score(_Maker(_rough(2, 100.0)), 0.8, 480.0)
    areas = [Area(_rough(1, 100.0))]
    after = Scorer(areas, areas, PIXEL_SIZE)
    after.go_on_from(scorer.arrays(), scorer.history, budget_s=3600.0)
    assert after.history[0]["fraction"] == after.best_at == pytest.approx(480 / 3600)


def test_a_training_that_goes_on_for_more_epochs_has_its_scores_earlier_too(scorer):
    scorer.score(_Maker(_rough(2, 100.0)), 0.9, 480.0)
    areas = [Area(_rough(1, 100.0))]
    after = Scorer(areas, areas, PIXEL_SIZE)
    after.go_on_from(scorer.arrays(), scorer.history, share=10 / 20)
    assert after.history[0]["fraction"] == after.best_at == pytest.approx(0.45)


def test_land_along_guides_is_made_where_these_are_wide_enough_for_land_that_drains():
    long, wide = Area(_rough(1, 100.0, 225, 1500)), Area(_rough(2, 100.0, 270, 1000))
    assert long.values.size > wide.values.size
    scorer = Scorer([long, wide], [long, wide], PIXEL_SIZE)
    assert scorer._grounds[0] is wide


def test_land_too_small_to_measure_has_no_score():
    areas = [Area(_rough(1, 100.0, 40, 40))]
    scorer = Scorer([], areas, PIXEL_SIZE)
    maker = _Maker(_rough(2, 100.0))
    scorer.score(maker, 1.0, 0.0)
    assert scorer.best is None
    same, comparisons = scorer.with_best_variety(*scorer.settled(maker))
    assert same is maker
    assert described(comparisons, ["terrain"], scorer.references.values()) is None


@pytest.fixture
def settled(architecture):
    """Return a function that scores weights at 0.6 of a training and others at its end, and settles."""

    def settled(best, last):
        areas = [Area(_rough(1, 100.0, 256, 256))]
        scorer = Scorer(areas, areas, PIXEL_SIZE)
        scorer.score(_LearningMaker(architecture, *best), 0.6, 0.0)
        maker = _LearningMaker(architecture, *last)
        scorer.score(maker, 1.0, 0.0)
        return scorer, *scorer.settled(maker)

    return settled


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
        scorer.score(_LearningMaker(architecture, kept, 0.0), 1.0, 0.0)
        assert overall(comparisons) == pytest.approx(scorer.history[-1]["score"], rel=0.05)


def test_land_that_other_seeds_alone_can_measure_is_settled_on_all_the_same(architecture):
    areas = [Area(_rough(1, 100.0, 256, 256))]
    scorer = Scorer(areas, areas, PIXEL_SIZE)
    maker = _LearningMaker(architecture, 0, 100)
    scorer.score(maker, 1.0, 0.0)
    assert scorer.best is None
    settled, comparisons = scorer.settled(maker)
    assert settled is maker
    assert overall(comparisons) is not None


@pytest.mark.parametrize(
    ("heights", "found"), [((100.0, 70.0), [1.0, 0.7]), ((50.0, 85.0), [0.5, 0.85])], ids=str
)
def test_each_landscape_is_as_various_as_is_most_like_its_land(architecture, heights, found):
    areas = [Area(_rough(1, height, 256, 256), landscape) for landscape, height in enumerate(heights)]
    scorer = Scorer(areas, areas, PIXEL_SIZE)
    maker = _VariousMaker(architecture)
    scorer.score(maker, 1.0, 0.0)
    settled, comparisons = scorer.with_best_variety(*scorer.settled(maker))
    assert settled.variety == found
    assert overall(comparisons) < scorer.best_score


def test_the_scores_of_a_chosen_variety_are_by_seeds_that_had_no_part_in_the_choice(architecture):
    asked = []

    class Listening(_VariousMaker):
        def with_variety(self, variety):
            return Listening(self.architecture, variety)

        def block(self, seed, row, col, landscape=0):
            asked.append(seed)
            return super().block(seed, row, col, landscape)

    areas = [Area(_rough(1, 70.0, 256, 256))]
    scorer, maker = Scorer(areas, areas, PIXEL_SIZE), Listening(architecture, (1.0,))
    scorer.score(maker, 1.0, 0.0)
    chosen = scorer.settled(maker)
    of_choice = set(asked)
    _, comparisons = scorer.with_best_variety(*chosen)
    assert set(asked[-3:]).isdisjoint(of_choice)
    assert comparisons[0].noise_land > 0


def test_what_takes_long_beside_the_training_is_left_out(scorer):
    scorer.score(_Maker(_rough(2, 100.0)), 1.0, 0.0)
    assert scorer.has_time_for(1, 1e4)
    assert not scorer.has_time_for(1000, 1.0)


def test_land_that_nothing_guides_has_all_its_variety(architecture):
    areas = [Area(_rough(1, 70.0, 256, 256)), Area(_rough(1, 70.0, 256, 256), 1)]
    layout_only = CascadeArchitecture(architecture.stages[:1])
    assert _settled_variety(areas, _VariousMaker(layout_only)) == [1.0, 1.0]


def test_land_too_small_to_measure_has_all_its_variety(architecture):
    areas = [Area(_rough(1, 100.0, 40, 40))]
    assert _settled_variety(areas, _VariousMaker(architecture, [1.0])) == [1.0]
