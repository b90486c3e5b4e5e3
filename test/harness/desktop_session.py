# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs inside the QGIS desktop (`qgis.bin --code`): does what the order says, reports, and quits QGIS.

See `desktop.run_in_desktop` for what goes in and what comes out.
"""

from __future__ import annotations

import json
import os
import sys
import time
import traceback
from pathlib import Path
from typing import Any, Callable

from processing.gui.Postprocessing import handleAlgorithmResults
from qgis.core import (
    QgsApplication,
    QgsProcessingAlgRunnerTask,
    QgsProcessingContext,
    QgsProcessingFeedback,
    QgsProcessingOutputLayerDefinition,
    QgsProject,
    QgsTask,
)
from qgis.PyQt.QtCore import QElapsedTimer, QObject, Qt, QTimer
from qgis.PyQt.QtGui import QGuiApplication
from qgis.utils import iface

TICK_MS = 5
SETTLE_MS = 3000  # until the window has drawn itself
IDLE_MS = 1000
DRAW_MS = 3000  # for the map to be drawn before the screenshot
LONG_GAP_MS = 100


class EventLoopWatch(QObject):
    """Measures how long the event loop did not turn."""

    def __init__(self) -> None:
        super().__init__()
        self._clock = QElapsedTimer()
        self._timer = QTimer(self)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.setInterval(TICK_MS)
        self._timer.timeout.connect(self._tick)
        self.long_gaps = 0
        self.restart()
        self._timer.start()

    def restart(self) -> None:
        self.longest_ms = 0.0
        self._clock.start()

    def _tick(self) -> None:
        gap_ms = self._clock.nsecsElapsed() / 1e6
        self._clock.restart()
        self.longest_ms = max(self.longest_ms, gap_ms)
        self.long_gaps += gap_ms > LONG_GAP_MS


class Session(QObject):
    """One order: its jobs in turn, then the report, the screenshot and the end of QGIS."""

    def __init__(self, order: dict[str, Any]) -> None:
        super().__init__()
        self._order = order
        self._report: dict[str, Any] = {"jobs": []}
        self._waiting = list(order["jobs"])
        window = iface.mainWindow()
        window.setGeometry(0, 0, 1400, 900)  # there is no window manager to do it

    def start(self) -> None:
        for path in self._order["rasters"]:
            if iface.addRasterLayer(path) is None:
                raise FileNotFoundError(f"{path} cannot be opened as a raster layer")
        self._after(SETTLE_MS, self._watch_idle)
        self._after(int(1000 * self._order["timeout_s"]), self._give_up)

    def _watch_idle(self) -> None:
        self._watch = EventLoopWatch()
        self._after(IDLE_MS, self._start_jobs)

    def _start_jobs(self) -> None:
        self._report["idle_gap_ms"] = self._watch.longest_ms
        self._next_job()

    def _next_job(self) -> None:
        if not self._waiting:
            self._finish()
            return
        job = self._waiting.pop(0)
        self._algorithm = QgsApplication.processingRegistry().createAlgorithmById(job["algorithm"])
        self._parameters = loaded_into_project(self._algorithm, job["parameters"])
        # Both must outlive the task, which keeps only pointers to them.
        self._context, self._feedback = QgsProcessingContext(), QgsProcessingFeedback(False)
        self._context.setProject(QgsProject.instance())
        self._context.setFeedback(self._feedback)
        self._started = time.monotonic()
        self._watch.restart()
        self._task = QgsProcessingAlgRunnerTask(
            self._algorithm, self._parameters, self._context, self._feedback
        )
        self._task.executed.connect(self._job_ended)
        if self._task.status() == QgsTask.TaskStatus.Terminated:  # refused: it will not say so itself
            self._job_ended(False, {})
            return
        QgsApplication.taskManager().addTask(self._task)

    def _job_ended(self, ok: bool, results: dict[str, Any]) -> None:
        try:
            if ok:
                handleAlgorithmResults(
                    self._algorithm, self._context, self._feedback, parameters=self._parameters
                )
        finally:
            seconds = time.monotonic() - self._started
            # Some turns later, so that the gap of loading and styling counts.
            self._after(4 * TICK_MS, lambda: self._note_job(ok, results, seconds))

    def _note_job(self, ok: bool, results: dict[str, Any], seconds: float) -> None:
        self._report["jobs"].append(
            {
                "algorithm": self._algorithm.id(),
                "ok": ok,
                "results": {key: value for key, value in results.items() if is_plain(value)},
                "log": self._feedback.textLog(),
                "seconds": seconds,
                "longest_gap_ms": self._watch.longest_ms,
            }
        )
        self._next_job()

    def _finish(self) -> None:
        self._report["gaps_over_100_ms"] = self._watch.long_gaps
        self._report["layers"] = [described(layer) for layer in layers_from_the_top()]
        self._report["tensorflow_in_qgis"] = [
            name for name in sys.modules if name.split(".")[0] in ("tensorflow", "keras")
        ]
        self._report["memory_mb"] = resident_mb()
        layers = layers_from_the_top()
        if layers:
            iface.setActiveLayer(layers[-1])
            iface.zoomToActiveLayer()
        self._after(DRAW_MS, self._take_screenshot)

    def _take_screenshot(self) -> None:
        self._grab_screen()
        Path(self._order["report"]).write_text(json.dumps(self._report), encoding="utf-8")
        quit_qgis()

    def _give_up(self) -> None:
        """End QGIS; the screenshot shows what it waited for, such as a dialog that nobody answers."""
        self._grab_screen()
        raise TimeoutError("the jobs did not end in time")

    def _grab_screen(self) -> None:
        QGuiApplication.primaryScreen().grabWindow(0).save(self._order["screenshot"])

    def _after(self, milliseconds: int, step: Callable[[], None]) -> None:
        """Go on with `step` later. A step that fails ends QGIS: nobody is there to close a message."""

        def guarded() -> None:
            try:
                step()
            except Exception:  # noqa: BLE001 - whatever it is, print it and end
                fail()

        QTimer.singleShot(milliseconds, guarded)


def loaded_into_project(algorithm, parameters: dict[str, Any]) -> dict[str, Any]:
    """Return the parameters with raster destinations that are loaded when they are done."""
    project = QgsProject.instance()
    return {
        key: QgsProcessingOutputLayerDefinition(value, project)
        if algorithm.parameterDefinition(key).type() == "rasterDestination"
        else value
        for key, value in parameters.items()
    }


def layers_from_the_top() -> list:
    return QgsProject.instance().layerTreeRoot().layerOrder()


def described(layer) -> dict[str, Any]:
    return {
        "name": layer.name(),
        "renderer": layer.renderer().type(),
        "blend_mode": int(layer.blendMode()),
        "abstract": layer.metadata().abstract(),
    }


def is_plain(value: Any) -> bool:
    return isinstance(value, (str, int, float, bool, type(None)))


def resident_mb() -> float:
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmRSS:"))


def quit_qgis() -> None:
    QgsProject.instance().setDirty(False)  # else it asks whether to save
    iface.actionExit().trigger()


def fail() -> None:
    traceback.print_exc()
    sys.stderr.flush()
    os._exit(1)


try:
    # Kept alive by the module's globals, which QGIS keeps for the console.
    session = Session(json.loads(Path(os.environ["GEOGAN_DESKTOP_ORDER"]).read_text(encoding="utf-8")))
    session.start()
except Exception:  # noqa: BLE001 - see above
    fail()
