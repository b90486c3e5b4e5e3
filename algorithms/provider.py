# SPDX-License-Identifier: GPL-3.0-or-later
"""The Processing provider: GeoGAN's algorithms in the toolbox."""

from __future__ import annotations

import os

from qgis import core
from qgis.core import QgsProcessingProvider
from qgis.PyQt.QtGui import QIcon

from ..errors import GeoGanError
from ..rasters.writing.disk_space import EXTENSIONS
from ..worker.environment import worker_command
from .algorithm import ICON
from .checksetup import CheckSetupAlgorithm
from .enhance import EnhanceAlgorithm
from .evaluate import EvaluateAlgorithm
from .fillvoids import FillVoidsAlgorithm
from .generate import GenerateAlgorithm
from .home import geogan_home
from .modelinfo import ModelInfoAlgorithm
from .settings import add_settings, remove_settings
from .setup import SetupAlgorithm
from .sketch import SketchAlgorithm
from .text import tr
from .train import TrainAlgorithm

ALGORITHMS = (
    TrainAlgorithm,
    GenerateAlgorithm,
    EnhanceAlgorithm,
    FillVoidsAlgorithm,
    SketchAlgorithm,
    EvaluateAlgorithm,
    ModelInfoAlgorithm,
    SetupAlgorithm,
    CheckSetupAlgorithm,
)


class GeoGanProvider(QgsProcessingProvider):
    """All algorithms, whether GeoGAN is set up or not: saved models must find the algorithms they use."""

    def id(self):
        return "geogan"

    def name(self):
        return "GeoGAN"

    def icon(self):
        return QIcon(str(ICON))

    def svgIconPath(self):
        return str(ICON)

    def load(self):
        add_settings(self.icon())
        return super().load()

    def unload(self):
        remove_settings()
        super().unload()

    def loadAlgorithms(self):
        for algorithm in ALGORITHMS:
            self.addAlgorithm(algorithm())

    def supportedOutputRasterLayerExtensions(self):
        return list(EXTENSIONS)

    def supportedOutputRasterLayerFormatAndExtensions(self):
        """Return the same for QGIS 4, which asks this instead, in tuples or in pairs of a type of its own."""
        pair = getattr(core, "QgsProcessingFormatExtensionPair", lambda *both: both)
        return [pair("GTiff", extension) for extension in EXTENSIONS]

    def warningMessage(self):
        """Return what to do while no worker is set up; shown in the toolbox above the algorithms."""
        try:
            worker_command(geogan_home(), os.environ)
        except GeoGanError as error:
            return error.sentence(tr)
        return ""
