# SPDX-License-Identifier: GPL-3.0-or-later
"""Stands in for a whole worker: says hello, then stops in the middle of a message and is killed by signal 9.

Started as `python half_frame.py TYPE CUT [the client's words]`; CUT is where in TYPE's frame it stops.
"""

from __future__ import annotations

import json
import os
import signal
import sys

HELLO = {
    "type": "hello", "protocol": 1, "python": "3", "tensorflow": "2", "keras": "3", "numpy": "1",
    "devices": [], "device": "cpu", "why_no_gpu": "", "arithmetic": "",
    "pid": os.getpid(), "platform": "test", "arrays": [],
}  # fmt: skip


def frame(kind: str) -> bytes:
    if kind == "hello":
        return json.dumps(HELLO).encode() + b"\n"
    arrays = [{"name": "values", "dtype": "<f4", "shape": [100, 100]}]
    return json.dumps({"type": kind, "job": 1, "arrays": arrays}).encode() + b"\n" + bytes(40_000)


def main(kind: str, cut: str) -> None:
    whole = frame(kind)
    end = {"header": 20, "array": len(whole) - 1000}[cut]
    greeting = b"" if kind == "hello" else frame("hello")
    sys.stdout.buffer.write(greeting + whole[:end])
    sys.stdout.buffer.flush()
    sys.stderr.write("about to be killed\n")
    sys.stderr.flush()
    os.kill(os.getpid(), signal.SIGKILL)


main(sys.argv[1], sys.argv[2])
