# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs what needs TensorFlow in a process of its own, at the priority that the worker has."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

from ..harness.programs import ROOT

CONFTEST = ROOT / "test" / "conftest.py"  # gives the checkout its package name
AT_LOW_PRIORITY = ["nice", "-n", "10"]

PROGRAM = (
    "import importlib, runpy, sys; runpy.run_path(sys.argv[1]);"
    "importlib.import_module(sys.argv[2]).main(*sys.argv[3:])"
)


def run_alone(module: str, *arguments: Any) -> dict[str, Any]:
    """Call `main(*arguments)` of a module beside this one, its arguments as text; return the JSON it prints.

    Raises subprocess.CalledProcessError where it fails.
    """
    name = f"{__package__}.{module}"
    words = [sys.executable, "-c", PROGRAM, str(CONFTEST), name, *map(str, arguments)]
    run = subprocess.run([*AT_LOW_PRIORITY, *words], stdout=subprocess.PIPE, text=True, check=True)
    return json.loads(run.stdout.splitlines()[-1])
