# SPDX-License-Identifier: GPL-3.0-or-later
"""Stands in for worker/runtime.py: a worker without TensorFlow, for the tests of the process boundary."""

from __future__ import annotations


def start():
    return {
        "tensorflow": "stand-in",
        "keras": "",
        "devices": [{"kind": kind, "name": "stand-in"} for kind in ("cpu", "gpu", "gpu")],
        "device": "cpu",
        "why_no_gpu": "This is a stand-in.",
        "arithmetic": "stand-in",
    }


def choose_device(wish, best, why_no_gpu):
    return "gpu" if wish == "gpu" else best
