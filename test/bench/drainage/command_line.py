# SPDX-License-Identifier: GPL-3.0-or-later
"""The command `python test/bench/drainage`: makes the runs that are missing, and writes the page."""

from __future__ import annotations

import argparse
import json
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ...harness.programs import ROOT
from ...harness.scripts import ci_script
from ..process_alone import run_alone
from ..terrain.landscapes import UNSEEN, Landscape, NoDems, dem_folder, read_land
from ..terrain.ours import bundled_sha256
from .page import page
from .ways import LANDS, STEPS, TILES, WAYS

RECORDS = ROOT / "docs" / "drainage"
PAGE = ROOT / "docs" / "drainage-ways.md"
BUILD = ROOT / "build" / "bench" / "drainage"
SEEDS = 3
LAYERS_EACH = 3  # of each landscape, the first ones of layers.csv
PIXEL_M = 90.0


def main(arguments: Sequence[str]) -> int:
    """Do what the arguments ask for; return 1 if a run failed or cannot be made, else 0."""
    options = parsed(arguments)
    try:
        failures = [] if options.page else make_runs(options)
    except NoDems as error:
        print(error)
        return 1
    records = read_records()
    today = of_today(records)
    if records:
        text = page(today or records, STEPS, LANDS, of_today=bool(today))
        PAGE.write_text(text, encoding="utf-8")
    for failure in failures:
        print(f"FAILED: {failure}")
    return 1 if failures else 0


def parsed(arguments: Sequence[str]) -> argparse.Namespace:
    """Return the options."""
    parser = argparse.ArgumentParser(
        prog="python test/bench/drainage",
        description="Compares ways to make land drain. Needs DEMs in the folder GEOGAN_DEMS.",
    )
    ways = list(WAYS)
    parser.add_argument("--only", nargs="+", choices=ways, default=ways, metavar="WAY", help=", ".join(ways))
    parser.add_argument("--seeds", type=int, default=SEEDS, help=f"trainings of each way ({SEEDS})")
    parser.add_argument("--page", action="store_true", help="only write the page")
    return parser.parse_args(arguments)


def make_runs(options: argparse.Namespace) -> list[str]:
    """Make the runs that are asked for and not there; return what failed. Raises NoDems."""
    dems = dem_folder(UNSEEN[tile] for tile in TILES)
    layers = learnt_layers(dems)
    RECORDS.mkdir(parents=True, exist_ok=True)
    failures, there = [], of_today(read_records())
    for seed in range(options.seeds):
        for name in options.only:
            path = RECORDS / f"{name}-seed{seed}.json"
            if (name, seed) in there:
                continue
            start = time.monotonic()
            try:
                found = run_alone("drainage.one_run", name, seed, layers, dems)
            except subprocess.CalledProcessError as error:  # must not cost the others
                failures.append(f"{path.stem}: {error}")
                continue
            path.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
            print(f"{path.stem}: {time.monotonic() - start:.0f} s", flush=True)
    return failures


def learnt_layers(dems: Path) -> Path:
    """Return the file of the layers to learn from, made where it is missing. Raises NoDems."""
    path = BUILD / "layers.npz"
    if path.exists():
        return path
    script, areas, counts = ci_script("pretrained"), {}, {}
    for row in script.listed_layers():
        landscape = row["landscape"]
        counts[landscape] = counts.get(landscape, 0) + 1
        if counts[landscape] > LAYERS_EACH:
            continue
        if not (dems / row["file"]).is_file():
            raise NoDems(f"The folder {dems} (GEOGAN_DEMS) lacks {row['file']}.")
        BUILD.mkdir(parents=True, exist_ok=True)
        prepared = BUILD / row["file"]
        script.prepare(dems / row["file"], landscape, row["sea"] == "yes", prepared)
        land = read_land(Landscape(prepared.stem, prepared.stem, prepared.name, PIXEL_M, ""), prepared)
        areas[f"{list(counts).index(landscape)}-{prepared.stem}"] = land.whole[0]
        prepared.unlink()
    np.savez(path, **areas)
    return path


def read_records() -> dict[tuple[str, int], dict[str, Any]]:
    """Return the records by the way and the seed."""
    found = {}
    for path in sorted(RECORDS.glob("*-seed*.json")):
        name, _, seed = path.stem.rpartition("-seed")
        record = json.loads(path.read_text(encoding="utf-8"))
        if name in WAYS:
            found[name, int(seed)] = record
    return found


def of_today(records: Mapping[tuple[str, int], dict[str, Any]]) -> dict[tuple[str, int], dict[str, Any]]:
    """Return those of stages beside today's bundled model."""
    today = bundled_sha256()
    return {key: record for key, record in records.items() if record["base_weights_sha256"] == today}
