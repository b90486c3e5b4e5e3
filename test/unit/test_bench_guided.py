# SPDX-License-Identifier: GPL-3.0-or-later
"""The page of the benchmark of coarse layers made finer."""

from __future__ import annotations

from geogan.test.bench.guided.command_line import COLUMNS, table
from geogan.test.bench.guided.refined import Result


def test_each_way_has_a_line_with_the_medians_of_its_seeds():
    seeds = [Result(height, 0.1, 0.97, 0.3, 1.65) for height in (30.0, 10.0, 20.0)]
    lines = table({"bicubic": [Result(8.0, 0.2, 0.8, 2.0, 3.7)], "ours": seeds}, Result, COLUMNS).splitlines()
    assert lines[0] == f"|  | {' | '.join(COLUMNS)} |"
    assert lines[2:] == ["| bicubic | 8 | 0.2 | 0.8 | 2 | 3.7 |", "| ours | 20 | 0.1 | 0.97 | 0.3 | 1.65 |"]
