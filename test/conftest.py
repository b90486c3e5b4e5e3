# SPDX-License-Identifier: GPL-3.0-or-later
"""Binds the checkout, whatever its folder is called, to the package name `geogan`."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def _bind_package() -> None:
    spec = importlib.util.spec_from_file_location(
        "geogan", ROOT / "__init__.py", submodule_search_locations=[str(ROOT)]
    )
    package = importlib.util.module_from_spec(spec)
    sys.modules["geogan"] = package
    spec.loader.exec_module(package)


_bind_package()
