# SPDX-License-Identifier: GPL-3.0-or-later
"""Keeps one worker warm between jobs, so that a second job need not wait for TensorFlow to load."""

from __future__ import annotations

import atexit
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Callable

from .client import Worker, WorkerError
from .process import never

IDLE_S = 300.0
PREPARED_S = 300.0  # a worker that nobody came for


class WarmWorkers:
    """At most one idle worker, ended `idle_s` after its job. Safe to use from several threads."""

    def __init__(self, launch: Callable[..., Worker] = Worker.launch) -> None:
        self.idle_s = IDLE_S
        self._launch = launch
        self._lock = threading.Lock()
        self._idle: Worker | None = None
        self._timer: threading.Timer | None = None

    def prepare(self, command: Sequence[str]) -> None:
        """Let a worker of `command` load TensorFlow for a job that is about to come, unless one is kept.

        Raises GeoGanError for a command that cannot be started.
        """
        with self._lock:
            kept = self._idle
        if kept is not None and kept.is_alive and kept.command == tuple(command):
            return
        self._keep(self._launch(tuple(command)), PREPARED_S)

    def unneeded(self) -> None:
        """Keep a worker that was prepared only as long as after a job: none comes any more."""
        with self._lock:
            worker, self._idle = self._idle, None
            self._stop_timer()
        if worker is not None:
            self._keep(worker, self.idle_s)

    @contextmanager
    def borrowed(self, command: Sequence[str], is_cancelled: Callable[[], bool] = never) -> Iterator[Worker]:
        """Lend a worker of `command`: the idle one, or a new one.

        It is kept warm where it is as good as before: the job ended well or with a plain sentence. After any
        other failure (out of memory, a driver gone wrong) a fresh process is worth the wait, and who cancels
        wants the computer back.
        """
        worker = self._take(tuple(command)) or self._launch(command)
        worker.wait_until_ready(is_cancelled)
        try:
            yield worker
        except WorkerError as error:
            if error.detail:
                worker.kill()
            raise
        finally:
            if is_cancelled():
                worker.kill()
            self._give_back(worker)

    def close(self) -> None:
        """End the idle worker, if there is one."""
        self._keep(None, 0.0)

    def _take(self, command: tuple[str, ...]) -> Worker | None:
        with self._lock:
            worker, self._idle = self._idle, None
            self._stop_timer()
        if worker is None:
            return None
        if worker.command != command or not (worker.is_idle or worker.is_starting):
            worker.close()
        elif worker.is_starting or worker.shows_life():
            return worker
        else:
            worker.kill()
        return None

    def _give_back(self, worker: Worker) -> None:
        if worker.is_idle:
            self._keep(worker, self.idle_s)
        else:
            worker.kill()

    def _keep(self, worker: Worker | None, seconds: float) -> None:
        with self._lock:
            former, self._idle = self._idle, worker
            self._stop_timer()
            if worker is not None:
                self._timer = threading.Timer(seconds, self._end, args=(worker,))
                self._timer.daemon = True
                self._timer.start()
        if former is not None:
            former.close()

    def _end(self, worker: Worker) -> None:
        with self._lock:
            if self._idle is not worker:  # lent in the moment the timer rang
                return
            self._idle = None
        worker.close()

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None


_workers = WarmWorkers()
atexit.register(_workers.close)

borrowed_worker = _workers.borrowed
prepare_worker = _workers.prepare
unneeded_worker = _workers.unneeded
close_idle_workers = _workers.close


def set_idle_time(seconds: float) -> None:
    """Choose how long a worker is kept after a job; at 0 it ends at once."""
    _workers.idle_s = seconds
