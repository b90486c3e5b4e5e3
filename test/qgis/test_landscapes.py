# SPDX-License-Identifier: GPL-3.0-or-later
"""Which landscapes the layers of a training name."""

from __future__ import annotations

import pytest
from geogan.algorithms.landscapes import log_landscapes, told_apart
from geogan.errors import GeoGanError


def logged(named: list[str]) -> list[str]:
    journal = []
    log_landscapes(named, lambda template, **values: journal.append(template.format(**values)))
    return journal


def test_layers_that_name_none_are_one_landscape():
    assert told_apart(["", "", ""]) == (["terrain"], [0, 0, 0])


def test_landscapes_stand_in_the_order_of_their_first_layers():
    assert told_apart(["hills", "alps", "hills", ""]) == (["hills", "alps", "terrain"], [0, 1, 0, 2])


def test_names_that_differ_in_case_only_are_one_written_as_first_met():
    assert told_apart(["Alps", "ALPS", "Terrain", ""]) == (["Alps", "Terrain"], [0, 0, 1, 1])


def test_more_than_a_model_tells_apart_are_refused():
    assert len(told_apart([f"land {i}" for i in range(64)])[0]) == 64
    with pytest.raises(
        GeoGanError, match="The layers name 65 landscapes, but a model tells at most 64 apart"
    ):
        told_apart([f"land {i}" for i in range(65)])


def test_the_log_lists_several_with_their_layers_and_is_silent_of_one():
    assert logged(["Alps", "", "alps"]) == [
        "The model learns 2 landscapes (and layers of each): Alps (2), terrain (1)."
    ]
    assert logged(["alps", "Alps"]) == []
