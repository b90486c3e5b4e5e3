# SPDX-License-Identifier: GPL-3.0-or-later
"""The jobs of the worker: all that QGIS asks of `models/` and `realism/` comes through here."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Callable

from .generation.generation_job import generate

if TYPE_CHECKING:
    from ..worker.channel import Channel
    from ..worker.protocol import Message


def _imported_when_asked(module: str, job: str) -> Callable[[Message, Channel], None]:
    """Return a job of a module that most workers never need: its libraries would delay the first block."""

    def run(request: Message, channel: Channel) -> None:
        getattr(importlib.import_module(f".{module}", __package__), job)(request, channel)

    return run


HANDLERS = {
    "generate": generate,
    "train": _imported_when_asked("training.training_job", "train"),
    "fill": _imported_when_asked("filling.filling_job", "fill"),
    "meet": _imported_when_asked("filling.filling_job", "meet"),
    "evaluate": _imported_when_asked("evaluation_job", "evaluate"),
}
