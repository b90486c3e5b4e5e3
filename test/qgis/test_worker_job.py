# SPDX-License-Identifier: GPL-3.0-or-later
"""How a run hears that it is cancelled."""

from __future__ import annotations

import threading

from geogan.algorithms.worker_job import cancel_of
from qgis.core import QgsProcessingFeedback
from qgis.PyQt.QtCore import QTimer


def test_a_run_in_the_thread_of_the_windows_lets_a_click_on_cancel_be_heard(qgis_app):
    feedback = QgsProcessingFeedback(False)
    is_cancelled = cancel_of(feedback)
    assert not is_cancelled()
    QTimer.singleShot(
        0, feedback.cancel
    )  # comes as a click does, when the thread looks for what has happened

    assert any(is_cancelled() for _ in range(10**7))


def test_a_run_in_a_thread_of_its_own_leaves_clicks_to_the_windows(qgis_app):
    feedback, answers = QgsProcessingFeedback(False), []
    QTimer.singleShot(0, feedback.cancel)

    def ask() -> None:
        is_cancelled = cancel_of(feedback)
        answers.extend(is_cancelled() for _ in range(3))

    thread = threading.Thread(target=ask)
    thread.start()
    thread.join()
    assert answers == [False] * 3
