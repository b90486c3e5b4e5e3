# SPDX-License-Identifier: GPL-3.0-or-later
"""On what the figures were measured: without it a figure in seconds says nothing."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
from datetime import date
from importlib import metadata
from pathlib import Path

from osgeo import gdal
from qgis.core import Qgis

ROOT = Path(__file__).resolve().parents[2]


def machine() -> dict[str, str]:
    """Return what a reader needs to compare, in the order in which to show it."""
    return {
        "Date": f"{date.today():%d %B %Y}",
        "GeoGAN": f"{plugin_version()}, commit {commit()}",
        "Processor": f"{processor()}, {len(os.sched_getaffinity(0))} cores",
        "Memory": f"{os.sysconf('SC_PAGE_SIZE') * os.sysconf('SC_PHYS_PAGES') / 1e9:.1f} GB",
        "Load before": f"{os.getloadavg()[0]:.1f} processes waiting or running (1 minute)",
        "System": f"{platform.freedesktop_os_release()['PRETTY_NAME']}",
        "QGIS": f"{Qgis.QGIS_VERSION}, GDAL {gdal.VersionInfo('RELEASE_NAME')}",
        "Worker": f"Python {platform.python_version()}, TensorFlow {tensorflow()}, "
        f"NumPy {metadata.version('numpy')}",
        "Peers": f"GRASS {grass()}, Keras {metadata.version('keras')}",
    }


def plugin_version() -> str:
    """Return the version in metadata.txt."""
    lines = (ROOT / "metadata.txt").read_text("utf-8").splitlines()
    return next(line.partition("=")[2] for line in lines if line.startswith("version="))


def commit() -> str:
    """Return the checkout's commit, marked where files have changed since, or "unknown" outside of git."""
    command = ["git", "describe", "--always", "--dirty=, changed since", "--exclude=*"]
    answer = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    return answer.stdout.strip() or "unknown"


def processor() -> str:
    """Return the processor's name as Linux gives it."""
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def grass() -> str:
    """Return the version of GRASS, or "not found"."""
    if shutil.which("grass") is None:
        return "not found"
    command = ["grass", "--config", "version"]
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()


def tensorflow() -> str:
    """Return the version of TensorFlow beside this Python; its package may be called tensorflow-cpu."""
    packages = metadata.packages_distributions().get("tensorflow")
    return metadata.version(packages[0]) if packages else "not found"
