# SPDX-License-Identifier: GPL-3.0-or-later
"""`python test/bench`: gives the checkout its package name, as pytest would, and hands over."""

import runpy
import sys
from pathlib import Path

runpy.run_path(str(Path(__file__).resolve().parents[1] / "conftest.py"))

from geogan.test.bench.command_line import main  # noqa: E402 - there is no package `geogan` before

sys.exit(main(sys.argv[1:]))
