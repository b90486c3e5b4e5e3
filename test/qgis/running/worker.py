# SPDX-License-Identifier: GPL-3.0-or-later
"""The worker of the run in this process: whether there is one, and what befalls it."""

from __future__ import annotations

import os

from geogan.test.harness.processes import Process, worker_of

MEMORY = (
    "The worker was killed by the system (signal 9), most likely because memory ran out. "
    "Use a smaller preset, patch size or batch size, or close other programs."
)


def has_worker() -> bool:
    """Return whether this process has one."""
    return bool(Process(os.getpid()).children)


def kill_worker(_feedback) -> None:
    """Kill it as the system does when memory runs out."""
    worker_of(os.getpid()).kill()


def halt_worker_and_cancel(feedback) -> None:
    """Cancel when the worker cannot answer any more: it saves nothing, however quick it would be."""
    worker_of(os.getpid()).halt()
    feedback.cancel()
