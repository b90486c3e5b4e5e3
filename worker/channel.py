# SPDX-License-Identifier: GPL-3.0-or-later
"""What a job in the worker sees of QGIS: where its messages go, and whether the user cancelled."""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any, Callable

import numpy as np

from ..errors import Cancelled
from .protocol import Message


class Channel:
    """The way back to QGIS for one job. Safe to use from several threads.

    A send blocks while QGIS is behind, so a job needs no queue of its own. A job that has better to do than
    to wait for one sends through `crossing`.
    """

    def __init__(self, job: int, write: Callable[[Message], None]) -> None:
        self.job = job
        self.device = "cpu"  # or "gpu": where the handler is to place its operations
        self.has_result = False
        self._write = write
        self._cancelled = threading.Event()
        self._supplies: queue.SimpleQueue[Message] = queue.SimpleQueue()
        self.is_expendable = False  # whether a cancel may end the worker at once

    def send(
        self,
        kind: str,
        fields: Mapping[str, Any] | None = None,
        arrays: Mapping[str, np.ndarray] | None = None,
    ) -> None:
        """Send one message of this job, of type `kind`. A `result` is the last one."""
        self._write(Message(kind, {**(fields or {}), "job": self.job}, arrays or {}))
        if kind == "result":
            self.has_result = True

    @contextmanager
    def crossing(self) -> Iterator[Callable[..., None]]:
        """Yield a `send` that returns while its message still crosses the pipe; at the end all have crossed.

        One message crosses at a time: the next send waits for it. Its arrays must not be changed meanwhile.
        """
        with ThreadPoolExecutor(1, "crossing") as thread:
            last: Future[None] | None = None

            def send(*message: Any) -> None:
                nonlocal last
                if last is not None:
                    last.result()
                last = thread.submit(self.send, *message)

            yield send
            if last is not None:
                last.result()

    def progress(self, fraction: float, **fields: Any) -> None:
        """Say how much is done (0 to 1), with anything else worth showing."""
        self.send("progress", {"fraction": float(fraction), **fields})

    def log(self, template: str, level: str = "info", **values: Any) -> None:
        """Send a line for the user's log: a template and its values, `level` "info" or "warning"."""
        self.send("log", {"template": template, "values": values, "level": level})

    def supply(self, message: Message) -> None:
        """Keep what QGIS sends to the job while it runs. Called by the server's reader thread."""
        self._supplies.put(message)

    def supplied(self) -> Message | None:
        """Return what QGIS has sent to the job since, the oldest first; None where there is nothing."""
        try:
            return self._supplies.get_nowait()
        except queue.Empty:
            return None

    @contextmanager
    def expendable(self) -> Iterator[None]:
        """For work that hears no cancel and leaves nothing to save: a cancel ends the worker meanwhile."""
        self.is_expendable = True
        self.check_cancelled()  # one that came before would be heard only afterwards
        try:
            yield
        finally:
            self.is_expendable = False

    def cancel(self) -> None:
        """Note that the user cancelled. Called by the server's reader thread."""
        self._cancelled.set()

    @property
    def cancelled(self) -> bool:
        """Whether the user cancelled."""
        return self._cancelled.is_set()

    def check_cancelled(self) -> None:
        """Raise Cancelled if the user cancelled."""
        if self.cancelled:
            raise Cancelled
