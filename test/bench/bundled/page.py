# SPDX-License-Identifier: GPL-3.0-or-later
"""docs/bundled.md: what was measured, in tables."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence

import numpy as np
from geogan.models.model_card import ModelCard
from geogan.realism.comparison import Comparison, over_floor
from geogan.realism.grid_artefact import GridArtefact, SeamRatio
from geogan.realism.measures import EXPONENTS, LAND, LINES, TEXTURE
from geogan.realism.novelty import Copying

from ..table import number
from ..terrain.bars import MOST_LAND, MOST_OF_A_METRIC, MOST_OFF_THE_EXPONENT, MOST_TEXTURE
from ..terrain.landscapes import UNSEEN
from .measured import GRID_SEEDS, SEEDS, Likeness

_HEAD = """\
# The bundled model, measured

Written by `make bench-bundled`; do not edit. Texture and land: 1 = as real parts of the landscape are like
each other, larger is worse ([how](how-it-works.md#how-realism-is-measured)).

## Parts of its own layers that the training did not see

"""
_UNSEEN = f"""
## Land that no part of the training saw

Whole DEMs of 90 m, {len(SEEDS)} seeds of 512 x 512 px together; in brackets the medians of each seed alone,
which is harder: one piece is compared with a whole tile. Then every property's distance over its floor, the
distance of real parts to each other (0.01 added to both, as in the scores), in brackets that of noise, and by
how much the exponents of the drainage network are off. **NO** marks what is beyond the bars for models that
were trained on such land: {MOST_TEXTURE} for texture, {MOST_LAND} for land, {MOST_OF_A_METRIC:g} for a
property, and {MOST_OFF_THE_EXPONENT} for the exponent of drainage.

"""
_GRID = f"""
## The grid

{len(GRID_SEEDS)} seeds of the first landscape. By how much the mean of the worst position in a cell is off
the mean of all positions, and in brackets by how much it would be by chance alone. Heights are measured by
their standard deviation, bends (second differences) by their mean. First by position on the map, which is
what the mean and the spread of many seeds show: the networks' cells begin at another place in each world.

"""
_GRID_OF_WORLDS = """
Then by position in each world's own cells, which is how much they show in the worlds themselves.

"""
_SEAMS = """
## Seams

Bends across the borders of the blocks of 512 px that land is computed in, over bends elsewhere: 1 = no seam.
Means of four seeds of 1024 x 1024 px.

"""
_NOVELTY = f"""
## Novelty

{len(SEEDS)} seeds held against the parts of the layers that were trained on: how far they are from them, over
how far the parts are that were held out, and the share of their pieces that repeat one place of the training
([how](how-it-works.md#how-realism-is-measured)).

"""


def page(
    card: ModelCard,
    unseen: Mapping[str, Likeness],
    grids: tuple[Mapping[int, GridArtefact], Mapping[int, GridArtefact]],
    seams: Sequence[SeamRatio],
    copies: Mapping[str, Copying],
) -> str:
    """Return the page.

    Args:
        unseen: by the names of UNSEEN.
        grids: over seeds and in the worlds themselves, by stride in pixels.
        copies: by landscape.
    """
    over_seeds, in_worlds = grids
    of_grid = ("cells of", "height", "bends down", "bends across")
    held_out = [
        (name, number(scores["texture"]), number(scores["land"]))
        for name, scores in card.realism["landscapes"].items()
    ]
    overall = f"\nAll, as one number: {number(card.realism['realism'])}.\n"
    return "".join(
        [
            _HEAD,
            _table(("landscape", "texture", "land"), held_out),
            overall,
            _UNSEEN,
            _table(("", *(UNSEEN[name].title for name in unseen)), _unseen_rows(list(unseen.values()))),
            _GRID,
            _table(of_grid, _grid_rows(over_seeds)),
            _GRID_OF_WORLDS,
            _table(of_grid, _grid_rows(in_worlds)),
            _SEAMS,
            _table(("", "ratio"), _seam_rows(seams)),
            _NOVELTY,
            _table(("landscape", "novelty", "copied"), _novelty_rows(copies)),
        ]
    )


def _unseen_rows(found: list[Likeness]) -> Iterable[tuple[str, ...]]:
    yield ("landscape of the model", *(each.landscape for each in found))
    for score, bar in (("texture", MOST_TEXTURE), ("land", MOST_LAND)):
        alone = [np.median([getattr(one, score) for one in each.alone]) for each in found]
        together = [getattr(each.compared, score) for each in found]
        cells = (f"{number(both)} ({number(one)}){_mark(both, bar)}" for both, one in zip(together, alone))
        yield (score, *cells)
        yield (f"{score} of noise", *(_cell(getattr(each.compared, f"noise_{score}")) for each in found))
    for name in (*TEXTURE, *LAND):
        yield (_words(name), *(_property(each.compared, name, MOST_OF_A_METRIC) for each in found))
    for name in LINES:
        yield (f"{_words(name)}, in neither score", *(_property(each.compared, name) for each in found))
    for name in EXPONENTS:
        bar = MOST_OFF_THE_EXPONENT if name == "drainage_exponent" else math.inf
        values = [each.compared.distances.get(name) for each in found]
        cells = (_cell(value) + ("" if value is None else _mark(value, bar)) for value in values)
        yield (f"{_words(name)}, off by", *cells)


def _property(compared: Comparison, name: str, bar: float = math.inf) -> str:
    """Return the distance of a property over its floor, and in brackets that of noise."""
    if name not in compared.distances:
        return _cell(None)
    ours = compared.ratio(name)
    noise = compared.noise.get(name)
    beside = "" if noise is None else f" ({number(over_floor(noise, compared.floors[name]))})"
    return number(ours) + beside + _mark(ours, bar)


def _mark(value: float, bar: float) -> str:
    return " **NO**" if value > bar else ""


def _words(name: str) -> str:
    return name.replace("_", " ")


def _cell(value: float | None) -> str:
    return "–" if value is None else number(value)


def _grid_rows(grid: Mapping[int, GridArtefact]) -> Iterable[tuple[str, ...]]:
    for stride, artefact in grid.items():
        quantities = (artefact.height, artefact.bend_along_cols, artefact.bend_along_rows)
        yield (
            f"{stride} px",
            *(f"{100 * each.largest:.1f} % ({100 * each.expected:.1f} %)" for each in quantities),
        )


def _seam_rows(seams: Sequence[SeamRatio]) -> Iterable[tuple[str, ...]]:
    means = {name: np.mean([getattr(each, name) for each in seams]) for name in ("same_phase", "inside")}
    error = np.hypot.reduce([each.error for each in seams]) / len(seams)
    yield ("over the other lines of the largest stride", f"{means['same_phase']:.3f} ± {error:.3f}")
    yield ("over all other rows and columns", f"{means['inside']:.3f}")


def _novelty_rows(copies: Mapping[str, Copying]) -> Iterable[tuple[str, ...]]:
    for landscape, found in copies.items():
        yield (landscape, f"{found.novelty:.2f}", f"{100 * found.share_copied:.1f} %")


def _table(headings: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    rule = ["---"] + ["---:"] * (len(headings) - 1)
    return "".join(f"| {' | '.join(row)} |\n" for row in (headings, rule, *rows))
