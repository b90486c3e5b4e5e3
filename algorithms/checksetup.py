# SPDX-License-Identifier: GPL-3.0-or-later
"""Check the GeoGAN set-up: whether a worker starts, on which device it computes, and what to do if not."""

from __future__ import annotations

import os
import platform
import shlex
from dataclasses import dataclass
from pathlib import Path

from qgis.core import (
    Qgis,
    QgsProcessingFeedback,
    QgsProcessingOutputBoolean,
    QgsProcessingOutputString,
    QgsProcessingParameterFileDestination,
)

from ..errors import GeoGanError
from ..worker.environment import worker_command
from ..worker.hello import Hello
from ..worker.pool import borrowed_worker, set_idle_time
from .algorithm import GeoGanAlgorithm
from .home import geogan_home, plugin_version
from .parameters import described
from .reports.report import heading, page, paragraph, table, write_report
from .settings import idle_seconds
from .text import tr
from .worker_job import cancel_of


@dataclass(frozen=True)
class Finding:
    """What the check found: the worker's hello, or the sentence that says why there is none."""

    home: Path
    command: str  # empty if none is set up
    hello: Hello | None
    problem: str  # empty if all is well


class CheckSetupAlgorithm(GeoGanAlgorithm):
    """Starts the worker and says what it found. A broken set-up is a result here, not a failure."""

    REPORT = "REPORT"
    READY = "READY"
    DEVICE = "DEVICE"
    WHY_NO_GPU = "WHY_NO_GPU"

    def name(self):
        return "checksetup"

    def displayName(self):
        return tr("Check the GeoGAN set-up")

    def shortDescription(self):
        return tr("Says whether GeoGAN is ready, which device it uses, and what to do if not.")

    def tags(self):
        return tr("geogan,check,diagnose,tensorflow,gpu,device,worker,help").split(",")

    def initAlgorithm(self, configuration=None):
        report = QgsProcessingParameterFileDestination(
            self.REPORT, tr("Report"), tr("HTML files (*.html)"), optional=True
        )
        self.addParameter(described(report, tr("A page to read, and to paste when you report a problem.")))
        self.addOutput(QgsProcessingOutputBoolean(self.READY, tr("Ready")))
        self.addOutput(QgsProcessingOutputString(self.DEVICE, tr("Device")))
        self.addOutput(QgsProcessingOutputString(self.WHY_NO_GPU, tr("Why no GPU is used")))

    def gather(self, parameters, context, feedback):
        self._report = self.parameterAsFileOutput(parameters, self.REPORT, context)
        self._home = geogan_home()

    def work(self, parameters, context, feedback):
        finding = check(self._home, feedback)
        hello = finding.hello
        if hello is None:
            feedback.pushWarning(finding.problem)
        else:
            feedback.pushInfo(
                tr("Ready: TensorFlow {version} on Python {python}, device {device}.").format(
                    version=hello.tensorflow, python=hello.python, device=hello.device
                )
            )
        results = {
            self.READY: hello is not None,
            self.DEVICE: hello.device if hello else "",
            self.WHY_NO_GPU: tr(hello.why_no_gpu) if hello else "",
        }
        if self._report:
            write_report(self._report, describe(finding))
            results[self.REPORT] = self._report
        return results


def check(home: Path, feedback: QgsProcessingFeedback) -> Finding:
    """Start the worker, or ask the one that is warm, and return what was found. Raises Cancelled."""
    command = ""
    try:
        words = worker_command(home, os.environ)
        command = shlex.join(words)
        feedback.pushInfo(tr("Starting the worker: {command}").format(command=command))
        set_idle_time(idle_seconds())
        with borrowed_worker(words, cancel_of(feedback)) as worker:
            return Finding(home, command, worker.hello, "")
    except GeoGanError as error:
        return Finding(home, command, None, error.sentence(tr))


def describe(finding: Finding) -> str:
    """Return the report, in the order in which a reader asks: is it ready, why not, with what."""
    hello = finding.hello
    if hello is None:
        verdict = [paragraph(tr("GeoGAN is not ready.")), paragraph(finding.problem)]
        worker = []
    else:
        verdict = [paragraph(tr("GeoGAN is ready."))]
        worker = [heading(tr("Worker")), table(_worker_rows(hello))]
    this_side = [heading(tr("QGIS and plugin")), table(_own_rows(finding))]
    return page(tr("GeoGAN set-up"), *verdict, *worker, *this_side)


def _worker_rows(hello: Hello) -> tuple[tuple[str, object], ...]:
    return (
        (tr("Device"), hello.device),
        (tr("Why no GPU is used"), tr(hello.why_no_gpu) or None),
        (tr("All devices"), [f"{device.kind}: {device.name}" for device in hello.devices]),
        ("TensorFlow", hello.tensorflow),
        ("Keras", hello.keras),
        ("NumPy", hello.numpy),
        ("Python", hello.python),
        (tr("System"), hello.platform),
    )


def _own_rows(finding: Finding) -> tuple[tuple[str, object], ...]:
    return (
        ("GeoGAN", plugin_version()),
        ("QGIS", Qgis.QGIS_VERSION),
        ("Python", platform.python_version()),
        (tr("System"), platform.platform()),
        (tr("Command of the worker"), finding.command or tr("none is set up")),
        (tr("Folder of the environment"), str(finding.home)),
    )
