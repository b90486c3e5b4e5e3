# SPDX-License-Identifier: GPL-3.0-or-later
"""Where GeoGAN keeps the worker's environment, and which GeoGAN this is."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from qgis.core import QgsApplication

from ..worker.environment import home_folder

METADATA = Path(__file__).resolve().parent.parent / "metadata.txt"


def geogan_home() -> Path:
    """Return the folder of the managed environment: $GEOGAN_HOME, else `geogan` in the user's QGIS profile.

    The plugin's own folder would be lost with every upgrade of the plugin. On Windows a profile may travel
    from machine to machine with its user, and TensorFlow's longest path in it would be beyond the 259
    characters that Windows allows: there it is GeoGAN in the folder for what stays on the machine.
    """
    local = os.environ.get("LOCALAPPDATA") if sys.platform == "win32" else None
    default = Path(local, "GeoGAN") if local else Path(QgsApplication.qgisSettingsDirPath()) / "geogan"
    return home_folder(default, os.environ)


def plugin_version() -> str:
    """Return the plugin's version; its one home is metadata.txt."""
    lines = METADATA.read_text(encoding="utf-8").splitlines()
    return next(line.partition("=")[2].strip() for line in lines if line.startswith("version="))
