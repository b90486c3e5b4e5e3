# SPDX-License-Identifier: GPL-3.0-or-later
"""The table of `make bench`: medians, spreads, and whether a bar is met."""

from __future__ import annotations

import pytest
from geogan.test.bench.measurement import Bar, at_most, figure
from geogan.test.bench.table import cells, number, table


@pytest.mark.parametrize(
    ("values", "median"),
    [([3.0], 3.0), ([1.0, 9.0, 2.0], 2.0), ([1.0, 2.0, 4.0, 100.0], 3.0)],
)
def test_the_median_is_the_middle_of_the_runs(values, median):
    assert figure("import", "s", values).median == median


def test_a_figure_needs_a_run():
    with pytest.raises(ValueError, match="No run was measured for: import"):
        figure("import", "s", [])


@pytest.mark.parametrize(
    ("bar", "values", "is_met"),
    [
        (at_most(2), [0.5, 1.0, 2.0], True),
        (at_most(2), [0.5, 1.0, 2.01], False),  # a promise that one run in three breaks is broken
        (at_most(0), [0], True),
        (at_most(0), [1], False),
        (Bar("at most", 2, by_median=True), [0.5, 1.0, 9.0], True),
        (Bar("at most", 2, by_median=True), [0.5, 2.1, 9.0], False),
        (Bar("at least", 25), [25.0, 40.0], True),
        (Bar("at least", 25), [24.9, 40.0], False),
        (None, [1.0], None),
    ],
)
def test_a_bar_is_met_by_every_run_unless_it_is_for_the_median(bar, values, is_met):
    assert figure("cancel", "s", values, bar).is_met is is_met


def test_a_line_tells_the_figure_its_runs_and_its_bar():
    missed = figure("longest gap, idle", "ms", [216.4, 74.7, 6.68], at_most(200))

    assert cells(missed) == ("longest gap, idle", "ms", "74.7", "6.68 to 216", "3", "at most 200", "NO")


def test_a_single_run_has_no_spread_and_a_figure_without_a_bar_nothing_to_meet():
    assert cells(figure("import", "s", [2.5])) == ("import", "s", "2.5", "", "1", "", "")


def test_a_bar_for_the_median_says_so():
    ratio = figure("over the peer", "", [1.25, 0.5, 0.25], Bar("at most", 1.1, by_median=True))

    assert cells(ratio)[-2:] == ("at most 1.1 (median)", "yes")


@pytest.mark.parametrize(
    ("value", "text"),
    [(0, "0"), (0.04567, "0.0457"), (1.0, "1"), (41.26, "41.3"), (99.97, "100"), (12345.6, "12346")],
)
def test_numbers_have_three_digits_or_all_whole_ones(value, text):
    assert number(value) == text


def test_the_table_is_aligned_markdown():
    figures = [figure("import", "s", [2.5]), figure("cancel while training", "s", [1, 3, 2], at_most(2))]

    assert table(figures).splitlines() == [
        "| figure                | unit | median | spread | runs | bar       | met |",
        "| --------------------- | ---- | -----: | -----: | ---: | --------- | --- |",
        "| import                | s    |    2.5 |        |    1 |           |     |",
        "| cancel while training | s    |      2 | 1 to 3 |    3 | at most 2 | NO  |",
    ]
