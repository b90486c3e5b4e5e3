# SPDX-License-Identifier: GPL-3.0-or-later
"""The command `python test/bench`: measures, prints the tables, and writes the page."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
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
from .page import page, section, sections_of
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
    facts = machine()  # first of all: the load is that before the bench
    found = measured(options)
    sections = {
        name: section(figures, facts, found.missing.get(name)) for name, figures in found.figures.items()
    }
    path = PARTIAL_PAGE
    if options.keep:
        path = PAGE
        whole = {name: text for name, text in sections.items() if name not in found.missing}
        sections = {**sections_of(path.read_text(encoding="utf-8")), **whole}
    in_order = {name: sections[name] for name in MEASUREMENTS if name in sections}
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(page(in_order, options.quick), encoding="utf-8")
    for name, figures in found.figures.items():
        print(f"\n{name}\n{table(figures)}")
    print()
    for name, reason in found.left_out.items():
        print(f"Not measured: {name}. {reason}")
    for name, failure in found.failures.items():
        print(f"FAILED: {name}: {failure}")
    print(f"Written to {path.relative_to(ROOT)}.")
    return 1 if found.failures else 0


def measured(options: argparse.Namespace) -> Found:
    """Measure one kind after the other; in a smoke run two at a time, since its figures mean nothing."""
    found = Found()

    def measure(name: str) -> None:
        with Workplace.opened(options.quick, options.model) as place:
            found.attempt(name, MEASUREMENTS[name](place))

    with ThreadPoolExecutor(2 if options.quick else 1) as lanes:
        for _ in lanes.map(measure, options.only):
            pass
    return found


def parsed(arguments: Sequence[str]) -> argparse.Namespace:
    """Return the options."""
    parser = argparse.ArgumentParser(
        prog="python test/bench",
        description="Measures GeoGAN on this machine, which should have nothing else to do. Writes "
        f"{PAGE.relative_to(ROOT)}, or {PARTIAL_PAGE.relative_to(ROOT)} when not all is asked for.",
    )
    add = parser.add_argument
    add("--quick", action="store_true", help="a smoke run of some minutes")
    add("--only", action="append", choices=MEASUREMENTS, metavar="NAME", help=", ".join(MEASUREMENTS))
    add("--keep", action="store_true", help=f"what --only measures replaces its part of {PAGE.name}")
    add("--model", type=Path, default=BUNDLED_MODEL, help="generate with this model, not the bundled one")
    options = parser.parse_args(arguments)
    is_page_worthy = options.model.samefile(BUNDLED_MODEL) and not options.quick
    if options.keep and not is_page_worthy:
        parser.error(f"{PAGE.name} keeps no smoke runs, and nothing of other models than the bundled one.")
    options.keep = is_page_worthy and (options.keep or not options.only)
    options.only = options.only or list(MEASUREMENTS)
    return options
