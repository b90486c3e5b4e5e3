# SPDX-License-Identifier: GPL-3.0-or-later
"""Starting, ending and explaining the processes that GeoGAN starts. The one place where it starts any."""

from __future__ import annotations

import os
import queue
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Callable

from ..errors import Cancelled, GeoGanError, TransientError
from .scrub import scrubbed

POLL_S = 0.1
REAP_S = 5.0
KILLED = 9  # SIGKILL, a name that Windows lacks

MEMORY_RAN_OUT = (
    "The worker was killed by the system ({how}), most likely because memory ran out. "
    "Use a smaller preset, patch size or batch size, or close other programs."
)
# Exit codes of Windows that mean something to a user, as unsigned 32-bit numbers.
WINDOWS_ENDINGS = {
    0xC0000005: "The worker crashed ({how}: access violation).",
    0xC0000017: MEMORY_RAN_OUT,
    0xC000012D: MEMORY_RAN_OUT,
    0xC0000135: "The worker did not start ({how}: a DLL is missing). Install the Visual C++ Redistributable.",
    0xC000001D: "The worker crashed ({how}): this TensorFlow needs a newer processor.",
}
# Conventions of shells and ssh, seen where the worker's command starts Python through another program.
WRAPPER_ENDINGS = {
    126: "The worker's command cannot be executed ({how}). Check the command.",
    127: "The worker's command was not found ({how}). Check the command.",
    255: "The worker's command could not connect or gave up ({how}). Check the command.",
}


def never() -> bool:
    """Return False: the `is_cancelled` of who cannot cancel."""
    return False


def start_process(command: Sequence[str], environ: Mapping[str, str], **pipes: int) -> subprocess.Popen:
    """Start `command` with a scrubbed environment, quietly, in a session of its own, below QGIS's priority.

    Raises GeoGanError if there is no such program or it may not be started.
    """
    program, *words = command
    try:
        return subprocess.Popen(  # nosec B603 - no shell; the words are the user's own set-up
            [_found(program), *words],
            env=scrubbed(environ),
            # Own session: Ctrl-C in QGIS's terminal is not for the worker, and its children die with it.
            start_new_session=True,
            creationflags=_creation_flags(),
            **pipes,
        )
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise GeoGanError(
            'The command "{command}" cannot be started: {reason}. Check it, or run "Set up GeoGAN" from the '
            "Processing Toolbox.",
            command=program,
            reason=reason,
        ) from error


def _found(program: str) -> str:
    """Return where a program lies that Windows would look for in the current folder before all others.

    That may be the folder of a project that somebody else has made. Raises GeoGanError if it lies there.
    """
    if sys.platform != "win32" or len(Path(program).parts) > 1:
        return program
    found = shutil.which(program)
    if found and not Path(found).is_absolute():
        raise GeoGanError(
            'The command "{command}" would be started from the current folder. Give its whole path instead.',
            command=program,
        )
    return found or program


def kill_process(process: subprocess.Popen) -> None:
    """End a process and the session that it leads, at once. Does nothing if it has ended."""
    if process.poll() is not None:
        return
    try:
        if hasattr(os, "killpg"):
            os.killpg(process.pid, signal.SIGKILL)
        else:
            process.kill()
    except (ProcessLookupError, PermissionError):  # it ended in between
        process.kill()
    wait_for(process, REAP_S)


def wait_for(process: subprocess.Popen, timeout_s: float) -> bool:
    """Wait at most `timeout_s` for the end of a process; return whether it has ended."""
    try:
        process.wait(timeout_s)
    except subprocess.TimeoutExpired:
        return False
    return True


def run_to_end(
    command: Sequence[str],
    environ: Mapping[str, str],
    on_line: Callable[[str], None],
    is_cancelled: Callable[[], bool] = never,
    timeout_s: float = float("inf"),
) -> int:
    """Run `command`, passing on each line that it prints, and return its exit code (-1 if it took too long).

    Raises Cancelled, with the process ended, when `is_cancelled` says so (asked at least every POLL_S).
    """
    process = start_process(
        command, environ, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    lines: queue.Queue[str | None] = queue.Queue()
    threading.Thread(target=_read_lines, args=(process.stdout, lines.put), daemon=True).start()
    deadline = time.monotonic() + timeout_s
    try:
        while True:
            if is_cancelled():
                raise Cancelled
            if time.monotonic() > deadline:
                return -1
            try:
                line = lines.get(timeout=POLL_S)
            except queue.Empty:
                continue
            if line is None:
                wait_for(process, REAP_S)
                return -1 if process.returncode is None else process.returncode
            on_line(line)
    finally:
        kill_process(process)


def describe_ending(returncode: int | None) -> GeoGanError:
    """Return a sentence for how the worker ended (None: it closed its pipe but lives)."""
    if returncode is None:
        return GeoGanError("The worker closed its connection without a word.")
    if returncode < 0:
        how = f"signal {-returncode}"
        if -returncode == KILLED:
            return TransientError(MEMORY_RAN_OUT, how=how)
        return GeoGanError("The worker crashed ({how}: {name}).", how=how, name=_signal_name(-returncode))
    how = f"exit code {returncode}"
    if returncode == 128 + KILLED:  # a shell or a container reports its child's signal 9 so
        return TransientError(MEMORY_RAN_OUT, how=how)
    unsigned = returncode & 0xFFFFFFFF
    template = WINDOWS_ENDINGS.get(unsigned) or WRAPPER_ENDINGS.get(returncode) or "The worker ended ({how})."
    kind = TransientError if template is MEMORY_RAN_OUT else GeoGanError
    return kind(template, how=f"exit code 0x{unsigned:X}" if unsigned in WINDOWS_ENDINGS else how)


def _read_lines(stream, put: Callable[[str | None], None]) -> None:
    with stream:
        for line in stream:
            put(line.decode("utf-8", "replace").rstrip())
    put(None)


def _creation_flags() -> int:
    if sys.platform != "win32":
        return 0
    return subprocess.BELOW_NORMAL_PRIORITY_CLASS | subprocess.CREATE_NO_WINDOW


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return "unknown"
