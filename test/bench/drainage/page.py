# SPDX-License-Identifier: GPL-3.0-or-later
"""The page docs/drainage-ways.md: every way beside the stage as it is, medians and spreads of some seeds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import median
from typing import Any

from geogan.realism.comparison import over_floor

from ..table import number, spread
from ..terrain.landscapes import UNSEEN
from .ways import WAYS, Way

HEAD = """\
# What makes land drain, with several seeds

Written by `make bench-drainage`; do not edit. [What was tried to make land drain](drainage.md) tells the
story, mostly by one seed. Here one stage is trained in each way for {steps} steps of 8 patches on nine tiles
of the bundled model's own land, three of each landscape, with {seeds} seeds, put between the bundled model's
other stages, and makes land of tiles that no training saw: the detail along real means of 4 x 4 pixels, the
valleys along those of 16 x 16, the layout from nothing, {lands} lands as one. A detail stage begins from
nothing; valleys and layout from those of the bundled model, since they learn their forms first. So it shows
what is gained early, not what is left after hours.

Medians of the seeds, in brackets the smallest and the largest; 1 = as real parts are to each other, larger
is worse. *Pits* and *fill* (how deep water stands) are distances over their floors; both are part of *land*.

The bundled model is the one whose weights have the SHA-256 {weights}…{age}.
"""
OF_TODAY = ", today's"
EARLIER = """,
an earlier one: what stages are told, and how the layout is read, has changed since ([how](choices.md)), and
what each way gains may have changed with it"""
_SHOWN_OF_CHECKSUM = 12  # characters
STAGES = {
    "detail": "The detail, from nothing",
    "valleys": "The valleys, trained on",
    "layout": "The layout, trained on",
}
SHOWN = ("texture", "land", "pits", "fill", "slope")


def page(
    records: Mapping[tuple[str, int], Mapping[str, Any]], steps: int, lands: int, *, of_today: bool
) -> str:
    """Return the page of records by way and seed, all beside the same bundled model: today's, or not."""
    seeds = len({seed for _, seed in records})
    weights = next(iter(records.values()))["base_weights_sha256"][:_SHOWN_OF_CHECKSUM]
    age = OF_TODAY if of_today else EARLIER
    parts = [HEAD.format(steps=steps, seeds=seeds, lands=lands, weights=weights, age=age)]
    for stage, title in STAGES.items():
        ways = [way for way in WAYS.values() if way.stage == stage and of_way(records, way)]
        if ways:
            parts.append(f"\n## {title}\n")
            parts += (_table(tile, ways, records) for tile in tiles_of(records))
    return "".join(parts)


def of_way(records: Mapping[tuple[str, int], Mapping[str, Any]], way: Way) -> list[Mapping[str, Any]]:
    """Return the records of a way."""
    return [record for (name, _), record in records.items() if name == way.name]


def tiles_of(records: Mapping[tuple[str, int], Mapping[str, Any]]) -> list[str]:
    """Return the names of the tiles that were made."""
    return list(next(iter(records.values()))["tiles"])


def value(tile: Mapping[str, Any], name: str) -> float | None:
    """Return a score, or the distance of a measure over its floor as the scores take it; None unmeasured."""
    if name in tile:
        return tile[name]
    if name not in tile["distances"]:
        return None
    return over_floor(tile["distances"][name], tile["floors"][name])


def _table(tile: str, ways: Sequence[Way], records: Mapping[tuple[str, int], Mapping[str, Any]]) -> str:
    lines = [
        f"\n| {UNSEEN[tile].title} | seeds | " + " | ".join(SHOWN) + " |\n",
        "|---|---:|" + "---:|" * len(SHOWN) + "\n",
    ]
    for way in ways:
        found = [record["tiles"][tile] for record in of_way(records, way)]
        cells = [_cell([value(each, name) for each in found]) for name in SHOWN]
        lines.append(f"| {way.title} | {len(found)} | " + " | ".join(cells) + " |\n")
    return "".join(lines)


def _cell(values: Sequence[float | None]) -> str:
    if None in values:
        return "–"
    brackets = spread(values)
    return number(median(values)) + (f" ({brackets})" if brackets else "")
