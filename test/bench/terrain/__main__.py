# SPDX-License-Identifier: GPL-3.0-or-later
"""`GEOGAN_DEMS=folder make bench-terrain`: how real the terrain is, beside other ways to make terrain.

GEOGAN_DEMS is the folder of the DEMs that `landscapes.py` names: three landscapes that the bundled model was
not trained on. Everything is trained on two cores of the CPU and scored against the part of its landscape
that it did not see. Without arguments that takes about 12 hours: three trainings of each of three contestants
on each of three landscapes. Nothing else should run.

    .venv/bin/python test/bench/terrain --only scratch --landscape pyrenees    a part of it
    .venv/bin/python test/bench/terrain --quick                                shows that it works, no more
    .venv/bin/python test/bench/terrain --page                                 only writes docs/realism.md
    .venv/bin/python test/bench/terrain --rescore                              measures kept models again

A run is one training of one contestant on one landscape, and leaves one JSON in docs/realism/. A run whose
JSON is there is not repeated, so that a benchmark goes on where it stopped, on another day and machine too,
and one can be added to (`--seeds 5`); delete it to run it again. One that began from another bundled model
than today's does not count. docs/realism.md is written from all that count. Runs of other `--minutes` than
those of the bars lie in build/bench/terrain/short/, quick ones in build/bench/terrain/quick/, each with a
page beside it.

`command_line.py` runs `one_run.py` for each, which trains and generates by a contestant of `contestants.py`
and measures by `scores.py`; `records.py` keeps that, `bars.py` judges it, `page.py` tells it.
"""

import runpy
import sys
from pathlib import Path

runpy.run_path(str(Path(__file__).resolve().parents[2] / "conftest.py"))

from geogan.test.bench.terrain.command_line import main  # noqa: E402 - there is no package `geogan` before

sys.exit(main(sys.argv[1:]))
