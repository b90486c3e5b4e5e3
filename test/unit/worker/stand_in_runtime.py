# SPDX-License-Identifier: GPL-3.0-or-later
"""Stands in for worker/runtime.py: a worker without TensorFlow, for the tests of the process boundary."""

from __future__ import annotations

import os

from ..errors import GeoGanError


def start():
    if os.environ.get("TOO_OLD"):
        raise GeoGanError("TensorFlow {version} is too old.", version=os.environ["TOO_OLD"])
    if os.environ.get("FAILS_TO_LOAD"):
        kind, _, text = os.environ["FAILS_TO_LOAD"].partition(": ")
        raise {"MemoryError": MemoryError, "ImportError": ImportError, "OSError": OSError}[kind](text)
    return {
        "tensorflow": "stand-in",
        "keras": "",
        "devices": [{"kind": "cpu", "name": "stand-in"}],
        "device": "cpu",
        "why_no_gpu": "This is a stand-in.",
        "arithmetic": "stand-in",
    }


def choose_device(wish, best, why_no_gpu):
    return best
