# SPDX-License-Identifier: GPL-3.0-or-later
"""The scripts in .ci/, as modules: their functions can be called without running them."""

from __future__ import annotations

import sys
from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec, spec_from_loader
from types import ModuleType

from .programs import ROOT


def ci_script(name: str) -> ModuleType:
    """Return a script of .ci/ by its name, loaded; nothing is written beside it."""
    loader = SourceFileLoader(name, str(ROOT / ".ci" / name))
    module = module_from_spec(spec_from_loader(name, loader))
    writes_none, sys.dont_write_bytecode = sys.dont_write_bytecode, True
    try:
        loader.exec_module(module)
    finally:
        sys.dont_write_bytecode = writes_none
    return module
