# SPDX-License-Identifier: GPL-3.0-or-later
"""Jobs that are cancelled or lose their worker on the way."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from .workplace import TIMEOUT_S, Workplace

HOST = Path(__file__).with_name("host.py")

# Texts of the algorithms by which one knows how far they are.
STARTING = "Starting TensorFlow"
TRAINING = "patches/s"
GENERATING = "Generating"


@dataclass(frozen=True)
class Disturbance:
    """What happens to a job `delay_s` seconds after it has first said something that contains `after`."""

    how: str  # "cancel" or "kill worker"
    after: str
    delay_s: float


def job(algorithm: str, parameters: dict[str, Any], disturbance: Disturbance | None = None) -> dict[str, Any]:
    """Return a job for `run_in_host`."""
    described = asdict(disturbance) if disturbance else None
    return {"algorithm": algorithm, "parameters": parameters, "disturbance": described}


def run_in_host(place: Workplace, jobs: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Run the jobs one after the other in one QGIS process without windows.

    Returns:
        For each job {"ok", "log", "seconds"}, and where it was disturbed also "seconds_after" (from then to
        the end of the algorithm), "worker" (its process id) and "cores_used_after" (by the worker, after
        tidying up).

    Raises:
        RuntimeError: a disturbance came too late, or the process failed.
    """
    host = subprocess.run(
        [sys.executable, str(HOST)],
        input=json.dumps(list(jobs)),
        env=place.profile.environ(),
        capture_output=True,
        text=True,
        timeout=TIMEOUT_S,
        check=False,
    )
    if host.returncode:
        raise RuntimeError(f"The host ended with status {host.returncode}:\n{host.stderr}")
    endings = json.loads(host.stdout.splitlines()[-1])
    for wanted, ending in zip(jobs, endings):
        if wanted["disturbance"] and "seconds_after" not in ending:
            raise RuntimeError(f"{wanted['algorithm']} ended before it could be disturbed:\n{ending['log']}")
    return endings
