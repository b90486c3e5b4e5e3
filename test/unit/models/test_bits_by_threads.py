# SPDX-License-Identifier: GPL-3.0-or-later
"""Land on processors of one kind with more and with fewer cores."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from geogan.worker.archive import PACKAGE_ROOT

CONFTEST = Path(__file__).resolve().parents[2] / "conftest.py"  # gives the checkout its package name

# TensorFlow's threads can be set once, before it computes anything: hence a process for each number of them.
PROGRAM = """
import hashlib, os, runpy, sys
runpy.run_path(sys.argv[1])
from geogan.worker import runtime
runtime.usable_cores = lambda: int(sys.argv[3])
runtime.start()
from geogan.models.generation.cascade import BLOCK_PX
from geogan.models.generation.generation_job import block_threads, cascade_of
from geogan.models.generation.side_by_side import side_by_side
with open(sys.argv[2], "rb") as file:
    cascade = cascade_of(file.read(), "cpu")
assert block_threads() == min(2 * int(sys.argv[3]), 8)
corners = [(row * BLOCK_PX, col * BLOCK_PX) for row in (-1, 0) for col in range(4)]
blocks = side_by_side(lambda corner: cascade.block(7, *corner), corners, block_threads())
for corner, values in blocks:
    print(corner, hashlib.sha256(values.tobytes()).hexdigest())
"""


@pytest.mark.tensorflow
def test_land_has_the_same_bits_however_many_threads_compute_it():
    one, two, four = (_printed_with(threads) for threads in (1, 2, 4))
    assert len({line.split()[-1] for line in one.splitlines()}) == 8, "each block is another land"
    assert one == two == four


def _printed_with(threads: int) -> str:
    model = PACKAGE_ROOT / "resources" / "pretrained" / "terrain.geogan"
    words = [sys.executable, "-c", PROGRAM, str(CONFTEST), str(model), str(threads)]
    return subprocess.run(words, capture_output=True, text=True, check=True).stdout
