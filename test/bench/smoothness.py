# SPDX-License-Identifier: GPL-3.0-or-later
"""How long the QGIS desktop does not react while GeoGAN works in a background task."""

from __future__ import annotations

from collections.abc import Iterator

from ..harness.desktop import run_in_desktop
from ..harness.programs import SAMPLE
from .measurement import Figure, at_most, figure
from .workplace import TIMEOUT_S, Workplace, training

LONGEST_GAP_MS = at_most(200)


def measure(place: Workplace) -> Iterator[Figure]:
    """Yield the longest gaps of the desktop's event loop: idle, while training and while generating.

    The loop is asked for a turn every 5 ms. Loading and styling the result counts. The layer to train on is
    open in QGIS, as it is when a user chooses it; QGIS would take some 100 ms to open another file.
    """
    minutes, side_px, sessions = place.either((1.0, 4_000, 5), (0.05, 1_000, 1))
    model, output = place.folder / "desktop.geogan", place.folder / "desktop.tif"
    idle, of_training, of_generating, long_gaps = [], [], [], []
    for _ in range(sessions):
        jobs = [
            {"algorithm": "geogan:train", "parameters": training(model, minutes)},
            {"algorithm": "geogan:generate", "parameters": place.generating(side_px, output)},
        ]
        screenshot = place.folder / "desktop.png"
        report = run_in_desktop(place.profile, jobs, screenshot, TIMEOUT_S, rasters=[SAMPLE])
        check_success(report["jobs"])
        idle.append(report["idle_gap_ms"])
        of_training.append(report["jobs"][0]["longest_gap_ms"])
        of_generating.append(report["jobs"][1]["longest_gap_ms"])
        long_gaps.append(report["gaps_over_100_ms"])
        output.unlink()
    yield figure("longest gap of the desktop, idle", "ms", idle)
    yield figure("longest gap of the desktop, training", "ms", of_training, LONGEST_GAP_MS)
    yield figure("longest gap of the desktop, generating", "ms", of_generating, LONGEST_GAP_MS)
    yield figure("gaps of the desktop over 100 ms, in both", "", long_gaps)


def check_success(jobs: list[dict]) -> None:
    """Raise RuntimeError with its log for a job that failed: its gaps would look good."""
    for job in jobs:
        if not job["ok"]:
            raise RuntimeError(f"{job['algorithm']} failed in the desktop:\n{job['log']}")
