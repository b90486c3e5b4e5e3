# SPDX-License-Identifier: GPL-3.0-or-later
"""QGIS's folder for temporary files, which the user may have set, and which QGIS deletes when it closes."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

from qgis.core import QgsProcessingFeedback, QgsProcessingUtils

from .text import tr


def temporary_folder() -> TemporaryDirectory:
    """Return a new folder for the files of one run, as a context; the system's own may be on a small disk."""
    return TemporaryDirectory(prefix="geogan-", dir=QgsProcessingUtils.tempFolder())


def is_temporary(path: str | Path) -> bool:
    """Return whether an output lies in QGIS's folder for temporary files, where no run finds it again."""
    return Path(QgsProcessingUtils.tempFolder()) in Path(path).parents


def warn_of_temporary_model(model: Path, feedback: QgsProcessingFeedback) -> None:
    """Say so where a model, which may take hours, is written to where it does not stay."""
    if is_temporary(model):
        sentence = tr(
            "MODEL is a temporary file, which QGIS deletes when it closes: copy {path} before that, or "
            "cancel and give MODEL a place that you choose."
        )
        feedback.pushWarning(sentence.format(path=model))
