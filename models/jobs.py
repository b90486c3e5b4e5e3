# SPDX-License-Identifier: GPL-3.0-or-later
"""The jobs of the worker: all that QGIS asks of `models/` and `realism/` comes through here."""

from __future__ import annotations

from .evaluation_job import evaluate
from .filling_job import fill, meet
from .generation_job import generate
from .training_job import train

HANDLERS = {"train": train, "generate": generate, "fill": fill, "meet": meet, "evaluate": evaluate}
