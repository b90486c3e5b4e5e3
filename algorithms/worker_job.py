# SPDX-License-Identifier: GPL-3.0-or-later
"""Drives one job of the worker from a Processing algorithm: its messages to the feedback, its cancel back."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Callable

import numpy as np
from qgis.core import QgsProcessingFeedback
from qgis.PyQt.QtCore import QCoreApplication, QThread

from ..errors import Cancelled, GeoGanError
from ..worker.client import Worker
from ..worker.environment import worker_command
from ..worker.pool import (
    borrowed_worker,
    close_idle_workers,
    prepare_worker,
    set_idle_time,
    unneeded_worker,
)
from ..worker.protocol import Message
from .settings import idle_seconds
from .text import tr

DEVICES = ("auto", "cpu", "gpu")

#: Of the progress bar, what a part of a run takes, in percent: where it starts and where it stops.
Share = tuple[float, float]
WHOLE: Share = (0.0, 100.0)

#: A training tells its progress every second; a line in the log this often is enough to read.
LINE_EVERY_S = 5.0

CLICKS_EVERY_S = 0.1


def load_ahead(home: Path) -> None:
    """Let a worker load TensorFlow for a job that is about to come; raises GeoGanError if none can start."""
    set_idle_time(idle_seconds())
    prepare_worker(worker_command(home, os.environ))


@contextmanager
def none_left_loading() -> Iterator[None]:
    """Keep no worker that was loaded ahead longer than the settings say, and after a cancel none at all."""
    try:
        yield
    except Cancelled:
        close_idle_workers()
        raise
    finally:
        unneeded_worker()


@contextmanager
def ready_worker(home: Path, feedback: QgsProcessingFeedback) -> Iterator[Worker]:
    """Lend a worker that is ready for a job, and say on which device it works."""
    command = worker_command(home, os.environ)
    set_idle_time(idle_seconds())
    feedback.setProgressText(tr("Starting TensorFlow…"))
    with borrowed_worker(command, cancel_of(feedback)) as worker:
        hello = worker.hello
        feedback.pushInfo(
            tr("Worker: TensorFlow {version}, Python {python}, device {device}. {why}").format(
                version=hello.tensorflow, python=hello.python, device=hello.device, why=tr(hello.why_no_gpu)
            )
        )
        yield worker


def run_job(  # noqa: PLR0913 - each says one thing about the job
    worker: Worker,
    kind: str,
    fields: Mapping[str, Any],
    arrays: dict[str, np.ndarray],
    feedback: QgsProcessingFeedback,
    handlers: Mapping[str, Callable[[Message], None]],
    *,
    share: Share = WHOLE,
    grace_s: float | None = None,
) -> Message:
    """Run one job, show its progress and log, and return its result.

    `arrays` are let go of once they are on their way: a training's are hundreds of megabytes. `handlers` take
    what else a job sends: its blocks, its checkpoints. `grace_s` and what is raised are as of `Worker.run`.
    """
    tell = progress_to(feedback, *share)
    line_at = 0.0
    for message in worker.run(kind, fields, arrays, cancel_of(feedback), grace_s):
        arrays.clear()  # not deleted: the callers have the same dictionary
        if message.type == "progress":
            tell(message.fields["fraction"])
            if "step" in message.fields and time.monotonic() - line_at >= LINE_EVERY_S:
                line_at = time.monotonic()
                feedback.pushInfo(progress_line(message.fields))
        elif message.type == "log":
            log = feedback.pushWarning if message.fields["level"] == "warning" else feedback.pushInfo
            log(GeoGanError(message.fields["template"], **message.fields["values"]).sentence(tr))
        elif message.type == "result":
            return message
        elif message.type in handlers:
            handlers[message.type](message)
    raise GeoGanError("The worker ended the job without a result. Run it again.")


def cancel_of(feedback: QgsProcessingFeedback) -> Callable[[], bool]:
    """Return what says whether a run was cancelled; to be asked again and again, in the thread of this call.

    QGIS 3.22 and 3.24 run batches and models in the thread of their windows. There no click is heard, on
    "Cancel" or elsewhere, unless whoever waits lets it be heard.
    """
    is_of_windows = QThread.currentThread() == QCoreApplication.instance().thread()
    heard_at = 0.0

    def is_cancelled() -> bool:
        nonlocal heard_at
        if is_of_windows and time.monotonic() - heard_at > CLICKS_EVERY_S:
            QCoreApplication.processEvents()
            heard_at = time.monotonic()
        return feedback.isCanceled()

    return is_cancelled


def progress_line(fields: Mapping[str, Any]) -> str:
    """Return one line on where a training stands."""
    return tr(
        "{stage} step {step}: generator loss {generator:.3f}, discriminator loss {discriminator:.3f}, "
        "{rate:.0f} patches/s, {left} left"
    ).format(
        stage=fields["stage"],
        step=fields["step"],
        generator=fields["generator_loss"],
        discriminator=fields["discriminator_loss"],
        rate=fields["patches_per_second"],
        left=duration(fields["seconds_left"]),
    )


def duration(seconds: float) -> str:
    """Return a time span for people, such as "4 min 5 s"."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return tr("{hours} h {minutes} min").format(hours=hours, minutes=minutes)
    if minutes:
        return tr("{minutes} min {seconds} s").format(minutes=minutes, seconds=rest)
    return tr("{seconds} s").format(seconds=rest)


def logged_to(feedback: QgsProcessingFeedback) -> Callable[..., None]:
    """Return a `log(template, **values)` that writes to the feedback, for rooms that know no QGIS."""
    return lambda template, **values: feedback.pushInfo(GeoGanError(template, **values).sentence(tr))


def progress_to(feedback: QgsProcessingFeedback, start: float, stop: float) -> Callable[[float], bool]:
    """Return a callback that shows a fraction as `start` to `stop` percent and is False after a cancel."""

    def tell(fraction: float) -> bool:
        feedback.setProgress(start + (stop - start) * fraction)
        return not feedback.isCanceled()

    return tell
