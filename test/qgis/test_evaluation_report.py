# SPDX-License-Identifier: GPL-3.0-or-later
"""What the report on synthetic land says."""

from __future__ import annotations

import re

import pytest
from geogan.algorithms.reports.figure_texts import figure_captions
from geogan.algorithms.reports.metric_texts import METRICS, metric_texts
from geogan.algorithms.reports.report import language_of_texts
from geogan.test.qgis.evaluations import evaluation, report


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


def test_each_number_of_a_metric_stands_in_the_column_that_is_named_for_it():
    fields = evaluation()
    fields["metrics"]["slope"].update({"distance": 0.123, "floor": 0.045, "noise": 0.678, "ratio": 2.7})

    table = re.search(r"<table(?:(?!<table).)*>Steepness<.*?</table>", report(fields), re.DOTALL)[0]

    heads = re.findall(r'<th scope="col"[^>]*>([^<]+)', table)
    row = re.search(r"<tr>(?:(?!<tr>).)*>Steepness<.*?</tr>", table, re.DOTALL)[0]
    numbers = re.findall(r"<td[^>]*><b>([^<]+)</b></td>", row)  # bold, since the slope stands out
    assert dict(zip(heads, numbers)) == {
        "Synthetic": "0.123",
        "Real": "0.045",
        "Noise": "0.678",
        "Times": "2.7",
    }


def test_the_report_says_in_what_windows_water_was_followed():
    fields = evaluation()
    fields["metrics"]["fill"]["window_px"] = 128

    assert report(fields).count("Measured in squares of 128 pixels.") == 1


def test_those_who_do_not_see_a_report_can_have_it_read_to_them():
    html = report(evaluation())

    title, explanation = figure_captions()["hillshade"]
    assert f'alt="{title}. {explanation}"' in html
    heads, names = re.findall(r'<th scope="col"[^>]*>([^<]+)', html), re.findall(r'<th scope="row"', html)
    assert heads == ["Synthetic", "Real", "Noise", "Times", "Real", "Synthetic", "Noise"]
    assert len(names) == 3 + len(METRICS) + 2 + 1  # verdicts, metrics, plain figures, facts
    assert "<th>" not in html
    assert html.startswith('<!DOCTYPE html>\n<html lang="en">')


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
