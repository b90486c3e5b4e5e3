# SPDX-License-Identifier: GPL-3.0-or-later
"""How various the land of each landscape is made, by what scores best."""

from __future__ import annotations

import pytest
from geogan.models.architecture import CascadeArchitecture
from geogan.models.area import Area
from geogan.models.training.overall_score import overall
from geogan.models.training.scoring import Scorer
from geogan.test.unit.models.scored_land import PIXEL_SIZE, VariousMaker, rough_heights


def _settled_variety(areas, maker):
    scorer = Scorer(areas, areas, PIXEL_SIZE)
    scorer.score(maker, 1.0, 0.0)
    return list(scorer.with_best_variety(*scorer.settled(maker))[0].variety)


@pytest.mark.parametrize(
    ("heights", "found"), [((100.0, 70.0), [1.0, 0.7]), ((50.0, 85.0), [0.5, 0.85])], ids=str
)
def test_each_landscape_is_as_various_as_is_most_like_its_land(architecture, heights, found):
    areas = [Area(rough_heights(1, height, 256, 256), landscape) for landscape, height in enumerate(heights)]
    scorer = Scorer(areas, areas, PIXEL_SIZE)
    maker = VariousMaker(architecture)
    scorer.score(maker, 1.0, 0.0)
    settled, comparisons = scorer.with_best_variety(*scorer.settled(maker))
    assert settled.variety == found
    assert overall(comparisons) < scorer.best_score


def test_the_scores_of_a_chosen_variety_are_by_seeds_that_had_no_part_in_the_choice(architecture):
    asked = []

    class Listening(VariousMaker):
        def with_variety(self, variety):
            return Listening(self.architecture, variety)

        def block(self, seed, row, col, landscape=0):
            asked.append(seed)
            return super().block(seed, row, col, landscape)

    areas = [Area(rough_heights(1, 70.0, 256, 256))]
    scorer, maker = Scorer(areas, areas, PIXEL_SIZE), Listening(architecture, (1.0,))
    scorer.score(maker, 1.0, 0.0)
    chosen = scorer.settled(maker)
    of_choice = set(asked)
    _, comparisons = scorer.with_best_variety(*chosen)
    assert set(asked[-3:]).isdisjoint(of_choice)
    assert comparisons[0].noise_land > 0


def test_land_that_nothing_guides_has_all_its_variety(architecture):
    areas = [Area(rough_heights(1, 70.0, 256, 256)), Area(rough_heights(1, 70.0, 256, 256), 1)]
    layout_only = CascadeArchitecture(architecture.stages[:1])
    assert _settled_variety(areas, VariousMaker(layout_only)) == [1.0, 1.0]


def test_land_too_small_to_measure_has_all_its_variety(architecture):
    areas = [Area(rough_heights(1, 100.0, 40, 40))]
    assert _settled_variety(areas, VariousMaker(architecture, [1.0])) == [1.0]
