# SPDX-License-Identifier: GPL-3.0-or-later
"""QGIS's side of the worker: start it, run jobs in it, end it. No call waits without a bound."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Callable

import numpy as np

from ..errors import Cancelled, GeoGanError, TransientError
from .archive import bootstrap_bytes, build_archive, full_command
from .hello import Hello
from .pipes import EndOfInbox, Inbox, Outbox, Tail
from .process import POLL_S, describe_ending, kill_process, never, start_process, wait_for
from .protocol import Message, ProtocolError

START_S = 600.0  # importing TensorFlow from a cold disk behind a virus scanner takes minutes
SILENCE_S = 60.0  # the worker sends a heartbeat every second
LAST_WORDS_S = 2.0  # for what is still in the pipe of a worker that has ended
CANCEL_GRACE_S = 10.0  # to finish what is being done and save
CLOSE_S = 3.0
HEARTBEATS_S = 3.0  # in which a worker that does nothing else sends some

TOO_SLOW = "The worker did not start within {minutes} minutes."
SILENT = "Nothing was heard from the worker for {seconds} s."

IDLE = Message("idle")


LAST_LINES = "{why}\nIts last lines were:\n{tail}"


class WorkerDied(GeoGanError):  # noqa: N818 - says what happened
    """The worker ended, fell silent or sent what is no message. `tail` is the end of its stderr, or empty."""

    def __init__(self, reason: GeoGanError, tail: str = "") -> None:
        super().__init__(reason.template, **reason.values)
        self.is_transient = reason.is_transient
        self.tail = tail

    def sentence(self, translate: Callable[[str], str] = str) -> str:
        """Return why it died and what it said last, as `GeoGanError.sentence` does."""
        why = super().sentence(translate)
        return translate(LAST_LINES).format(why=why, tail=self.tail) if self.tail else why


class WorkerError(GeoGanError):
    """A failure that the worker reported. `detail` is its traceback for a bug report, or empty."""

    def __init__(self, message: Message) -> None:
        super().__init__(message.fields["template"], **message.fields.get("values", {}))
        self.detail: str = message.fields.get("detail", "")
        self.is_transient = bool(message.fields.get("is_transient", False))


class Worker:
    """A running worker. Made by `Worker.start` or `Worker.launch`; used by one thread at a time."""

    def __init__(self, command: tuple[str, ...], process: subprocess.Popen) -> None:
        self.command = command
        self.hello: Hello | None = None  # until it is ready
        self.archive = b""  # the code that it runs, once that is sent
        self._process = process
        self._outbox = Outbox(process.stdin)
        self._inbox = Inbox(process.stdout)
        self._stderr = Tail(process.stderr)
        self._life_heard = 0
        self._silence_s = 0.0
        self._job = 0
        self._is_busy = True  # until it has said hello

    @classmethod
    def start(
        cls, command: Sequence[str], is_cancelled: Callable[[], bool] = never, **options: Any
    ) -> Worker:
        """Start a worker and wait until it is ready: `launch` and `wait_until_ready` in one."""
        worker = cls.launch(command, **options)
        worker.wait_until_ready(is_cancelled)
        return worker

    @classmethod
    def launch(
        cls,
        command: Sequence[str],
        *,
        environ: Mapping[str, str] | None = None,
        archive: bytes | None = None,
    ) -> Worker:
        """Start a worker with `command`, which starts a Python, and let it load TensorFlow by itself.

        `archive` is the code to send (the plugin's own). Raises GeoGanError for a command that fails.
        """
        pipes = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE)
        process = start_process(full_command(command), os.environ if environ is None else environ, **pipes)
        worker = cls(tuple(command), process)

        def packed() -> bytes:
            worker.archive = build_archive() if archive is None else archive
            return bootstrap_bytes(worker.archive)

        # Packing takes some tens of milliseconds, in which QGIS's window would not react: not in this thread.
        worker._outbox.send_made(packed)
        return worker

    def wait_until_ready(self, is_cancelled: Callable[[], bool] = never) -> None:
        """Wait for the hello of a worker that was launched; a worker that has said it is ready at once.

        `is_cancelled` is asked at least every 0.1 s. Raises GeoGanError for a Python that lacks something,
        Cancelled; the worker has then ended.
        """
        if self.hello is not None:
            return
        try:
            self.hello = self._wait_for_hello(is_cancelled)
        except BaseException:
            self.kill()
            raise
        self._is_busy = False

    @property
    def is_alive(self) -> bool:
        """Whether its process runs."""
        return self._process.poll() is None

    @property
    def is_idle(self) -> bool:
        """Whether it can take a job: alive, ready, and the last one was answered to its end."""
        return self.is_alive and not self._is_busy

    @property
    def is_starting(self) -> bool:
        """Whether it lives but nobody has yet waited until it is ready."""
        return self.is_alive and self.hello is None

    def shows_life(self) -> bool:
        """Whether a heartbeat came a moment ago, or does in a few seconds. An idle worker sends one a second.

        Of a worker behind ssh the near end may still run when the far end is long gone, as after a sleep.
        """
        if abs(time.time() - self._inbox.heard_at) < HEARTBEATS_S:
            return True
        heard, deadline = self._inbox.signs_of_life, time.monotonic() + HEARTBEATS_S
        while self._inbox.signs_of_life == heard and time.monotonic() < deadline:
            time.sleep(POLL_S)
        return self._inbox.signs_of_life != heard

    def run(
        self,
        kind: str,
        fields: Mapping[str, Any] | None = None,
        arrays: Mapping[str, np.ndarray] | None = None,
        is_cancelled: Callable[[], bool] = never,
        grace_s: float | None = None,
    ) -> Iterator[Message]:
        """Run one job and yield what it sends; the last message is its `result`.

        A message of type "idle" comes whenever nothing else came for 0.1 s. While the caller works on a
        message at most a few more are kept; then the worker waits. After a cancel the worker has `grace_s`,
        or CANCEL_GRACE_S, to send what it has (a last checkpoint) before it is killed.

        Raises WorkerError for a failure in the job (the worker can take another one), Cancelled, or
        WorkerDied. A caller that stops early ends the worker.
        """
        if self._is_busy:
            raise ValueError("The worker is busy with another job")
        self._job += 1
        self._outbox.send(Message(kind, {**(fields or {}), "job": self._job}, arrays or {}))
        self._is_busy = True
        try:
            for message in self._answers(is_cancelled, CANCEL_GRACE_S if grace_s is None else grace_s):
                if message.type in ("result", "error", "cancelled"):
                    self._is_busy = False
                if message.type == "error":
                    raise WorkerError(message)
                if message.type == "cancelled":
                    raise Cancelled
                yield message
        finally:
            if self._is_busy:
                self.kill()

    def supply(self, fields: Mapping[str, Any], arrays: Mapping[str, np.ndarray]) -> None:
        """Send the running job what it has asked for, between two messages of `run`."""
        self._outbox.send(Message("supply", {**fields, "job": self._job}, arrays))

    def close(self) -> None:
        """End the worker by ending its input; kill it if it does not heed that in time, or is starting."""
        self._outbox.close()
        if not self.is_starting:
            wait_for(self._process, CLOSE_S)
        self.kill()

    def kill(self) -> None:
        """End the worker at once. Can be called again."""
        self._inbox.close()
        kill_process(self._process)
        self._outbox.close()

    def _wait_for_hello(self, is_cancelled: Callable[[], bool]) -> Hello:
        deadline = time.monotonic() + START_S
        while time.monotonic() < deadline:
            if is_cancelled():
                raise Cancelled
            # A long import holds the heartbeat up as well.
            message = self._receive(START_S)
            if message is None:
                continue
            if message.type == "error":
                raise WorkerError(message)
            if message.type == "hello":
                return Hello.from_message(message)
        raise self._death(TransientError(TOO_SLOW, minutes=int(START_S / 60)))

    def _answers(self, is_cancelled: Callable[[], bool], grace_s: float) -> Iterator[Message]:
        """Yield the messages of the current job, and IDLE in between, to the last."""
        grace = None
        while True:
            if grace is None and is_cancelled():
                self._outbox.send(Message("cancel", {"job": self._job}))
                grace = _Grace(self._inbox, grace_s)
            elif grace is not None and grace.is_over():
                raise Cancelled
            try:
                message = self._receive()
            except WorkerDied as error:
                if grace is not None:
                    raise Cancelled from error
                raise
            if message is None:
                yield IDLE
            elif message.fields.get("job") == self._job:
                yield message
                if message.type == "result":
                    return

    def _receive(self, silence_s: float | None = None) -> Message | None:
        """Return the next message, or None after POLL_S.

        Raises WorkerDied for the end of the pipe, a broken frame or so much silence (SILENCE_S).
        """
        started = time.monotonic()
        try:
            message = self._inbox.get(POLL_S)
        except EndOfInbox as end:
            wait_for(self._process, LAST_WORDS_S)
            raise self._death(self._explain_end(end.__cause__)) from end
        self._count_silence(message is not None, time.monotonic() - started)
        if self.is_alive:
            limit_s = silence_s or SILENCE_S
            if self._silence_s > limit_s:
                raise self._death(TransientError(SILENT, seconds=int(limit_s)))
        elif self._silence_s > LAST_WORDS_S:  # ended, while a child of its own holds the pipe open
            raise self._death(describe_ending(self._process.returncode))
        return message

    def _count_silence(self, has_message: bool, waited_s: float) -> None:
        """Add up silence in waits, not by the clock: a computer that slept has not heard anything either."""
        life = self._inbox.signs_of_life
        if has_message or life != self._life_heard:
            self._silence_s = 0.0
        else:
            self._silence_s += min(waited_s, 10 * POLL_S)
        self._life_heard = life

    def _explain_end(self, cause: BaseException | None) -> GeoGanError:
        """Return why the worker's messages ended: how it died, or, if it lives, what was wrong with them."""
        if self._process.poll() in (None, 0) and isinstance(cause, ProtocolError):
            return GeoGanError(
                "What the worker sent cannot be read: {reason} Check the worker's command: it may print "
                "nothing itself, only start a Python.",
                reason=str(cause),
            )
        return describe_ending(self._process.poll())

    def _death(self, reason: GeoGanError) -> WorkerDied:
        """End the worker and return the sentence for it, with the last lines of its stderr."""
        self.kill()
        return WorkerDied(reason, self._stderr.text())


class _Grace:
    """What a cancelled job may still send: all that comes in time, even if the caller is slow to take it."""

    def __init__(self, inbox: Inbox, seconds: float) -> None:
        self._inbox = inbox
        self._end = time.monotonic() + seconds
        self._left: int | None = None  # messages that had come when the time was over

    def is_over(self) -> bool:
        """Whether nothing more is taken. Asked before each message."""
        if time.monotonic() <= self._end:
            return False
        self._left = self._inbox.waiting if self._left is None else self._left - 1
        return self._left <= 0
