# SPDX-License-Identifier: GPL-3.0-or-later
"""The page docs/realism.md: what all records together say."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from operator import itemgetter
from statistics import median

from geogan.realism.measures import MEASURES

from ..measurement import Bar
from ..table import number, spread
from .bars import GOALS, Goal, distances, worst_metric
from .contestants import CONTESTANTS, Contestant
from .landscapes import LANDSCAPES, Landscape
from .quoted import NOTE, QUOTED
from .records import Record
from .scores import STRIDES

HEAD = """\
# Realism

Written by `make bench-terrain`; do not edit. Three landscapes that the bundled model was not trained on. All
is trained on the same part of each, on two cores of the CPU, and scored against the 15 percent that no
training saw; the floors come from parts of the whole landscape. A score is the geometric mean of
(distance + 0.01) / (floor + 0.01): 1 = as near as real parts are to each other, larger is worse. How each is
measured is said in `realism/`, and how it was run in `test/bench/terrain`.

Numbers are medians, and in brackets the smallest and the largest. Texture, land, the worst metric and the
drainage exponent are those of every generated seed (512 x 512 px) of every training; seeds alone scatter
more, and so score worse, than several measured as one. Novelty, diversity and the grid are one number a
training; what no network made has no grid. The last columns say how many trainings there were, of how many
steps (as many minutes hold fewer of them on a slower processor; the last table of the page names it), how
many generated seeds were scored, and how many fields of each training gave diversity and grid; the bar of
the grid is meant for 256. Bars are for the median, and **NO** marks what does not meet its bar.

*GeoGAN, from scratch* is a training without a base model. On land as small as these it learns valleys and
details from nothing, and its large forms, the layout, beginning from those of the bundled model, as any such
training does; *from the bundled model* all stages are trained further, *on 300 x 300 px* of the training
part on valleys and details alone, since that is too little land for a layout.

*(earlier)* marks what was trained with an earlier bundled model, most of it before layouts were turned and
bent; the last table of the page says with which.

*The training part itself* is real land, and the most that can be learnt from it: where it misses a bar, what
was held out is other land than the rest.

- *Worst metric*: the largest ratio, as in the scores, of any metric in them.
- *Drainage exponent*: how far it is from that of the real land.
- *Novelty*: distance to the nearest training patch, over that of the part that no training saw.
- *Diversity*: how different seeds are, over how different real places are.
- *Grid*: the largest deviation of the mean over seeds by position modulo 4, 16 and 64 pixels over what
  sampling alone gives, of heights and of bends (second differences); chance alone seldom goes beyond 2. These
  are the cells of our networks, which begin at another place in the world of each seed: so the mean of many
  seeds does not show them, and this bar is met by the way the land is made. How much they show in the worlds
  themselves, the last table of a landscape says.
"""
QUICK = """
**A smoke run (`--quick`): the numbers show that the benchmark works, nothing else.**
"""
NOTHING = "–"
EARLIER = " *(earlier)*"
GRID_OF_WORLDS = """
By how much the mean at the worst position in the networks' cells is off that of all positions, counted from
the corners of the cells of each world. Heights are measured by their standard deviation, bends by their mean;
in brackets what is off by chance alone.

"""
_SHOWN_OF_CHECKSUM = 12  # characters


def page(records: Sequence[Record], minutes: float | None = None, is_quick: bool = False) -> str:
    """Return the page of the records with trainings as long as the bars ask, or of `minutes` from scratch."""
    counted = [record for record in records if is_counted(record, minutes)]
    parts = [HEAD]
    if is_quick:
        parts.append(QUICK)
    parts.append(f"\n## Bars that are met\n\n{_summary(counted)}")
    for landscape in LANDSCAPES.values():
        of_landscape = [record for record in counted if record.run.landscape == landscape.name]
        parts.append(_section(landscape, of_landscape))
    parts.append(f"\n{NOTE}")
    parts.append(f"\n## The runs\n\n{_runs(counted)}")
    return "".join(parts)


def is_counted(record: Record, minutes: float | None) -> bool:
    """Whether a record's training was as long as it should be."""
    contestant = CONTESTANTS.get(record.run.contestant)
    return contestant is not None and record.run.minutes == contestant.minutes_for(minutes)


def _summary(records: Sequence[Record]) -> str:
    """Return the table of how many bars of those measured each contestant meets on each landscape."""
    rows = []
    for contestant in CONTESTANTS.values():
        cells = []
        for landscape in LANDSCAPES.values():
            found = _of(records, contestant, landscape)
            measured = [(goal, values) for goal in GOALS if (values := goal.values(found))]
            met = sum(goal.is_met_by(values) for goal, values in measured)
            few = f" ({len(found)} training)" if contestant.minutes and len(found) < 2 else ""
            age = EARLIER if any(record.is_earlier for record in found) else ""
            cells.append(f"{met} of {len(measured)}{few}{age}" if found else "not measured yet")
        rows.append([_title(contestant, _of(records, contestant)), *cells])
    return _table(["", *(landscape.title for landscape in LANDSCAPES.values())], rows)


def _section(landscape: Landscape, records: Sequence[Record]) -> str:
    """Return what was found on one landscape."""
    heading = f"\n## {landscape.title}\n\n"
    if not records:
        return f"{heading}Not measured yet.\n"
    sizes, real = records[0].figures["sizes"], records[0].figures["real"]
    facts = (
        f"Pixels of {landscape.pixel_size:g} m; {_sizes(sizes['training'])} px to train on, "
        f"{_sizes(sizes['held_out'])} px held out, whose drainage exponent is "
        f"{_number(real.get('drainage_exponent'))}.{_windows(records)}\n\n"
    )
    tables = (_scores(records), _pooled(records), _metrics(records) + _grid_of_worlds(records))
    return heading + facts + "\n".join(tables)


def _windows(records: Sequence[Record]) -> str:
    """Return in what windows water was followed: what is held out may be too narrow for large ones."""
    sides = [record.figures["windows"]["fill"] for record in records if "windows" in record.figures]
    if not sides:  # earlier records do not say
        return ""
    side = sides[0]
    return f" Water was followed in windows of {side} px: only figures of one size can be compared."


def _scores(records: Sequence[Record]) -> str:
    """Return the table of a landscape: a contestant a row, a goal a column."""
    rows = [["*bar*", *(", ".join(map(_bar_text, goal.bars)) for goal in GOALS), "", "", "", ""]]
    for contestant in CONTESTANTS.values():
        found = _of(records, contestant)
        if found:
            cells = [_cell(goal, found) for goal in GOALS]
            seeds = sum(len(record.figures["by_seed"]) for record in found)
            fields = str(min(record.figures["sizes"]["fields"] for record in found))
            counts = (str(len(found)), _steps(found), str(seeds), fields)
            age = EARLIER if any(record.is_earlier for record in found) else ""
            rows.append([_title(contestant, found) + age, *cells, *counts])
    for title, cells in QUOTED.items():
        quoted = (cells.get(goal.title, NOTHING) for goal in GOALS)
        rows.append([title, *quoted, NOTHING, NOTHING, "1", NOTHING])
    return _table(["", *(goal.title for goal in GOALS), "trainings", "steps", "seeds", "fields"], rows)


def _steps(records: Sequence[Record]) -> str:
    """Return how many steps the trainings took: as many minutes hold fewer on a slower processor."""
    steps = [record.training["steps"] for record in records if "steps" in record.training]
    return _with_spread(steps) if steps else NOTHING


def _cell(goal: Goal, records: Sequence[Record]) -> str:
    values = goal.values(records)
    if not values:
        return NOTHING
    name = f"{worst_metric(records)} ".replace("_", " ") if goal.title == "worst metric" else ""
    return f"{name}{_with_spread(values)}" + ("" if goal.is_met_by(values) else " **NO**")


def _pooled(records: Sequence[Record]) -> str:
    """Return the table of the scores where all generated seeds of a training are measured as one."""
    rows = []
    for contestant in CONTESTANTS.values():
        pooled = [record.figures["pooled"] for record in _of(records, contestant)]
        if pooled:
            texture = [each["texture"] for each in pooled]
            land = [each["land"] for each in pooled if each["land"] is not None]
            rows.append([contestant.title, _with_spread(texture), _with_spread(land) if land else NOTHING])
    return _table(["generated seeds measured as one", "texture", "land"], rows)


def _metrics(records: Sequence[Record]) -> str:
    """Return the table of distances: a metric a row, beside its floor; medians."""
    shown = [each for each in CONTESTANTS.values() if _of(records, each)]
    floors = records[0].figures["floors"]
    rows = [
        [name.replace("_", " "), _number(floors[name])]
        + [_number(_median(distances(_of(records, each), name))) for each in shown]
        for name in MEASURES
        if name in floors
    ]
    return _table(["distance", "floor", *(each.title for each in shown)], rows)


def _grid_of_worlds(records: Sequence[Record]) -> str:
    """Return the table of what the networks' cells leave in the land of each world; medians of trainings."""
    rows = []
    for contestant in CONTESTANTS.values():
        grids = [grid for each in _of(records, contestant) if (grid := each.figures.get("grid_of_worlds"))]
        for title, of in (("heights", "height"), ("bends", "bend")) if grids else ():
            cells = [_off(grids, stride, of) for stride in grids[0]]
            rows.append([f"{contestant.title}, {title}", *cells])
    if not rows:
        return ""
    return GRID_OF_WORLDS + _table(["cells of", *(f"{stride} px" for stride in STRIDES)], rows)


def _off(grids: Sequence[dict], stride: str, of: str) -> str:
    """Return the largest deviation of the quantities whose names begin so, and what chance alone makes it."""
    worst = [
        max((each for name, each in grid[stride].items() if name.startswith(of)), key=itemgetter("largest"))
        for grid in grids
    ]
    largest, expected = (100.0 * median(each[name] for each in worst) for name in ("largest", "expected"))
    return f"{largest:.1f} % ({expected:.1f} %)"


def _runs(records: Sequence[Record]) -> str:
    """Return the table of on what the runs were made, equal ones in one row."""
    rows: dict[tuple[str, ...], list[float]] = {}
    for record in records:
        facts = record.machine
        trained, measured = record.training.get("commit"), facts["GeoGAN"]
        commit = f"trained: {trained}; measured: {measured}" if trained not in (None, measured) else measured
        base = record.training.get("base_weights_sha256", "")[:_SHOWN_OF_CHECKSUM] or NOTHING
        key = (commit, base, facts["Date"], facts["Processor"], facts["Worker"])
        rows.setdefault(key, []).append(float(facts["Load before"].split()[0]))
    cells = [[*key, str(len(loads)), f"{min(loads):g} to {max(loads):g}"] for key, loads in rows.items()]
    return _table(
        ["GeoGAN", "bundled weights (SHA-256)", "date", "processor", "worker", "runs", "load before"],
        cells,
    )


def _of(
    records: Iterable[Record], contestant: Contestant, landscape: Landscape | None = None
) -> list[Record]:
    return [
        record
        for record in records
        if record.run.contestant == contestant.name
        and (landscape is None or record.run.landscape == landscape.name)
    ]


def _title(contestant: Contestant, records: Sequence[Record]) -> str:
    if not contestant.minutes or not records:
        return contestant.title
    return f"{contestant.title}, {records[0].run.minutes:g} min"


def _bar_text(bar: Bar) -> str:
    return f"{bar.sense} {number(bar.limit)}"


def _with_spread(values: Sequence[float]) -> str:
    brackets = spread(values)
    return number(median(values)) + (f" ({brackets})" if brackets else "")


def _median(values: Sequence[float]) -> float | None:
    return median(values) if values else None


def _number(value: float | None) -> str:
    return NOTHING if value is None else number(value)


def _sizes(shapes: Sequence[Sequence[int]]) -> str:
    return ", ".join(f"{rows} x {cols}" for rows, cols in shapes)


def _table(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a Markdown table, the first column flush left and the others flush right."""
    rule = ["---", *["---:"] * (len(headings) - 1)]
    return "".join("| " + " | ".join(row) + " |\n" for row in (headings, rule, *rows))
