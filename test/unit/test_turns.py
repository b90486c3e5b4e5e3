# SPDX-License-Identifier: GPL-3.0-or-later
"""Which parts of layers too large to be held whole, or too many, are read turn by turn."""

from __future__ import annotations

from itertools import combinations

import pytest
from geogan.rasters.reading.alignment import AlignedArea
from geogan.rasters.reading.areas import BUDGET_PX, WINDOW_PX
from geogan.rasters.reading.turns import PartsInTurns

TILE = (3601, 3601)


def layer(width, height, landscape=""):
    return AlignedArea(
        "dem", "", "", 30.0, (0.0, 30.0, 0.0, 0.0, 0.0, -30.0), width, height, False, landscape
    )


def layers_of(*sizes, landscapes=("",)):
    return [layer(*size, landscapes[i % len(landscapes)]) for i, size in enumerate(sizes)]


def pixels(areas, parts, windows):
    whole = [area for number, area in enumerate(areas) if number not in parts.numbers]
    read = [window.width * window.height for each in windows.values() for window in each]
    return sum(area.width * area.height for area in whole) + sum(read)


MANY = {
    "tiles": layers_of(*[TILE] * 100),
    "thousands of small ones": layers_of(*[(230, 240)] * 3000),
    "small, large and oblong ones": layers_of(*[(300, 400), TILE, (9000, 20_000), (100, 30_000)] * 40),
    "a rare landscape": layers_of(*[TILE] * 30, landscapes=["Alps"] * 29 + ["Fens"]),
    "as many landscapes as there may be": layers_of(*[TILE] * 64, landscapes=[str(i) for i in range(64)]),
    "one beyond all": layers_of((1_296_000, 648_000), (1201, 1201)),
}


@pytest.mark.parametrize("areas", MANY.values(), ids=MANY)
def test_every_turn_keeps_to_the_budget_and_has_land_of_every_landscape(areas):
    parts = PartsInTurns(areas, BUDGET_PX, WINDOW_PX)
    landscapes = {area.landscape for area in areas}
    for turn in range(2 * parts.turns):
        windows = parts.windows(turn, seed=3)
        held = set(range(len(areas))) - parts.numbers | set(windows)
        assert BUDGET_PX / 4 < pixels(areas, parts, windows) <= BUDGET_PX
        assert {areas[number].landscape for number in held} == landscapes


@pytest.mark.parametrize("areas", MANY.values(), ids=MANY)
def test_each_layer_has_its_turn(areas):
    parts = PartsInTurns(areas, BUDGET_PX, WINDOW_PX)
    drawn = [set(parts.windows(turn, seed=3)) for turn in range(parts.turns)]
    assert set.union(*drawn) == parts.numbers


def test_windows_of_many_tiles_are_as_wide_as_those_of_few():
    """Large forms are learnt from wide windows only."""
    parts = PartsInTurns(MANY["tiles"], BUDGET_PX, WINDOW_PX)
    for windows in parts.windows(1, seed=3).values():
        assert min(min(window.width, window.height) for window in windows) >= 1800


def test_windows_of_a_layer_never_lie_over_one_another():
    """What is held out of one would be learnt from the other."""
    areas = layers_of(*[TILE] * 29, (5000, 7000), landscapes=["Alps"] * 29 + ["Fens"])
    parts = PartsInTurns(areas, BUDGET_PX, WINDOW_PX)
    drawn = {window for turn in range(3 * parts.turns) for window in parts.windows(turn, seed=3)[29]}
    assert len(drawn) > 3
    assert not any(one.intersection(other) for one, other in combinations(drawn, 2))


def test_a_layer_whose_place_is_sure_is_no_part_that_is_read_again():
    parts = PartsInTurns(layers_of((2040, 2040), *[(5000, 5000)] * 11), BUDGET_PX, WINDOW_PX)
    assert parts.turns == 1
    assert parts.numbers == set(range(1, 12))


def test_layers_within_the_budget_have_no_parts():
    parts = PartsInTurns(layers_of(TILE, TILE, TILE), BUDGET_PX, WINDOW_PX)
    assert parts.numbers == set()
    assert parts.windows(1, seed=3) == {}


def test_a_layer_hardly_longer_than_wide_is_not_cut():
    parts = PartsInTurns(layers_of(*[(870, 1210)] * 60), BUDGET_PX, WINDOW_PX)
    (window,) = parts.windows(0, seed=3)[0]
    assert (window.width, window.height) == (870, 1210)
