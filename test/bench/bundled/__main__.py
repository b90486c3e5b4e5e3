# SPDX-License-Identifier: GPL-3.0-or-later
"""`GEOGAN_DEMS=folder make bench-bundled`: how like land the bundled model's land is, and pictures of it.

Takes some minutes and writes docs/bundled.md, docs/images/landscapes.png and docs/images/stages.png. A word
after the command names another model file; then the page and the pictures go to build/bench/bundled.
"""

import runpy
import sys
from pathlib import Path

runpy.run_path(str(Path(__file__).resolve().parents[2] / "conftest.py"))

from geogan.test.bench.bundled.command_line import main  # noqa: E402 - there is no package `geogan` before

sys.exit(main())
