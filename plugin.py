# SPDX-License-Identifier: GPL-3.0-or-later
"""GeoGAN's entry into QGIS: the Processing provider and a menu."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from qgis.core import QgsApplication
from qgis.PyQt.QtCore import QCoreApplication, QTranslator
from qgis.PyQt.QtGui import QIcon
from qgis.PyQt.QtWidgets import QMenu

from .algorithms.algorithm import ICON, RESOURCES
from .algorithms.provider import ALGORITHMS, GeoGanProvider
from .worker.pool import close_idle_workers

if TYPE_CHECKING:
    from qgis.gui import QgisInterface


class GeoGanPlugin:
    """Registers the provider and, on a desktop, a menu. `unload` undoes all of it.

    `qgis_process` calls only `initProcessing`, with `iface` None.
    """

    def __init__(self, iface: QgisInterface | None) -> None:
        self._iface = iface
        self._provider: GeoGanProvider | None = None
        self._menu: QMenu | None = None
        self._translator = install_translator(RESOURCES / "i18n", QgsApplication.locale())

    def initProcessing(self) -> None:
        """Add the provider to Processing."""
        self._provider = GeoGanProvider()
        QgsApplication.processingRegistry().addProvider(self._provider)

    def initGui(self) -> None:
        """Add the provider, and a menu under "Raster"."""
        self.initProcessing()
        self._menu = QMenu("GeoGAN", self._iface.mainWindow())
        self._menu.setIcon(QIcon(str(ICON)))
        # QMenu makes the actions: the class QAction lives in another module in Qt 5 and Qt 6.
        for algorithm in (each() for each in ALGORITHMS):
            entry = self._menu.addAction(algorithm.icon(), algorithm.displayName() + "…")
            entry.triggered.connect(partial(open_dialog, f"geogan:{algorithm.name()}"))
        self._iface.rasterMenu().addMenu(self._menu)

    def unload(self) -> None:
        """Take the menu, the provider and the translation away, and end the idle worker."""
        if self._menu is not None:
            self._iface.rasterMenu().removeAction(self._menu.menuAction())
            self._menu.deleteLater()
            self._menu = None
        if self._provider is not None:
            QgsApplication.processingRegistry().removeProvider(self._provider)
            self._provider = None
        if self._translator is not None:
            QCoreApplication.removeTranslator(self._translator)
            self._translator = None
        close_idle_workers()


def open_dialog(algorithm_id: str, _checked: bool = False) -> None:
    """Open an algorithm's dialog as the toolbox does."""
    import processing

    processing.execAlgorithmDialog(algorithm_id, {})


def install_translator(folder: Path, locale: str) -> QTranslator | None:
    """Load geogan_LOCALE.qm, such as geogan_de.qm, if it is there; return it so that it stays alive."""
    translator = QTranslator()
    if not translator.load(f"geogan_{locale}", str(folder)):
        return None
    QCoreApplication.installTranslator(translator)
    return translator
