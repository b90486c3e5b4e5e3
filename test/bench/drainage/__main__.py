# SPDX-License-Identifier: GPL-3.0-or-later
"""`GEOGAN_DEMS=folder make bench-drainage`: ways to make land drain, one beside the other, several seeds.

GEOGAN_DEMS is the folder of the DEMs that resources/pretrained/layers.csv and
test/bench/terrain/landscapes.py name. In each way of `ways.py` one stage is trained for equally many steps
on land of three landscapes, put into the bundled model, and makes land of three tiles that no training saw.
Since steps are counted, not minutes, other work may run beside it. All 39 trainings take hours.

    .venv/bin/python test/bench/drainage --only detail detail-dry    some of the ways
    .venv/bin/python test/bench/drainage --seeds 5                   more of each
    .venv/bin/python test/bench/drainage --page                      only writes docs/drainage-ways.md

A run leaves one JSON in docs/drainage/, and is not repeated while that is there and of today's bundled
model. `one_run.py` trains and measures, in a process of its own; `page.py` tells what was found.
"""

import runpy
import sys
from pathlib import Path

runpy.run_path(str(Path(__file__).resolve().parents[2] / "conftest.py"))

from geogan.test.bench.drainage.command_line import main  # noqa: E402 - there is no package `geogan` before

sys.exit(main(sys.argv[1:]))
