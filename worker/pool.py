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


class WarmWorkers:
    """At most one idle worker, ended after `idle_s`. Safe to use from several threads."""

    def __init__(self, start: Callable[..., Worker] = Worker.start, idle_s: float = IDLE_S) -> None:
        self._start = start
        self._idle_s = idle_s
        self._lock = threading.Lock()
        self._idle: Worker | None = None
        self._timer: threading.Timer | None = None

    @contextmanager
    def borrowed(self, command: Sequence[str], is_cancelled: Callable[[], bool] = never) -> Iterator[Worker]:
        """Lend a worker of `command`: the idle one, or a new one.

        It is kept warm where it is as good as before: the job ended well or with a plain sentence. After any
        other failure (out of memory, a driver gone wrong) a fresh process is worth the wait, and who cancels
        wants the computer back.
        """
        worker = self._take(tuple(command)) or self._start(command, is_cancelled)
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
        self._keep(None)

    def _take(self, command: tuple[str, ...]) -> Worker | None:
        with self._lock:
            worker, self._idle = self._idle, None
            self._stop_timer()
        if worker is None:
            return None
        if worker.is_idle and worker.command == command:
            return worker
        worker.close()
        return None

    def _give_back(self, worker: Worker) -> None:
        if worker.is_idle:
            self._keep(worker)
        else:
            worker.kill()

    def _keep(self, worker: Worker | None) -> None:
        with self._lock:
            former, self._idle = self._idle, worker
            self._stop_timer()
            if worker is not None:
                self._timer = threading.Timer(self._idle_s, self._end, args=(worker,))
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
close_idle_workers = _workers.close
