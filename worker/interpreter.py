# SPDX-License-Identifier: GPL-3.0-or-later
"""Finds a Python from which the worker's environment can be made.

`sys.executable` is QGIS itself on Windows and macOS, and starting it opens another QGIS. So candidates are
only files that are named like a Python, each tried out before it is believed.
"""

from __future__ import annotations

import json
import os
import platform
import sys
import sysconfig
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Callable

from ..errors import GeoGanError
from .process import never, run_to_end

OLDEST = (3, 10)
NEWEST = (3, 13)
NEWEST_ON_INTEL_MAC = (3, 12)  # where TensorFlow ends with 2.16
PROBE_S = 20.0

PROBE = """
import importlib.util, json, platform, sys
try:
    import ssl
except ImportError:
    ssl = None
print(json.dumps({
    'version': list(sys.version_info[:3]), 'bits': sys.maxsize.bit_length() + 1,
    'machine': platform.machine(), 'ssl': ssl is not None,
    'venv': all(importlib.util.find_spec(name) for name in ('venv', 'ensurepip')),
}))
"""


@dataclass(frozen=True)
class Interpreter:
    """A Python that answered.

    `has_venv`: it can make virtual environments with pip in them. `has_ssl`: it can download packages.
    """

    path: str
    version: tuple[int, ...]
    bits: int
    machine: str  # may differ from that of QGIS, where a Mac translates one of them
    has_venv: bool
    has_ssl: bool

    @property
    def fits(self) -> bool:
        """Whether there is a TensorFlow for it."""
        return self.bits == 64 and OLDEST <= self.version[:2] <= newest_python(self.machine)


def newest_python(machine: str) -> tuple[int, int]:
    """Return the newest Python (major, minor) for which there is a TensorFlow on such a machine."""
    is_intel_mac = sys.platform == "darwin" and machine == "x86_64"
    return NEWEST_ON_INTEL_MAC if is_intel_mac else NEWEST


def base_pythons(
    environ: Mapping[str, str], is_cancelled: Callable[[], bool] = never, downloads: bool = True
) -> Iterator[Interpreter]:
    """Yield the Pythons that fit, seem able to make environments and, for `downloads`, have SSL.

    Raises GeoGanError that tells what to install if there is none.
    """
    nearly, is_any = None, False
    for path in candidates(environ):
        found = probe(path, environ, is_cancelled)
        if found is None or not found.fits:
            continue
        if found.has_venv and (found.has_ssl or not downloads):
            is_any = True
            yield found
        nearly = nearly or found
    if is_any:
        return
    if nearly is not None:
        raise _lack_of(nearly)
    raise GeoGanError(
        "No Python 3.10 to {newest} (64 bit) was found, and TensorFlow needs one. Install one from "
        'python.org, or with "sudo apt install python3 python3-venv", then run "Set up GeoGAN" again.',
        newest="{}.{}".format(*newest_python(platform.machine())),
    )


def _lack_of(python: Interpreter) -> GeoGanError:
    """Return the sentence for what a Python that fits lacks."""
    if python.has_venv:
        return GeoGanError(
            "Python {version} ({path}) was built without SSL, so it cannot download packages. Install "
            'another one, for example from python.org, or give a folder of wheels, then run "Set up GeoGAN" '
            "again.",
            version="{}.{}".format(*python.version),
            path=python.path,
        )
    return GeoGanError(
        "Python {version} ({path}) cannot make virtual environments. On Debian and Ubuntu install "
        'what is missing with "sudo apt install python{version}-venv", then run "Set up GeoGAN" again.',
        version="{}.{}".format(*python.version),
        path=python.path,
    )


def probe(
    path: str, environ: Mapping[str, str], is_cancelled: Callable[[], bool] = never
) -> Interpreter | None:
    """Start the Python at `path` and return what it says of itself, or None if it is none."""
    lines: list[str] = []
    try:
        run_to_end([path, "-I", "-c", PROBE], environ, lines.append, is_cancelled, PROBE_S)
        facts = json.loads(lines[-1])
        version, *others = (facts[name] for name in ("version", "bits", "machine", "venv", "ssl"))
        return Interpreter(path, tuple(version), *others)
    except GeoGanError as error:
        if is_cancelled():
            raise error
        return None
    except (IndexError, ValueError, KeyError, TypeError):  # it printed something else, or nothing
        return None


def candidates(environ: Mapping[str, str]) -> Iterator[str]:
    """Yield existing files that are named like a Python, each once, QGIS's own Python first.

    On Windows and macOS it comes last: it is removed with that version of QGIS, and may load no libraries but
    QGIS's.
    """
    found: dict[str, str] = {}
    for folder in _folders(environ):
        for name in _names():
            path = folder / name
            if _is_file(path):
                found.setdefault(_identity(path), str(path))
    is_bundled = sys.platform in ("win32", "darwin")
    yield from sorted(found.values(), key=_is_of_qgis) if is_bundled else found.values()


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:  # its folder must not be looked into; from Python 3.14 on that is no error
        return False


def _identity(path: Path) -> str:
    """Return the file behind the links, so that python3 and python3.11 are tried once."""
    try:
        return str(path.resolve())
    except OSError:  # Windows' app aliases cannot be resolved
        return str(path)


def _is_of_qgis(path: str) -> bool:
    """Whether a program lies in QGIS's own folder, where its installers bring a Python along."""
    folder = Path(_identity(Path(sys.base_exec_prefix)))
    if folder.parent.name == "apps":  # on Windows, where QGIS/bin has a Python too
        folder = folder.parent.parent
    return Path(_identity(Path(path))).is_relative_to(folder)


def _names() -> tuple[str, ...]:
    if sys.platform == "win32":
        return ("python3.exe", "python.exe")
    minors = range(NEWEST[1], OLDEST[1] - 1, -1)
    return ("python3", *(f"python3.{minor}" for minor in minors), "python")


def _folders(environ: Mapping[str, str]) -> Iterator[Path]:
    # QGIS's own Python: the folder is known even where sys.executable is QGIS.
    yield Path(sys.base_exec_prefix)
    yield Path(sysconfig.get_config_var("BINDIR") or sys.base_exec_prefix)
    yield Path(sys.base_exec_prefix, "bin")
    for folder in environ.get("PATH", "").split(os.pathsep):
        # What lies there on a Mac is no Python: started, it asks to install Apple's developer tools.
        if folder and not (sys.platform == "darwin" and folder.rstrip("/") == "/usr/bin"):
            yield Path(folder)
    home = Path.home()
    if sys.platform == "win32":
        local = Path(environ.get("LOCALAPPDATA", home))
        # Where python.org's installer puts them, and where its install manager does, which came after it.
        yield from sorted((local / "Programs" / "Python").glob("Python3*"), reverse=True)
        yield from sorted((local / "Python").glob("pythoncore-3.*"), reverse=True)
        yield from sorted(Path(environ.get("PROGRAMFILES", home)).glob("Python3*"), reverse=True)
    elif sys.platform == "darwin":
        yield from (Path("/opt/homebrew/bin"), Path("/usr/local/bin"))
        yield from sorted(Path("/Library/Frameworks/Python.framework/Versions").glob("3.*/bin"), reverse=True)
    yield from sorted((home / ".pyenv" / "versions").glob("3.*/bin"), reverse=True)
