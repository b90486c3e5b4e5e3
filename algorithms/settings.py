# SPDX-License-Identifier: GPL-3.0-or-later
"""GeoGAN's settings, where QGIS has those of every provider: Options, Processing, Providers, GeoGAN.

Processing is imported where it is used: a plugin may be loaded before it.
"""

from __future__ import annotations

from qgis.PyQt.QtGui import QIcon

from .text import tr

GROUP = "GeoGAN"
IDLE_MINUTES = "GEOGAN_IDLE_MINUTES"
IDLE_MINUTES_DEFAULT = 5.0


def add_settings(icon: QIcon) -> None:
    """Show the settings, with what the user has chosen before."""
    from processing.core.ProcessingConfig import ProcessingConfig, Setting

    ProcessingConfig.settingIcons[GROUP] = icon
    ProcessingConfig.addSetting(
        Setting(
            GROUP,
            IDLE_MINUTES,
            tr("Minutes that the worker waits for a next job before it gives its memory back"),
            IDLE_MINUTES_DEFAULT,
            valuetype=Setting.FLOAT,
        )
    )
    ProcessingConfig.readSettings()


def remove_settings() -> None:
    """Take the settings out of the options; what the user has chosen stays chosen."""
    from processing.core.ProcessingConfig import ProcessingConfig

    ProcessingConfig.removeSetting(IDLE_MINUTES)


def idle_seconds() -> float:
    """Return how long a worker is kept after a job; the default where no number of at least 0 is set."""
    from processing.core.ProcessingConfig import ProcessingConfig

    try:
        minutes = float(ProcessingConfig.getSetting(IDLE_MINUTES))
    except (TypeError, ValueError):
        minutes = IDLE_MINUTES_DEFAULT
    return 60.0 * (minutes if minutes >= 0.0 else IDLE_MINUTES_DEFAULT)
