# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import geogan
import pytest
from qgis.core import QgsApplication
from qgis.PyQt.QtWidgets import QMainWindow, QMenu

ENTRIES = [
    "Train GeoGAN…",
    "Generate synthetic terrain…",
    "Increase resolution…",
    "Fill voids…",
    "Terrain from a sketch…",
    "Compare synthetic with real…",
    "Describe a GeoGAN model…",
    "Set up GeoGAN…",
    "Check the GeoGAN set-up…",
]


class Desktop:
    """The part of QgisInterface that the plugin uses."""

    def __init__(self):
        self._window = QMainWindow()
        self._raster_menu = QMenu("Raster", self._window)

    def mainWindow(self):
        return self._window

    def rasterMenu(self):
        return self._raster_menu


def provider():
    return QgsApplication.processingRegistry().providerById("geogan")


@pytest.fixture
def desktop(qgis_app, qgis_processing) -> Desktop:
    return Desktop()


def test_the_desktop_gets_the_provider_and_a_menu_and_loses_both(desktop):
    plugin = geogan.classFactory(desktop)

    plugin.initGui()
    (menu,) = (action.menu() for action in desktop.rasterMenu().actions())
    assert [action.text() for action in menu.actions()] == ENTRIES
    assert provider() is not None

    plugin.unload()
    assert desktop.rasterMenu().actions() == []
    assert provider() is None


def test_qgis_process_needs_no_desktop(qgis_app, qgis_processing):
    plugin = geogan.classFactory(None)

    plugin.initProcessing()
    assert provider() is not None

    plugin.unload()
    assert provider() is None


def test_it_can_be_loaded_again(desktop):
    for _ in range(2):
        plugin = geogan.classFactory(desktop)
        plugin.initGui()
        plugin.unload()

    assert provider() is None
    assert desktop.rasterMenu().actions() == []


def test_a_menu_entry_opens_its_algorithm(desktop, monkeypatch):
    opened = []
    monkeypatch.setattr("processing.execAlgorithmDialog", lambda *arguments: opened.append(arguments))
    plugin = geogan.classFactory(desktop)
    plugin.initGui()
    (menu,) = (action.menu() for action in desktop.rasterMenu().actions())

    for action in menu.actions():
        action.trigger()

    plugin.unload()
    names = (
        *("train", "generate", "enhance", "fillvoids", "sketch"),
        *("evaluate", "modelinfo", "setup", "checksetup"),
    )
    assert opened == [(f"geogan:{name}", {}) for name in names]
