# SPDX-License-Identifier: GPL-3.0-or-later
"""GeoGAN: a QGIS plugin that learns a landscape and writes new terrain for any extent."""


def classFactory(iface):  # noqa: N802 - the name that QGIS calls
    """Return the plugin, for QGIS."""
    from .plugin import GeoGanPlugin

    return GeoGanPlugin(iface)
