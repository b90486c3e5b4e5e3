# SPDX-License-Identifier: GPL-3.0-or-later
"""The batch dialog, filled from a saved batch as its "Open" button does it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from qgis.PyQt.QtWidgets import QFileDialog


def run_batch(algorithm, rows: Sequence[Mapping[str, Any]], saved: Path) -> None:
    """Run an algorithm once for each row of parameters, the expressions of the dialog's cells.

    Args:
        rows: each with its OUTPUT, a path.
        saved: where the batch is written to and loaded from.
    """
    from processing.gui.BatchAlgorithmDialog import BatchAlgorithmDialog

    described = []
    for row in rows:
        given = {key: value for key, value in row.items() if key != "OUTPUT"}
        described.append({"PARAMETERS": given, "OUTPUTS": {"OUTPUT": str(row["OUTPUT"])}})
    saved.write_text(json.dumps(described), encoding="utf-8")
    dialog = BatchAlgorithmDialog(algorithm)
    with pytest.MonkeyPatch.context() as answers:
        answers.setattr(QFileDialog, "getOpenFileName", lambda *_: (str(saved), ""))
        dialog.mainWidget().load()
    dialog.runAlgorithm()
