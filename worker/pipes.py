# SPDX-License-Identifier: GPL-3.0-or-later
"""The three threads that keep QGIS's side of the worker's pipes moving, so that no wait is without a bound.

Each thread owns its stream and closes it. All are daemons: a stuck pipe cannot keep QGIS from ending.
"""

from __future__ import annotations

import queue
import threading
import time
from collections import deque
from collections.abc import Sequence
from typing import BinaryIO, Callable

from .protocol import Message, frame_pieces, read_message

CLOSE_CHECK_S = 0.5
TAIL_LINES = 12
TAIL_LINE_BYTES = 2000


class EndOfInbox(Exception):  # noqa: N818 - like StopIteration
    """Nothing more comes. The cause says why, if it was not a clean end between two messages."""


class Inbox:
    """Reads frames into a short queue. While it is full nothing is read, and so the worker must wait."""

    def __init__(self, stream: BinaryIO, capacity: int = 8) -> None:
        self._stream = stream
        self._queue: queue.Queue[Message | None] = queue.Queue(capacity)  # None: the end
        self._closed = threading.Event()
        self._failure: Exception | None = None
        self.signs_of_life = 0  # grows with everything that is heard, heartbeats included
        self.heard_at = 0.0  # by the clock on the wall, which goes on while the computer sleeps
        threading.Thread(target=self._read, name="GeoGAN inbox", daemon=True).start()

    def get(self, timeout_s: float) -> Message | None:
        """Return the next message, or None after `timeout_s`. Raises EndOfInbox."""
        try:
            message = self._queue.get(timeout=timeout_s)
        except queue.Empty:
            return None
        if message is None:
            self._put(None)  # the end stays the end
            raise EndOfInbox from self._failure
        return message

    @property
    def waiting(self) -> int:
        """How many messages have come and not been taken; the end counts as one."""
        return self._queue.qsize()

    def close(self) -> None:
        """Let go of a reader that waits for room in the queue."""
        self._closed.set()

    def _read(self) -> None:
        stream = _ListenedTo(self._stream, self._note_life)
        try:
            while self._pass_on(stream):
                pass
        except Exception as error:  # noqa: BLE001 - whoever waits for a message must learn of it
            self._failure = error
        finally:
            self._stream.close()
            self._put(None)

    def _pass_on(self, stream: _ListenedTo) -> bool:
        """Read one message; False at the end. None is kept: its arrays may be large, the next far away."""
        message = read_message(stream)
        if message is None:
            return False
        if message.type != "heartbeat":
            self._put(message)
            self._note_life()  # a wait for room was ours, not the worker's
        return True

    def _put(self, message: Message | None) -> None:
        while not self._closed.is_set():
            try:
                self._queue.put(message, timeout=CLOSE_CHECK_S)
            except queue.Full:
                continue
            return

    def _note_life(self) -> None:
        self.signs_of_life += 1
        self.heard_at = time.time()


class _ListenedTo:
    """A stream that tells of each piece that arrives: one large frame may take minutes on a slow link."""

    def __init__(self, stream: BinaryIO, note: Callable[[], None]) -> None:
        self._stream = stream
        self._note = note

    def readline(self, limit: int) -> bytes:
        line = self._stream.readline(limit)
        self._note()
        return line

    def readinto(self, view: memoryview) -> int:
        count = self._stream.readinto(view)
        self._note()
        return count


class Outbox:
    """Writes messages in order, without making the caller wait for the worker."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._queue: queue.Queue[Callable[[], Sequence[bytes | memoryview]] | None] = queue.Queue()
        threading.Thread(target=self._write, name="GeoGAN outbox", daemon=True).start()

    def send(self, message: Message) -> None:
        """Send a message, after all that was sent before.

        Raises ProtocolError here, in the caller's thread, for a message beyond the limits.
        """
        pieces = frame_pieces(message)
        self._queue.put(lambda: pieces)

    def send_made(self, make: Callable[[], bytes]) -> None:
        """Send raw bytes, likewise; they are made in this thread here, not in the caller's."""
        self._queue.put(lambda: [make()])

    def close(self) -> None:
        """End the worker's input, after what has been sent: the worker then ends itself."""
        self._queue.put(None)

    def _write(self) -> None:
        try:
            with self._stream:
                while self._write_next():
                    pass
        except (OSError, ValueError):
            # The worker is gone. The inbox learns that too, and knows what the worker said last.
            return

    def _write_next(self) -> bool:
        """Write what is next in the queue; False at its end."""
        made = self._queue.get()
        if made is None:
            return False
        for piece in made():
            self._stream.write(piece)
        self._stream.flush()
        return True


class Tail:
    """Keeps the last lines of a stream: what the worker wrote to stderr before it died."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._lines: deque[str] = deque(maxlen=TAIL_LINES)
        self._thread = threading.Thread(target=self._read, name="GeoGAN stderr", daemon=True)
        self._thread.start()

    def text(self, timeout_s: float = 1.0) -> str:
        """Return the last lines, after waiting at most `timeout_s` for the stream's end."""
        self._thread.join(timeout_s)
        return "\n".join(self._lines)

    def _read(self) -> None:
        with self._stream:
            while line := self._stream.readline(TAIL_LINE_BYTES):
                text = line.decode("utf-8", "replace").rstrip()
                if text:
                    self._lines.append(text)
