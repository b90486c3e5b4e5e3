# SPDX-License-Identifier: GPL-3.0-or-later
"""The command `python test/bench`: measures, prints the table, and writes the page."""

from __future__ import annotations

import argparse
import time
import traceback
from collections.abc import Sequence
from pathlib import Path

from ..harness.programs import ROOT
from . import (
    cancelling,
    generation,
    killing,
    networks,
    peer,
    plain_training,
    profiles,
    smoothness,
    startup,
    time_to_score,
    training,
)
from .machine import machine
from .measurement import Figure
from .page import page
from .table import table
from .workplace import BUILD, Workplace

MEASUREMENTS = {
    "generation": generation.measure,
    "peer": peer.measure,
    "networks": networks.measure,
    "startup": startup.measure,
    "training": training.measure,
    "plain training": plain_training.measure,
    "time to score": time_to_score.measure,
    "profiles": profiles.measure,
    "smoothness": smoothness.measure,
    "cancelling": cancelling.measure,
    "killing": killing.measure,
}
PAGE = ROOT / "docs" / "benchmarks.md"
PARTIAL_PAGE = BUILD / "benchmarks.md"


def main(arguments: Sequence[str]) -> int:
    """Measure what the arguments ask for; return 1 if a measurement failed, 0 also where a bar is not met."""
    options = parsed(arguments)
    facts = machine()  # first of all: the load is that before the bench
    figures: list[Figure] = []
    failures: dict[str, str] = {}
    with Workplace.opened(options.model, options.quick) as place:
        for name in options.only or MEASUREMENTS:
            of_name, failure = attempted(name, place)
            figures += of_name
            if failure:
                failures[name] = failure
    is_whole = not (options.quick or options.only or failures)
    path = PAGE if is_whole else PARTIAL_PAGE
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(page(figures, facts, failures, options.quick), encoding="utf-8")
    print(f"\n{table(figures)}\n")
    for name, failure in failures.items():
        print(f"FAILED: {name}: {failure}")
    print(f"Written to {path.relative_to(ROOT)}.")
    return 1 if failures else 0


def attempted(name: str, place: Workplace) -> tuple[list[Figure], str]:
    """Make one kind of measurement; return its figures and, if it broke off, why."""
    print(f"Measuring {name} ...", flush=True)
    start = time.monotonic()
    figures: list[Figure] = []
    failure = ""
    try:
        figures.extend(MEASUREMENTS[name](place))  # keeps those from before a failure
    except Exception as error:  # noqa: BLE001 - one that fails must not cost the others
        traceback.print_exc()
        failure = f"{type(error).__name__}: {error}".partition("\n")[0]
    print(f"  {'broken off' if failure else 'done'} after {time.monotonic() - start:.0f} s", flush=True)
    return figures, failure


def parsed(arguments: Sequence[str]) -> argparse.Namespace:
    """Return the options."""
    parser = argparse.ArgumentParser(
        prog="python test/bench",
        description="Measures GeoGAN on this machine, which should have nothing else to do. "
        f"Writes {PAGE.relative_to(ROOT)}, or {PARTIAL_PAGE.relative_to(ROOT)} when not all was measured.",
    )
    parser.add_argument("--quick", action="store_true", help="a smoke run of a few minutes")
    parser.add_argument(
        "--only", action="append", choices=MEASUREMENTS, metavar="NAME", help=", ".join(MEASUREMENTS)
    )
    parser.add_argument("--model", type=Path, help="generate with this model instead of training one")
    return parser.parse_args(arguments)
