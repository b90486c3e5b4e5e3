# SPDX-License-Identifier: GPL-3.0-or-later
"""The page of `make bench-bundled`."""

from __future__ import annotations

from types import SimpleNamespace

from geogan.realism.comparison import Comparison
from geogan.realism.grid_artefact import GridArtefact, PhaseDeviation, SeamRatio
from geogan.realism.novelty import Copying
from geogan.test.bench.bundled.measured import Likeness
from geogan.test.bench.bundled.page import page

CARD = SimpleNamespace(realism={"realism": 0.9, "landscapes": {"hills": {"texture": 1.2, "land": 0.8}}})

SEAMS = [SeamRatio(1.0, 1.1, 0.02), SeamRatio(1.02, 1.1, 0.02)]


def likeness(land: float, of_seeds: list[float], **distances: float) -> Likeness:
    def compared(land: float) -> Comparison:
        return Comparison(1.0, land, distances, {"pits": 0.09}, {"pits": 0.3}, None, None, {}, {}, {}, {})

    return Likeness("mountains", compared(land), [compared(each) for each in of_seeds])


def test_scores_stand_beside_the_medians_of_single_seeds_and_properties_over_their_floors():
    found = {
        "pyrenees": likeness(1.7, [2.0, 3.0, 1.0], pits=0.2, drainage_exponent=0.04),
        "sicily": likeness(0.5, [0.7]),
    }
    lines = page(CARD, found, ({}, {}), SEAMS, {"hills": Copying(0.94, 0.01)}).splitlines()
    assert "| hills | 1.2 | 0.8 |" in lines
    assert "All, as one number: 0.9." in lines
    assert "|  | Pyrenees, Andorra | Sicily, with Etna |" in lines
    assert "| land | 1.7 (2) **NO** | 0.5 (0.7) |" in lines
    assert "| pits | 2.1 (3.1) **NO** | – |" in lines
    assert "| drainage exponent, off by | 0.04 | – |" in lines
    assert "| over the other lines of the largest stride | 1.010 ± 0.014 |" in lines
    assert "| hills | 0.94 | 1.0 % |" in lines


def test_the_grid_stands_beside_what_chance_would_give():
    deviation = PhaseDeviation(0.05, 0.001, 0.001)
    grid = {4: GridArtefact(deviation, deviation, PhaseDeviation(0.02, 0.001, 0.001))}
    other = PhaseDeviation(0.09, 0.001, 0.001)
    text = page(CARD, {}, (grid, {4: GridArtefact(other, other, other)}), SEAMS, {})
    over_seeds, in_worlds = text.split("Then by position in each world's own cells")
    assert "| 4 px | 5.0 % (0.1 %) | 5.0 % (0.1 %) | 2.0 % (0.1 %) |" in over_seeds.splitlines()
    assert "| 4 px | 9.0 % (0.1 %) | 9.0 % (0.1 %) | 9.0 % (0.1 %) |" in in_worlds.splitlines()
