# SPDX-License-Identifier: GPL-3.0-or-later
"""What the report on a training says, and the pictures that it draws."""

from __future__ import annotations

import base64
import re

from geogan.algorithms.reports.training_curves import loss_curves, score_curve
from geogan.algorithms.reports.training_report import training_report
from geogan.models.model_card import ModelCard
from geogan.test.qgis.evaluations import CARD, FIELDS, PICTURES, evaluation
from qgis.PyQt.QtGui import QColor, QImage


def test_pictures_of_a_training_say_what_they_show():
    html = training_report(CARD, "checksum", FIELDS, {})

    assert 'alt="Scores. Realism over the training, 1.50 at its worst and 1.20 at its best' in html
    assert 'alt="Losses: generator loss, discriminator loss, 0 to 1.00, over 2 steps"' in html


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
