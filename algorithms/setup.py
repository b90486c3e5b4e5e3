# SPDX-License-Identifier: GPL-3.0-or-later
"""Set up GeoGAN: make the worker's environment, or point to a Python that has TensorFlow."""

from __future__ import annotations

import os
import shlex

from qgis.core import (
    Qgis,
    QgsProcessingAlgorithm,
    QgsProcessingOutputString,
    QgsProcessingParameterBoolean,
    QgsProcessingParameterFile,
    QgsProcessingParameterString,
)

from ..worker.environment import COMMAND_VARIABLE, Choice, set_up
from .algorithm import GeoGanAlgorithm
from .home import geogan_home
from .parameters import described
from .text import tr
from .worker_job import cancel_of, logged_to


class SetupAlgorithm(GeoGanAlgorithm):
    """Makes, checks or repairs the worker's environment, and remembers another worker that works."""

    PYTHON = "PYTHON"
    COMMAND = "COMMAND"
    WHEELS = "WHEELS"
    GPU = "GPU"
    TENSORFLOW = "TENSORFLOW"
    DEVICE = "DEVICE"

    def name(self):
        return "setup"

    def displayName(self):
        return tr("Set up GeoGAN")

    def shortDescription(self):
        return tr("Installs TensorFlow into an environment of its own, outside of QGIS, or repairs it.")

    def tags(self):
        return tr("geogan,install,repair,tensorflow,python,environment,gpu,worker").split(",")

    def flags(self):
        """Return also that it starts programs: what a model from a stranger must not do without a word."""
        if not hasattr(Qgis, "ProcessingAlgorithmFlag"):  # before QGIS 3.36
            return super().flags() | QgsProcessingAlgorithm.Flag.FlagHideFromModeler
        known = Qgis.ProcessingAlgorithmFlag
        risk = getattr(known, "SecurityRisk", known.HideFromModeler)  # QGIS warns of it since 3.40
        return super().flags() | known.HideFromModeler | risk

    def initAlgorithm(self, configuration=None):
        # With a filter, since QGIS 3.22 takes none as *.*, which bin/python does not match.
        python = QgsProcessingParameterFile(
            self.PYTHON, tr("Python that has TensorFlow"), optional=True, fileFilter="(*)"
        )
        command = QgsProcessingParameterString(
            self.COMMAND, tr("Command that starts a Python with TensorFlow"), optional=True
        )
        wheels = QgsProcessingParameterFile(
            self.WHEELS,
            tr("Folder of wheels"),
            behavior=QgsProcessingParameterFile.Behavior.Folder,
            optional=True,
        )
        gpu = QgsProcessingParameterBoolean(self.GPU, tr("With NVIDIA GPU libraries"), defaultValue=False)

        for parameter, tooltip in (
            (
                python,
                tr("A Python to use as it is. Leave empty, and GeoGAN makes an environment of its own."),
            ),
            (command, tr("Instead of a Python: for example, ssh gpu-machine python3.")),
            (wheels, tr("Install without a network, from the Python packages (.whl) in this folder.")),
            (gpu, tr("Linux only: install the CUDA libraries too, several GB, to use an NVIDIA card.")),
        ):
            self.addParameter(described(parameter, tooltip))

        self.addOutput(QgsProcessingOutputString(self.PYTHON, tr("Command of the worker")))
        self.addOutput(QgsProcessingOutputString(self.TENSORFLOW, tr("TensorFlow version")))
        self.addOutput(QgsProcessingOutputString(self.DEVICE, tr("Device")))

    def gather(self, parameters, context, feedback):
        self._choice = Choice(
            python=self.parameterAsFile(parameters, self.PYTHON, context),
            command=self.parameterAsString(parameters, self.COMMAND, context).strip(),
            wheels=self.parameterAsFile(parameters, self.WHEELS, context),
            gpu=self.parameterAsBoolean(parameters, self.GPU, context),
        )
        self._home = geogan_home()

    def work(self, parameters, context, feedback):
        log = logged_to(feedback)
        command, hello = set_up(self._home, os.environ, self._choice, log, cancel_of(feedback))
        feedback.pushInfo(
            tr("GeoGAN is ready: TensorFlow {version}, device {device}.").format(
                version=hello.tensorflow, device=hello.device
            )
        )
        if os.environ.get(COMMAND_VARIABLE, "").strip():
            feedback.pushWarning(
                tr("The environment variable {name} is set, so what it says is used instead.").format(
                    name=COMMAND_VARIABLE
                )
            )
        return {
            self.PYTHON: shlex.join(command),
            self.TENSORFLOW: hello.tensorflow,
            self.DEVICE: hello.device,
        }
