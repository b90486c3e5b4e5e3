# SPDX-License-Identifier: GPL-3.0-or-later
"""The verdict on synthetic land, and what it is cautioned with."""

from __future__ import annotations

import pytest
from geogan.algorithms.reports.training_report import training_report
from geogan.algorithms.reports.verdict import FAIR, GOOD, POOR, UNKNOWN, cautions, verdicts
from geogan.test.qgis.evaluations import CARD, FIELDS, PICTURES, evaluation, report, with_ratio


@pytest.mark.parametrize(
    ("changes", "grades"),
    [
        ({}, (GOOD, GOOD, GOOD)),
        ({"texture": 1.15, "land": 1.3, "novelty": 0.8}, (GOOD, GOOD, GOOD)),
        ({"texture": 1.16, "land": 1.31, "novelty": 0.79}, (FAIR, FAIR, FAIR)),
        ({"novelty": 1.0, "share_copied": 0.05}, (GOOD, GOOD, POOR)),
        ({"texture": 2.31, "land": 2.61}, (POOR, POOR, GOOD)),
        ({"land": None, "novelty": None}, (GOOD, UNKNOWN, UNKNOWN)),
    ],
)
def test_the_verdict_follows_the_scores(changes, grades):
    assert tuple(verdict.grade for verdict in verdicts(evaluation(**changes))) == grades


def test_the_worst_metrics_are_named_in_plain_words():
    texture, land, _ = verdicts(with_ratio("fill", 4.2, texture=1.5, land=2.0))

    assert land.answer == "In part. It differs most in closed hollows (4.2 times as far as real parts)."
    assert texture.answer.startswith("Nearly. It differs most in ")


def test_why_land_was_not_measured_holds_for_either_layer():
    answer = verdicts(evaluation(land=None))[1].answer

    assert "in squares of 256 x 256 pixels (128 x 128 where the real land is small)" in answer
    assert answer.endswith("without voids and level water, and one of the layers has none.")


@pytest.mark.parametrize(
    ("changes", "answer"),
    [
        ({"share_copied": 0.2}, "No: 20 % of its pieces repeat a place of the land"),
        ({"novelty": 0.7}, "Yes, it repeats no place of the training. It is nearer to that land"),
        ({"novelty": 0.7}, "because it is smoother or simpler"),
        ({"novelty": 0.7, "share_copied": 0.004}, "Yes, it repeats no place of the training."),
        ({"novelty": 0.7, "share_copied": 0.02}, "Yes: hardly any of its pieces (2.0 %) repeat a place of"),
        ({}, "Yes: it is as far from the land of the training as unseen real land is."),
        ({"is_unseen": False}, "Yes: it is as far from the land of the training as parts of that are from"),
        ({"is_unseen": False, "novelty": 0.7}, "nearer to that land than parts of that are to each other"),
        ({"novelty": None}, "or the layers of the training show the same land twice."),
        ({"novelty": None, "training_px": 0}, "it takes the layers of the training"),
        ({"novelty": None}, "there are too few pieces of 64 x 64 pixels that are not level"),
    ],
)
def test_copies_smooth_land_and_what_could_not_be_measured_are_told_apart(changes, answer):
    assert answer in verdicts(evaluation(**changes))[2].answer


@pytest.mark.parametrize(("ratio", "grade"), [(1.9, GOOD), (2.1, FAIR), (6.1, POOR)])
def test_a_fault_is_not_made_up_for_by_other_metrics(ratio, grade):
    _, land, _ = verdicts(with_ratio("fill", ratio, land=0.8))

    assert land.grade == grade


def test_land_that_is_neither_good_nor_better_than_noise_is_poor():
    for score, noise, grade in ((1.6, 1.7, FAIR), (1.6, 1.5, POOR), (0.5, 0.4, GOOD)):
        assert verdicts(evaluation(land=score, noise_land=noise))[1].grade == grade


def test_little_land_and_a_score_that_noise_passes_are_said():
    assert cautions(evaluation()) == []
    assert "10 000 real and 1 000 000 synthetic pixels" in cautions(evaluation(real_px=10_000))[0]
    assert "learnt from little land: 90 000 pixels" in cautions(evaluation(training_px=90_000))[0]
    assert "even noise scores 1.20" in cautions(evaluation(noise_land=1.2))[0]


def test_more_straight_lines_than_real_land_has_are_warned_of():
    lines = {"real": {"straightness": 0.16}, "synthetic": {"straightness": 0.24}}
    fewer = {"real": {"straightness": 0.24}, "synthetic": {"straightness": 0.16}}
    hardly_more = {"real": {"straightness": 0.16}, "synthetic": {"straightness": 0.175}}

    caution = cautions(with_ratio("straightness", 2.1, **lines))[0]
    assert "24 % of its bends, 16 % of those of the real land" in caution
    assert cautions(with_ratio("straightness", 2.0, **lines)) == []
    assert cautions(with_ratio("straightness", 9.0, **fewer)) == []
    assert cautions(with_ratio("straightness", 9.0, **hardly_more)) == []


def test_synthetic_land_much_smaller_than_the_real_is_warned_of_where_layers_were_compared():
    smaller = "The synthetic land is much smaller than the real land."
    larger_real = {"synthetic_px": 1_000_000, "real_px": 4_000_001}

    assert smaller in report(evaluation(**larger_real))
    assert smaller not in report(evaluation(synthetic_px=1_000_000, real_px=4_000_000))
    fields = {**FIELDS, "evaluation": evaluation(**larger_real)}  # whose sizes nobody chose
    assert smaller not in training_report(CARD, "checksum", fields, PICTURES)


def test_a_strip_of_a_whole_tile_is_no_little_land_but_a_layer_of_its_size_is():
    strip_px = 180 * 1201
    assert cautions(evaluation(real_px=strip_px)) == []
    assert len(cautions(evaluation(real_px=strip_px, is_held_out=False))) == 1


def test_much_more_level_land_than_real_land_has_is_warned_of_since_no_score_sees_it():
    plains = {"real": {"level_share": 0.05}, "synthetic": {"level_share": 0.3}}
    lakes = {"real": {"level_share": 0.05}, "synthetic": {"level_share": 0.14}}

    caution = cautions(evaluation(**plains))[0]
    assert "dead level: 30 %, 5 % of the real land" in caution
    assert cautions(evaluation(**lakes)) == []
