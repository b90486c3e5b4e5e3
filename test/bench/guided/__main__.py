# SPDX-License-Identifier: GPL-3.0-or-later
"""`GEOGAN_DEMS=folder make bench-guided`: land that follows something, beside interpolation.

The land of GEOGAN_DEMS, which the bundled model was not trained on, is averaged over 2 x 2, 4 x 4 and 8 x 8
pixels and made finer again, has voids cut into it that are filled again, and is drawn as a sketch that land
is made of; each result is compared with what was there. Writes docs/enhance.md, docs/fillvoids.md,
docs/sketch.md and pictures of docs/guided.md; words after the command choose among them (see
`command_line.py`). For docs/enhance.md a model is trained for ten minutes, and the DEM of Big Tujunga needed.
"""

import runpy
import sys
from pathlib import Path

runpy.run_path(str(Path(__file__).resolve().parents[2] / "conftest.py"))

from geogan.test.bench.guided.command_line import main  # noqa: E402 - there is no package `geogan` before

sys.exit(main())
