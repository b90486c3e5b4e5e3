# SPDX-License-Identifier: GPL-3.0-or-later
"""The command `python test/bench`: measures, prints the table, and writes the page."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from ..harness.programs import BUNDLED_MODEL, ROOT
from . import (
    cancelling,
    filling,
    generation,
    killing,
    networks,
    peer,
    plain_training,
    profiles,
    realisations,
    smoothness,
    startup,
    time_to_score,
    training,
)
from .found import Found
from .machine import machine
from .page import page
from .table import table
from .workplace import BUILD, Workplace

MEASUREMENTS = {
    "generation": generation.measure,
    "realisations": realisations.measure,
    "filling": filling.measure,
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
    is_bundled = options.model.samefile(BUNDLED_MODEL)
    facts = machine()  # first of all: the load is that before the bench
    found = Found()
    with Workplace.opened(options.quick, options.model) as place:
        for name in options.only or MEASUREMENTS:
            found.attempt(name, MEASUREMENTS[name](place))
    is_whole = is_bundled and not (options.quick or options.only or found.missing)
    path = PAGE if is_whole else PARTIAL_PAGE
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(page(found.figures, facts, found.missing, options.quick), encoding="utf-8")
    print(f"\n{table(found.figures)}\n")
    for name, reason in found.left_out.items():
        print(f"Not measured: {name}. {reason}")
    for name, failure in found.failures.items():
        print(f"FAILED: {name}: {failure}")
    print(f"Written to {path.relative_to(ROOT)}.")
    return 1 if found.failures else 0


def parsed(arguments: Sequence[str]) -> argparse.Namespace:
    """Return the options."""
    parser = argparse.ArgumentParser(
        prog="python test/bench",
        description="Measures GeoGAN on this machine, which should have nothing else to do. "
        f"Writes {PAGE.relative_to(ROOT)}, or {PARTIAL_PAGE.relative_to(ROOT)} when not all was measured.",
    )
    parser.add_argument("--quick", action="store_true", help="a smoke run of some minutes")
    parser.add_argument(
        "--only", action="append", choices=MEASUREMENTS, metavar="NAME", help=", ".join(MEASUREMENTS)
    )
    parser.add_argument(
        "--model", type=Path, default=BUNDLED_MODEL, help="generate with this model, not the bundled one"
    )
    return parser.parse_args(arguments)
