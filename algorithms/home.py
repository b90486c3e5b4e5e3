# SPDX-License-Identifier: GPL-3.0-or-later
"""Where GeoGAN keeps the worker's environment, and which GeoGAN this is."""

from __future__ import annotations

import os
from pathlib import Path

from qgis.core import QgsApplication

from ..worker.environment import home_folder

METADATA = Path(__file__).resolve().parent.parent / "metadata.txt"


def geogan_home() -> Path:
    """Return the folder of the managed environment: $GEOGAN_HOME, else `geogan` in the user's QGIS profile.

    The plugin's own folder would be lost with every upgrade of the plugin.
    """
    return home_folder(Path(QgsApplication.qgisSettingsDirPath()) / "geogan", os.environ)


def plugin_version() -> str:
    """Return the plugin's version; its one home is metadata.txt."""
    lines = METADATA.read_text(encoding="utf-8").splitlines()
    return next(line.partition("=")[2].strip() for line in lines if line.startswith("version="))
