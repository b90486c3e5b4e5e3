# SPDX-License-Identifier: GPL-3.0-or-later
"""Looking at processes that we did not start ourselves, through /proc."""

from __future__ import annotations

import os
import signal
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Callable

POLL_S = 0.05
CLOCK_TICKS_PER_S = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Process:
    """A process that need not be a child of ours."""

    pid: int

    @property
    def is_running(self) -> bool:
        """Whether it exists and has not ended; an orphan may stay a zombie where nobody reaps it."""
        state_and_parent = _state_and_parent(self.pid)
        return state_and_parent is not None and state_and_parent[0] not in "ZX"

    @property
    def children(self) -> list[Process]:
        """Those that it started and that still run."""
        pids = (int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit())
        children = [Process(pid) for pid in pids if (_state_and_parent(pid) or ("", 0))[1] == self.pid]
        return [child for child in children if child.is_running]

    @property
    def memory_mb(self) -> float:
        """Resident memory now, in MiB; 0 once it has ended."""
        return self._memory("VmRSS:")

    @property
    def peak_memory_mb(self) -> float:
        """The most resident memory that it has had, in MiB; 0 once it has ended."""
        return self._memory("VmHWM:")

    @property
    def processor_seconds(self) -> float:
        """What its threads have computed; 0 once it has ended."""
        try:
            stat = Path(f"/proc/{self.pid}/stat").read_text(encoding="ascii", errors="replace")
        except (FileNotFoundError, ProcessLookupError):
            return 0.0
        fields = stat.rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / CLOCK_TICKS_PER_S

    def kill(self) -> None:
        """End it with signal 9, as the system does when memory runs out."""
        os.kill(self.pid, signal.SIGKILL)

    def halt(self) -> None:
        """Stop it where it is; it answers nothing, and only `kill` ends it."""
        os.kill(self.pid, signal.SIGSTOP)

    def is_gone_within(self, seconds: float) -> bool:
        """Wait for its end, at most so long; return whether it has ended."""
        return wait_until(lambda: not self.is_running, seconds)

    def _memory(self, label: str) -> float:
        try:
            lines = (
                Path(f"/proc/{self.pid}/status").read_text(encoding="ascii", errors="replace").splitlines()
            )
        except (FileNotFoundError, ProcessLookupError):
            return 0.0
        return next((int(line.split()[1]) / 1024 for line in lines if line.startswith(label)), 0.0)


def worker_of(client_pid: int) -> Process:
    """Return the worker that a QGIS process has started. Raises LookupError unless there is exactly one."""
    workers = [child for child in Process(client_pid).children if "python" in _command_of(child.pid)]
    if len(workers) != 1:
        raise LookupError(f"process {client_pid} has {len(workers)} workers, not one")
    return workers[0]


def open_files_in(folder: Path) -> list[str]:
    """Return the files below a folder that this process has open. Windows would not delete them."""
    opened = [os.path.realpath(descriptor) for descriptor in Path("/proc/self/fd").iterdir()]
    return [path for path in opened if path.startswith(str(folder))]


def wait_until(condition: Callable[[], bool], seconds: float) -> bool:
    """Wait until `condition()` holds, at most so long; return whether it does."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(POLL_S)
    return True


def _state_and_parent(pid: int) -> tuple[str, int] | None:
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace")
    except (FileNotFoundError, ProcessLookupError):
        return None
    state, parent = stat.rpartition(")")[2].split()[:2]
    return state, int(parent)


def _command_of(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().partition(b"\0")[0].decode("utf-8", "replace")
    except (FileNotFoundError, ProcessLookupError):
        return ""
