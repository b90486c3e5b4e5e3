# SPDX-License-Identifier: GPL-3.0-or-later
"""`GEOGAN_DEMS=folder make bench-guided`: how well a coarse layer is made finer, beside interpolation.

The land of GEOGAN_DEMS, which the bundled model was not trained on, is averaged over 4 x 4 pixels, given to
`geogan:enhance`, and compared with what it was before. Takes a few minutes and writes docs/enhance.md.
"""

import runpy
import sys
from pathlib import Path

runpy.run_path(str(Path(__file__).resolve().parents[2] / "conftest.py"))

from geogan.test.bench.guided.command_line import main  # noqa: E402 - there is no package `geogan` before

sys.exit(main())
