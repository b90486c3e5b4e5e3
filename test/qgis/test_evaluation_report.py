# SPDX-License-Identifier: GPL-3.0-or-later
"""What the reports on synthetic land say, and that both sides of the worker speak of the same things."""

from __future__ import annotations

import base64
import re
from typing import Any

import numpy as np
import pytest
from geogan.algorithms.reports.evaluation_report import WIDTH_PX, evaluation_report
from geogan.algorithms.reports.figure_texts import figure_captions, figure_labels
from geogan.algorithms.reports.metric_texts import EXPONENTS, LAND, LINES, METRICS, TEXTURE, metric_texts
from geogan.algorithms.reports.report import language_of_texts
from geogan.algorithms.reports.training_curves import loss_curves, score_curve
from geogan.algorithms.reports.training_report import training_report
from geogan.algorithms.reports.verdict import FAIR, GOOD, POOR, UNKNOWN, cautions, verdicts
from geogan.models.model_card import ModelCard
from geogan.realism import drawing, measures
from geogan.realism.figures import LABELS
from qgis.PyQt.QtGui import QColor, QImage

CARD = ModelCard(
    name="alps",
    kind="terrain",
    pixel_size=30.0,
    unit="m",
    value_range=(1.0, 2.0),
    stages=[{"name": "detail", "steps": 2}],
    landscapes=["alps"],
    provenance={"licence": "public domain"},
    realism={"held_out": True, "chosen_at": 0.5, "realism": 1.2, "landscapes": {}},
)
FIELDS = {
    "history": [
        {"stage": "detail", "step": step, "generator_loss": 1.0, "discriminator_loss": 0.5} for step in (1, 2)
    ],
    "scores": [{"fraction": 0.5, "score": 1.2}, {"fraction": 1.0, "score": 1.5}],
    "notes": [{"template": "It ends early, after {end} %.", "values": {"end": 80}}],
}

PICTURE = np.frombuffer(b"\x89PNG no picture", np.uint8)
PICTURES = {"figure_hillshade": PICTURE}


def evaluation(**changes: Any) -> dict[str, Any]:
    """The fields of a worker's result about good, new land."""
    metric = {"distance": 0.1, "floor": 0.1, "noise": 0.2, "ratio": 1.0, "window_px": None}
    return {
        **dict.fromkeys(("texture", "land", "realism", "noise_texture", "novelty"), 1.0),
        **dict.fromkeys(("real_px", "synthetic_px", "training_px"), 1_000_000),
        "is_held_out": True,
        "share_copied": 0.0,
        "noise_land": 4.0,
        "metrics": {name: dict(metric) for name in METRICS},
        "real": {"mean_slope": 1.0, "fill_depth": 0.001},
        "synthetic": {"mean_slope": 0.5, "fill_depth": 0.01},
        "noise": {"mean_slope": 1.0, "fill_depth": 0.0777},
        "figures": ["hillshade"],
        **changes,
    }


def with_ratio(name: str, ratio: float, **changes: Any) -> dict[str, Any]:
    fields = evaluation(**changes)
    fields["metrics"][name]["ratio"] = ratio
    return fields


def report(fields: dict[str, Any], title: str = "a compared with b") -> str:
    return evaluation_report(title, [("Real", "b")], ["A note."], fields, PICTURES)


def test_the_labels_of_both_sides_are_the_same():
    assert figure_labels() == LABELS


def test_the_metrics_of_both_sides_are_the_same():
    assert set(TEXTURE) == set(measures.TEXTURE)
    assert set(LAND) == set(measures.LAND)
    assert set(LINES) == set(measures.LINES)
    assert set(EXPONENTS) == set(measures.EXPONENTS)
    assert set(metric_texts()) == set(METRICS)


def test_figures_are_as_wide_on_both_sides():
    assert WIDTH_PX == drawing.WIDTH_PX


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


def test_what_noise_scores_and_is_like_stands_beside_the_scores():
    html = report(evaluation(noise_texture=0.83, noise_land=3.61))

    assert "scores 0.83 for texture and 3.61 for land" in html
    assert "7.770 %" in html  # its standing water


def test_the_report_has_verdict_figure_table_and_facts():
    html = report(evaluation())

    assert html.index("does water find its way?") < html.index("<img") < html.index("Steepness")
    assert figure_captions()["hillshade"][1] in html
    assert "A note." in html
    assert "26.6°" in html  # the slope 0.5


def test_those_who_do_not_see_a_report_can_have_it_read_to_them():
    html = report(evaluation())

    title, explanation = figure_captions()["hillshade"]
    assert f'alt="{title}. {explanation}"' in html
    heads, names = re.findall(r'<th scope="col"[^>]*>([^<]+)', html), re.findall(r'<th scope="row"', html)
    assert heads == ["Synthetic", "Real", "Noise", "Times", "Real", "Synthetic", "Noise"]
    assert len(names) == 3 + len(METRICS) + 2 + 1  # verdicts, metrics, plain figures, facts
    assert "<th>" not in html
    assert html.startswith('<!DOCTYPE html>\n<html lang="en">')


def test_pictures_of_a_training_say_what_they_show():
    html = training_report(CARD, "checksum", FIELDS, {})

    assert 'alt="Scores. Realism over the training, 1.50 at its worst and 1.20 at its best' in html
    assert 'alt="Losses: generator loss, discriminator loss, 0 to 1.00, over 2 steps"' in html


@pytest.mark.parametrize(
    ("locale", "language"),
    [("de", "de"), ("de_AT", "de"), ("pt_BR", "pt-BR"), ("pt", "en"), ("en_US", "en"), ("", "en")],
)
def test_a_page_names_the_language_that_its_texts_are_in(tmp_path, monkeypatch, locale, language):
    (tmp_path / "i18n").mkdir()
    for name in ("de", "pt_BR"):
        (tmp_path / "i18n" / f"geogan_{name}.qm").touch()
    monkeypatch.setattr("geogan.algorithms.reports.report.RESOURCES", tmp_path)

    assert language_of_texts(locale) == language


def test_what_a_high_number_may_mean_is_not_said_one_sided():
    texts = metric_texts()

    assert "more standing water" in texts["fill"].meaning
    assert "or less (its hollows were filled)" in texts["fill"].meaning
    assert texts["spectrum"].meaning.endswith("High: some are too weak or too strong.")


def test_without_matplotlib_the_report_says_so():
    assert "has no Matplotlib" in report(evaluation(figures=[]))


def test_what_could_not_be_measured_is_left_out():
    fields = evaluation(land=None, real={}, synthetic={}, noise={})
    del fields["metrics"]["fill"]
    fields["metrics"]["slope"]["noise"] = None

    html = report(fields)

    assert "Closed hollows" not in html
    assert "Steepness" in html


def test_names_cannot_run_or_load_anything():
    html = report(evaluation(), title="<script>alert(1)</script>")

    assert "<script" not in html
    assert set(re.findall(r"(?:src|href)=(.{5})", html)) == {'"data'}
    assert "default-src 'none'" in html


def test_the_report_of_a_training_has_the_evaluation_then_scores_losses_and_facts():
    fields = {**FIELDS, "evaluation": evaluation()}

    html = training_report(CARD, "checksum", fields, PICTURES)

    places = [
        html.index(text)
        for text in (
            "did not see",
            "does water",
            "Steepness",
            "It ends early, after 80 %.",
            "those after 50 %",
            "Losses of",
            "checksum",
        )
    ]
    assert places == sorted(places)
    assert html.count("<img") == 3


def test_both_losses_are_drawn_each_in_the_colour_of_its_name():
    entries = [
        {"step": step, "generator_loss": 2.0, "discriminator_loss": step / 10} for step in range(1, 11)
    ]

    html = loss_curves(entries)

    picture = QImage.fromData(base64.b64decode(re.search(r'base64,([^"]+)"', html)[1]))
    for colour, name in re.findall(r'<span style="color:(#\w+)">([^<]+)</span>', html):
        wanted = QColor(colour)
        drawn = [
            (x, y)
            for x in range(0, picture.width(), 2)
            for y in range(picture.height())
            if picture.pixelColor(x, y) == wanted
        ]
        assert len({x for x, _ in drawn}) > picture.width() / 4, name
        rises = max(y for _, y in drawn) - min(y for _, y in drawn) > picture.height() / 4
        assert rises == (name == "discriminator loss")


def test_the_dot_marks_the_weights_that_were_kept_also_where_those_were_the_last():
    scores = FIELDS["scores"]

    assert "those after 50 %" in score_curve(scores)
    assert "those after 100 %" in score_curve(scores, chosen_at=1.0)
    assert score_curve(scores, chosen_at=1.0).split("<p>")[1] != score_curve(scores).split("<p>")[1]


def test_a_training_on_land_that_nothing_was_held_out_of_says_so():
    fields = {**FIELDS, "evaluation": evaluation(is_held_out=False)}

    assert "Compared with the layers themselves" in training_report(CARD, "checksum", fields, PICTURES)


def test_a_cancelled_training_has_its_losses_and_says_that_nothing_was_measured():
    card = ModelCard(**{**CARD.__dict__, "realism": None})

    html = training_report(card, "checksum", {**FIELDS, "scores": [], "evaluation": {}}, {})

    assert "Not measured" in html
    assert html.count("<img") == 1
