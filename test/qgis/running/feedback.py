# SPDX-License-Identifier: GPL-3.0-or-later
"""Feedback that acts while an algorithm runs, as a user or the system would, and feedback that listens."""

from __future__ import annotations

import re
from typing import Callable

from qgis.core import QgsProcessingFeedback


class ActingFeedback(QgsProcessingFeedback):
    """Calls `act(feedback)` once: when a line of the log or a heading matches, or beyond some percent.

    It is called in the middle of the algorithm, on the thread that runs it.
    """

    def __init__(
        self, act: Callable[[ActingFeedback], None], on_line: str | None = None, beyond: float = 0.0
    ) -> None:
        super().__init__(False)
        self.has_acted = False
        self._act, self._on_line, self._beyond = act, on_line, beyond
        if on_line is None:
            self.progressChanged.connect(self._on_progress)

    def pushInfo(self, info):
        super().pushInfo(info)
        self._act_on(info)

    def setProgressText(self, text):
        super().setProgressText(text)
        self._act_on(text)

    def _act_on(self, line: str) -> None:
        if self._on_line is not None and re.search(self._on_line, line):
            self._act_once()

    def _on_progress(self, percent: float) -> None:
        if percent > self._beyond:
            self._act_once()

    def _act_once(self) -> None:
        if not self.has_acted:
            self.has_acted = True
            self._act(self)


class ListeningFeedback(QgsProcessingFeedback):
    """Remembers the headings, which QGIS does not keep in its log."""

    def __init__(self) -> None:
        super().__init__(False)
        self.headings: list[str] = []

    def setProgressText(self, text):
        super().setProgressText(text)
        self.headings.append(text)


def cancel(feedback: QgsProcessingFeedback) -> None:
    """Press the button."""
    feedback.cancel()
