# SPDX-License-Identifier: GPL-3.0-or-later
"""The worker's side of the pipe: says hello, runs one job after another, and ends when QGIS does.

Three threads: the main thread loads TensorFlow and runs the jobs; the reader takes requests and cancels; the
heartbeat says every second that the worker lives. A job may start more.
"""

from __future__ import annotations

import ctypes
import gc
import os
import platform
import queue
import sys
import threading
import time
import traceback
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, BinaryIO, Callable, NoReturn

import numpy as np

from ..errors import Cancelled, GeoGanError, TransientError
from . import runtime
from .channel import Channel
from .protocol import PROTOCOL_VERSION, Message, read_message, write_message

HEARTBEAT_S = 1.0
_MOST_OF_A_VALUE = 2000  # characters
NICENESS = 10
EXIT_AT_END_OF_INPUT = 0
EXIT_AT_CANCEL = 0
EXIT_AT_NOT_LOADED = 1
EXIT_AT_BAD_REQUEST = 2

Handler = Callable[[Message, Channel], None]

NOT_LOADED = (
    "The worker's Python ({python}) cannot load what GeoGAN needs: {reason}. "
    'Run "Set up GeoGAN" from the Processing Toolbox.'
)
OUT_OF_MEMORY = (
    "The worker ran out of memory. Use a smaller preset, patch size or batch size, or close other programs. "
    "({reason})"
)
FAILED = "The worker failed: {reason}"
# What libraries say, in errors of several kinds, where the computer's or a graphics card's memory is full.
_SIGNS_OF_FULL_MEMORY = (
    "Cannot allocate memory",
    "WinError 1455",
    "Dst tensor is not initialized",
    "No algorithm worked!",
    "CUDNN_STATUS_ALLOC_FAILED",
    "CUBLAS_STATUS_ALLOC_FAILED",
    "CUDA_ERROR_OUT_OF_MEMORY",
)


def main(requests: BinaryIO, replies: BinaryIO) -> NoReturn:
    """Serve until the end of input. Called by the bootstrap with the two ends of the pipe."""
    _lower_priority()
    server = Server(requests, replies)
    server.start_threads()
    try:
        with _nothing_is_garbage():
            facts, handlers = runtime.start(), _load_handlers()
    except GeoGanError as error:
        server.send_error(error)
    except Exception as error:  # noqa: BLE001 - a broken installation may raise anything
        server.send_error(_explain(error, NOT_LOADED, python=sys.executable), _traceback(error))
    else:
        server.send_hello(facts)
        server.serve(handlers, facts)
    # Not a normal exit: the interpreter would trip over the reader thread, which waits in the pipe.
    os._exit(EXIT_AT_NOT_LOADED)


class Server:
    """The two ends of the pipe, and the jobs that have come through it."""

    def __init__(self, requests: BinaryIO, replies: BinaryIO) -> None:
        self._requests = requests
        self._replies = replies
        self._write_lock = threading.Lock()
        self._jobs: queue.Queue[tuple[Message, Channel]] = queue.Queue()
        self._channels: dict[int, Channel] = {}

    def start_threads(self) -> None:
        """Begin to take requests and to show life."""
        threading.Thread(target=self._read_requests, name="requests", daemon=True).start()
        threading.Thread(target=self._beat, name="heartbeat", daemon=True).start()

    def serve(self, handlers: Mapping[str, Handler], facts: Mapping[str, Any]) -> NoReturn:
        """Run one job after another."""
        while True:
            request, channel = self._jobs.get()
            self._run(request, channel, handlers, facts)
            del self._channels[channel.job], request, channel  # their arrays may be large
            _give_memory_back()

    def send_hello(self, facts: Mapping[str, Any]) -> None:
        """Say that jobs are welcome, with the facts of `runtime.start`."""
        own = {
            "protocol": PROTOCOL_VERSION,
            "python": platform.python_version(),
            "numpy": np.__version__,
            "pid": os.getpid(),
            "platform": platform.platform(),
        }
        self.send(Message("hello", {**own, **facts}))

    def send_error(self, error: GeoGanError, detail: str = "", **fields: Any) -> None:
        """Send a failure: its sentence for the user, `detail` (a traceback, or nothing) for a bug report."""
        values = {name: _as_json(value) for name, value in error.values.items()}
        told = {"template": error.template, "values": values, "is_transient": error.is_transient}
        self.send(Message("error", {**told, "detail": detail, **fields}))

    def send(self, message: Message) -> None:
        """Write one frame whole. Any thread may call this. If nobody reads any more, the worker ends."""
        try:
            with self._write_lock:
                write_message(self._replies, message)
        except OSError:
            os._exit(EXIT_AT_END_OF_INPUT)

    def _run(
        self, request: Message, channel: Channel, handlers: Mapping[str, Handler], facts: Mapping[str, Any]
    ) -> None:
        try:
            handler = handlers.get(request.type)
            if handler is None:
                raise GeoGanError("The worker has no job called {type}.", type=request.type)
            wish = request.fields.get("device", "auto")
            channel.device = runtime.choose_device(wish, facts["device"], facts["why_no_gpu"])
            handler(request, channel)
            if not channel.has_result:
                raise GeoGanError("The worker's job {type} ended without a result.", type=request.type)
        except Cancelled:
            channel.send("cancelled")
        except GeoGanError as error:
            self.send_error(error, job=channel.job)
        except Exception as error:  # noqa: BLE001 - no failure of a job may end the worker
            self.send_error(_explain(error, FAILED), _traceback(error), job=channel.job)

    def _read_requests(self) -> None:
        """Take requests until the end of input; then QGIS has gone, and nothing here is worth finishing."""
        status = EXIT_AT_END_OF_INPUT
        try:
            while self._accept_next():
                pass
        except Exception as error:  # noqa: BLE001 - nobody would hear QGIS any more, as after MemoryError
            sys.stderr.write(f"GeoGAN worker: {error or type(error).__name__}\n")
            sys.stderr.flush()
            status = EXIT_AT_BAD_REQUEST
        # At once, in the middle of a TensorFlow step too: a normal exit would wait for the main thread.
        os._exit(status)

    def _accept_next(self) -> bool:
        """Take one request; False at the end. None is kept: its arrays may be large, the next far away."""
        message = read_message(self._requests)
        if message is None:
            return False
        job = message.fields.get("job", 0)
        if message.type == "cancel":
            channel = self._channels.get(job)  # none: the job ended while the cancel was under way
            if channel is not None:
                channel.cancel()
                if channel.is_expendable:
                    os._exit(EXIT_AT_CANCEL)
        elif message.type == "supply":
            channel = self._channels.get(job)
            if channel is not None:
                channel.supply(message)
        else:
            # The channel exists from now on, so that a cancel finds it even before the job has begun.
            channel = self._channels[job] = Channel(job, self.send)
            self._jobs.put((message, channel))
        return True

    def _beat(self) -> None:
        while True:
            self.send(Message("heartbeat"))
            time.sleep(HEARTBEAT_S)


@contextmanager
def _nothing_is_garbage() -> Iterator[None]:
    """Import without looking for garbage, and never look at what was imported: a sixth of the time."""
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()


def _load_handlers() -> Mapping[str, Handler]:
    from ..models.jobs import HANDLERS

    return HANDLERS


def _lower_priority() -> None:
    """Leave QGIS the first call on the cores. On Windows the client starts the worker with a lower class."""
    if hasattr(os, "nice"):
        os.nice(NICENESS)


def _give_memory_back() -> None:
    """Return a finished job's memory to the system: a warm worker may wait for minutes."""
    gc.collect()
    if sys.platform == "linux":
        trim = getattr(ctypes.CDLL(None), "malloc_trim", None)  # glibc only
        if trim is not None:
            trim(0)


def _explain(error: Exception, otherwise: str, **values: str) -> GeoGanError:
    """Turn an unexpected failure into the sentence for full memory, or else into another one.

    TensorFlow's own class is told by its name.
    """
    names = {kind.__name__ for kind in type(error).__mro__}
    is_full = any(sign in str(error) for sign in _SIGNS_OF_FULL_MEMORY)
    if isinstance(error, MemoryError) or "ResourceExhaustedError" in names or is_full:
        return TransientError(OUT_OF_MEMORY, reason=_reason(error))
    return GeoGanError(otherwise, reason=_reason(error), **values)


def _reason(error: Exception) -> str:
    """Return the kind and first line of a failure; TensorFlow's texts run over pages."""
    lines = str(error).strip().splitlines()
    return f"{type(error).__name__}: {lines[0][:300]}" if lines else type(error).__name__


def _traceback(error: Exception) -> str:
    return "".join(traceback.format_exception(type(error), error, error.__traceback__))


def _as_json(value: Any) -> Any:
    """Return a value of a sentence as JSON has it, of bounded length: a frame has a bound as well."""
    if isinstance(value, (float, np.generic, type(None))):
        return value
    text = str(value)
    is_number = isinstance(value, int) and len(text) <= _MOST_OF_A_VALUE
    return value if is_number else text[:_MOST_OF_A_VALUE]
