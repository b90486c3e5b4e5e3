# SPDX-License-Identifier: GPL-3.0-or-later
"""The command `python test/bench/terrain`: makes the runs that are missing, and writes the page."""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from ...harness.programs import ROOT
from .contestants import CONTESTANTS, MINUTES_FROM_BUNDLED, MINUTES_FROM_SCRATCH
from .landscapes import LANDSCAPES, NoDems, dem_folder
from .page import page
from .records import Record, Run, read_record, read_records, record_path
from .scores import fields_needed

BUILD = ROOT / "build" / "bench" / "terrain"  # the models, and all of quick and other short runs
RECORDS = ROOT / "docs" / "realism"  # kept in the repository: all runs together take more than a day
ONE_RUN = Path(__file__).with_name("one_run.py")
CORES = 2  # that the bars are for

QUICK_MINUTES = 0.5
SMALLEST_FIELD_PX = 256  # of any contestant


def main(arguments: Sequence[str]) -> int:
    """Do what the arguments ask for; return 1 if a run failed or cannot be made, else 0."""
    options = parsed(arguments)
    if not options.page:
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:CORES])  # and what is started from here
        try:
            failures = make_runs(options)
        except NoDems as error:
            print(error)
            return 1
    else:
        failures = []
    path = options.records.with_suffix(".md")
    options.records.mkdir(parents=True, exist_ok=True)
    records = newest(read_records(options.records))
    path.write_text(page(records, options.minutes, options.quick), encoding="utf-8")
    for failure in failures:
        print(f"FAILED: {failure}")
    print(f"Written to {path.relative_to(ROOT)}.")
    return 1 if failures else 0


def make_runs(options: argparse.Namespace) -> list[str]:
    """Make the runs that are asked for and not there; return what failed. Raises NoDems."""
    dems = dem_folder(LANDSCAPES[name] for name in options.landscape)
    for folder in (options.records, options.models):
        folder.mkdir(parents=True, exist_ok=True)
    failures = []
    for run in wanted_runs(options):
        path = record_path(options.records, run)
        earlier = read_record(path) if path.exists() else None
        if (earlier is not None and counts(earlier)) != options.rescore:
            print(f"{run.name}: {'nothing to measure again' if options.rescore else 'is there'}")
            continue
        print(f"{run.name} ...", flush=True)
        start = time.monotonic()
        try:
            dem = dems / LANDSCAPES[run.landscape].file
            made(run, dem, options.models, earlier if options.rescore else None).write(options.records)
        except (subprocess.SubprocessError, OSError, ValueError) as error:  # must not cost the others
            failures.append(f"{run.name}: {error}")
        print(f"  {time.monotonic() - start:.0f} s", flush=True)
    return failures


def counts(record: Record) -> bool:
    """Return whether a record is of what its contestant would begin from today."""
    return CONTESTANTS[record.run.contestant].is_of_today(record.training)


def newest(records: Sequence[Record]) -> list[Record]:
    """Return the records to show: of today, or, where a contestant has none on a landscape, earlier ones.

    These say more than nothing, and are told apart.
    """

    def place(record: Record) -> tuple[str, str]:
        return record.run.contestant, record.run.landscape

    of_today = [record for record in records if counts(record)]
    measured = {place(record) for record in of_today}
    earlier = (record for record in records if place(record) not in measured)
    return of_today + [replace(record, is_earlier=True) for record in earlier]


def wanted_runs(options: argparse.Namespace) -> Iterator[Run]:
    """Yield the runs: the first training seed of everything comes before the second of anything."""
    contestants = [CONTESTANTS[name] for name in options.only]
    for contestant in contestants:
        if contestant.missing():
            print(contestant.missing())
    fields = max(options.fields, fields_needed(SMALLEST_FIELD_PX, options.seeds))
    for seed in range(options.seeds):
        for landscape in options.landscape:
            for contestant in contestants:
                if not contestant.missing() and (contestant.train or seed == 0):
                    minutes = contestant.minutes_for(options.minutes)
                    yield Run(contestant.name, landscape, seed, minutes, options.seeds, fields)


def made(run: Run, dem: Path, models: Path, earlier: Record | None) -> Record:
    """Make one run; with its `earlier` record only measure again what the kept model makes.

    Raises:
        subprocess.SubprocessError: the run failed, and has said why.
    """
    from ..machine import machine  # here, because it brings QGIS

    facts = machine()  # first of all: the load is that before the run
    model = models / f"{run.name}{CONTESTANTS[run.contestant].suffix}"
    with TemporaryDirectory(dir=models) as scratch:
        asked = {
            **run.__dict__,
            "folder": scratch,
            "dem": str(dem),
            "model": str(model),
            "is_trained": earlier is not None,
        }
        answer = subprocess.run(
            [sys.executable, str(ONE_RUN)],
            input=json.dumps(asked),
            stdout=subprocess.PIPE,
            text=True,
            check=True,
        )
    found: dict[str, Any] = json.loads(answer.stdout.splitlines()[-1])
    training = earlier.training if earlier else {**found["training"], "commit": facts["GeoGAN"]}
    return Record(run, facts, training, found["figures"])


def parsed(arguments: Sequence[str]) -> argparse.Namespace:
    """Return the options, with the folders `records` and `models`."""
    parser = argparse.ArgumentParser(
        prog="python test/bench/terrain",
        description="Measures how real the terrain is on landscapes that the bundled model never saw. Needs "
        "their DEMs in the folder GEOGAN_DEMS, hours, and a machine that has nothing else to do.",
    )
    add = parser.add_argument
    add(
        "--minutes",
        type=float,
        help=f"of training from scratch ({MINUTES_FROM_SCRATCH:g}); from the bundled model it is a share of "
        f"{MINUTES_FROM_BUNDLED:g} to {MINUTES_FROM_SCRATCH:g}",
    )
    add("--seeds", type=int, help="trainings of each, and fields of each that are scored (3)")
    add("--fields", type=int, help="of each training, for diversity and the grid (256)")
    add("--only", action="append", choices=CONTESTANTS, metavar="CONTESTANT", help=", ".join(CONTESTANTS))
    add("--landscape", action="append", choices=LANDSCAPES, metavar="NAME", help=", ".join(LANDSCAPES))
    add("--quick", action="store_true", help=f"trains {QUICK_MINUTES * 60:g} s, one seed, few fields")
    add("--rescore", action="store_true", help="measure again the runs that are there, without training")
    add("--page", action="store_true", help="only write the page")
    options = parser.parse_args(arguments)
    options.only = options.only or list(CONTESTANTS)
    options.landscape = options.landscape or list(LANDSCAPES)
    is_whole = not options.quick and options.minutes is None
    options.records = RECORDS if is_whole else BUILD / ("quick" if options.quick else "short")
    options.models = BUILD / "models" if is_whole else options.records / "models"
    minutes, seeds, fields = (QUICK_MINUTES, 1, 4) if options.quick else (None, 3, 256)
    options.minutes = options.minutes or minutes
    options.seeds = options.seeds or seeds
    options.fields = options.fields or fields
    return options
