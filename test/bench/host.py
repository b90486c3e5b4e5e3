# SPDX-License-Identifier: GPL-3.0-or-later
"""A program: runs algorithms in a QGIS without windows, disturbs them on the way, and says how that went.

Its input and output are described in `disturbance.run_in_host`. A program of its own, because what it hosts
may bring it down.
"""

import json
import os
import runpy
import sys
import threading
import time
from pathlib import Path

runpy.run_path(str(Path(__file__).resolve().parents[1] / "conftest.py"))

from geogan.algorithms.provider import GeoGanProvider  # noqa: E402 - there is no package `geogan` before
from geogan.test.harness.processes import worker_of  # noqa: E402
from qgis.core import QgsApplication, QgsProcessingContext, QgsProcessingFeedback  # noqa: E402

TIDYING_S = 1.0  # a worker gives its memory back when a job has ended


class DisturbedFeedback(QgsProcessingFeedback):
    """Hears what an algorithm says; some time after a certain text it cancels, or kills the worker."""

    def __init__(self, disturbance):
        super().__init__(False)
        self._disturbance = disturbance
        self.disturbed_at = None
        self.worker = None

    def setProgressText(self, text):
        super().setProgressText(text)
        self._hear(text)

    def pushInfo(self, text):
        super().pushInfo(text)
        self._hear(text)

    def _hear(self, text):
        if self._disturbance and self._disturbance["after"] in text:
            threading.Timer(self._disturbance["delay_s"], self._disturb, [self._disturbance["how"]]).start()
            self._disturbance = None

    def _disturb(self, how):
        try:
            self.worker = worker_of(os.getpid())
        except LookupError as error:  # nobody hears of it in this thread, and the job may go on for an hour
            os.write(2, f"{how}: {error}\n".encode())
            os._exit(1)
        self.disturbed_at = time.monotonic()
        if how == "cancel":
            self.cancel()
        else:
            self.worker.kill()


def run(job):
    """Run one algorithm and return how it ended, and how long after the disturbance."""
    algorithm = QgsApplication.processingRegistry().createAlgorithmById(job["algorithm"])
    feedback = DisturbedFeedback(job.get("disturbance"))
    started_at = time.monotonic()
    _, ok = algorithm.run(job["parameters"], QgsProcessingContext(), feedback)
    ended_at = time.monotonic()
    ending = {"ok": ok, "log": feedback.textLog(), "seconds": ended_at - started_at}
    if feedback.disturbed_at is not None:
        ending["seconds_after"] = ended_at - feedback.disturbed_at
        ending["worker"] = feedback.worker.pid
        ending["cores_used_after"] = cores_used(feedback.worker)
    return ending


def cores_used(process):
    """Return how many cores a process keeps busy once it has tidied up, watched for a second."""
    time.sleep(TIDYING_S)
    before = process.processor_seconds
    time.sleep(1.0)
    return process.processor_seconds - before


def main():
    application = QgsApplication([], False)
    application.initQgis()
    # QGIS itself has its own plugins there; the provider asks Processing for its settings.
    sys.path.append(f"{QgsApplication.pkgDataPath()}/python/plugins")
    provider = GeoGanProvider()
    application.processingRegistry().addProvider(provider)
    endings = [run(job) for job in json.load(sys.stdin)]
    print(json.dumps(endings))
    application.exitQgis()


main()
