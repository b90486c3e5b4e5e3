# SPDX-License-Identifier: GPL-3.0-or-later
"""The kind of processor: its name for people, and the instructions that the bits of results depend on.

Libraries choose their code by these instructions, and other code rounds otherwise in the last bits.
"""

from __future__ import annotations

import platform
from pathlib import Path

CPU_INFO = Path("/proc/cpuinfo")  # Linux only
_VECTOR_INSTRUCTIONS = ("amx", "asimd", "avx", "fma", "sse4", "sve")  # beginnings of their names


def cpu_name() -> str:
    """Return what the maker calls it; elsewhere than on Linux its family, model and stepping."""
    return _cpu_info().get("model name") or platform.processor() or platform.machine()


def vector_instructions() -> str:
    """Return the names of its instructions for several numbers at once; "" where the system doesn't say."""
    found = _cpu_info()
    names = (found.get("flags") or found.get("Features") or "").split()  # x86 or ARM
    return " ".join(sorted(name for name in names if name.startswith(_VECTOR_INSTRUCTIONS)))


def _cpu_info() -> dict[str, str]:
    """Return what the system says of the first core, by name."""
    try:
        first_core = CPU_INFO.read_text(encoding="utf-8", errors="replace").partition("\n\n")[0]
    except OSError:
        return {}
    lines = (line.partition(":") for line in first_core.splitlines())
    return {name.strip(): value.strip() for name, _, value in lines}
