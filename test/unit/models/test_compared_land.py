# SPDX-License-Identifier: GPL-3.0-or-later
"""The land that what a training makes is compared with."""

from __future__ import annotations

import numpy as np
import pytest
from geogan.models.area import Area
from geogan.models.training.overall_score import described
from geogan.models.training.scoring import Scorer
from geogan.test.unit.models.scored_land import PIXEL_SIZE, Maker, rough_heights


def test_each_landscape_is_compared_with_its_own_land():
    areas = [Area(rough_heights(1, 100.0), 0), Area(rough_heights(2, 1000.0), 1)]
    scorer = Scorer(areas, areas, PIXEL_SIZE)
    for blocks in (
        (rough_heights(3, 100.0), rough_heights(4, 1000.0)),
        (rough_heights(4, 1000.0), rough_heights(3, 100.0)),
    ):
        scorer.score(Maker(*blocks), 0.5, 0.0)
    right, wrong = (entry["score"] for entry in scorer.history)
    assert right < wrong


def test_land_too_level_for_its_flow_to_be_measured_is_no_better_for_it(scorer):
    """Its texture alone would score better than texture and land of another."""
    rough = rough_heights(3, 400.0)
    level = rough.copy()
    level[::200] = level[:, ::200] = np.nan  # windows of the spectrum are left, none of flow
    scorer.score(Maker(rough), 0.5, 0.0)
    first = scorer.best_score
    scorer.score(Maker(level), 0.6, 0.0)
    assert scorer.references[0].compare([level]).land is None
    assert scorer.best_score == first
    assert len(scorer.history) == 1


@pytest.mark.parametrize(("px", "is_held_out"), [(128, True), (127, False)])
def test_land_is_compared_with_what_was_held_out_only_where_its_flow_can_be_measured(px, is_held_out):
    values = rough_heights(1, 100.0, 600, 600)
    scorer = Scorer([Area(values[:px])], [Area(values)], PIXEL_SIZE)
    scorer.score(Maker(rough_heights(2, 100.0)), 1.0, 0.0)
    _, comparisons = scorer.settled(Maker(rough_heights(2, 100.0), weights=scorer.best))
    found = described(comparisons, ["terrain"], scorer.references.values())
    assert scorer.references[0].measures == {"texture", "land"}
    assert found["held_out"] is found["landscapes"]["terrain"]["held_out"] is is_held_out


def test_each_landscape_says_whether_its_land_was_held_out():
    areas = [Area(rough_heights(1, 100.0), 0), Area(rough_heights(2, 100.0, 200, 200), 1)]
    scorer = Scorer([Area(areas[0].values[:130])], areas, PIXEL_SIZE)
    maker = Maker(rough_heights(3, 100.0), rough_heights(4, 100.0))
    scorer.score(maker, 1.0, 0.0)
    found = described(scorer.settled(maker)[1], ["wide", "small"], scorer.references.values())
    assert [each["held_out"] for each in found["landscapes"].values()] == [True, False]
    assert not found["held_out"]


def test_each_landscape_has_the_precision_of_its_own_heights():
    areas = [Area(rough_heights(1, 100.0)), Area(np.rint(rough_heights(2, 100.0)), 1)]
    references = Scorer([], areas, PIXEL_SIZE).references
    assert [reference.precision for reference in references.values()] == [0.0, 1.0]


def test_where_too_little_is_held_out_to_be_measured_the_whole_land_is_compared_with():
    values = rough_heights(1, 100.0, 700, 344)
    values[:100:40, ::40] = np.nan
    held = Area(np.where(np.arange(344) % 40, values[:100], np.nan).astype(np.float32))
    scorer = Scorer([held], [Area(values)], PIXEL_SIZE)
    scorer.score(Maker(rough_heights(2, 100.0)), 0.5, 0.0)
    assert scorer.best is not None


def test_land_along_guides_is_made_where_these_are_wide_enough_for_land_that_drains():
    long, wide = Area(rough_heights(1, 100.0, 225, 1500)), Area(rough_heights(2, 100.0, 270, 1000))
    assert long.values.size > wide.values.size
    scorer = Scorer([long, wide], [long, wide], PIXEL_SIZE)
    assert scorer._grounds[0] is wide


def test_land_too_small_to_measure_has_no_score():
    areas = [Area(rough_heights(1, 100.0, 40, 40))]
    scorer = Scorer([], areas, PIXEL_SIZE)
    maker = Maker(rough_heights(2, 100.0))
    scorer.score(maker, 1.0, 0.0)
    assert scorer.best is None
    same, comparisons = scorer.with_best_variety(*scorer.settled(maker))
    assert same is maker
    assert described(comparisons, ["terrain"], scorer.references.values()) is None
