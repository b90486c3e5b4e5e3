# SPDX-License-Identifier: GPL-3.0-or-later
"""What is written to QGIS's temporary folder does not stay, and GeoGAN says so."""

from __future__ import annotations

from pathlib import Path

import pytest
from geogan.algorithms.temporary import is_temporary, temporary_folder
from geogan.algorithms.train import TrainAlgorithm
from qgis.core import (
    QgsProcessingContext,
    QgsProcessingException,
    QgsProcessingFeedback,
    QgsProcessingUtils,
    QgsSettings,
)

ALGORITHMS = Path(__file__).resolve().parents[2] / "algorithms"


@pytest.fixture
def log_of_training(provider, sample, home, monkeypatch):
    """Run a training that ends where its worker would start; return what it said until then."""

    def log_of_training(model: str) -> str:
        monkeypatch.setattr("geogan.algorithms.algorithm.load_ahead", lambda home: None)
        algorithm, feedback = TrainAlgorithm().create(), QgsProcessingFeedback(False)
        context = QgsProcessingContext()
        parameters = {"LAYERS": [str(sample)], "MODEL": model}
        with pytest.raises(QgsProcessingException, match="not set up"):
            algorithm.run(parameters, context, feedback, {}, False)
        return feedback.textLog()

    return log_of_training


def test_files_of_a_run_lie_in_the_folder_that_the_user_set(qgis_app, tmp_path):
    key = "Processing/Configuration/TEMP_PATH2"
    QgsSettings().setValue(key, str(tmp_path))
    try:
        with temporary_folder() as folder:
            assert tmp_path in Path(folder).parents
            assert Path(folder).is_dir()
    finally:
        QgsSettings().remove(key)
    assert not Path(folder).exists()


def test_no_algorithm_makes_a_temporary_folder_elsewhere():
    sources = {path.name: path.read_text(encoding="utf-8") for path in ALGORITHMS.rglob("*.py")}
    makers = {name for name, source in sources.items() if "tempfile" in source}

    assert makers == {"temporary.py"}


def test_only_what_lies_below_the_temporary_folder_is_temporary(qgis_app, tmp_path):
    folder = Path(QgsProcessingUtils.tempFolder())

    assert is_temporary(folder / "a" / "b.tif")
    assert not is_temporary(tmp_path / "b.tif")
    assert not is_temporary(folder.with_name(folder.name + "2") / "b.tif")


def test_a_model_that_qgis_will_delete_is_warned_of_before_the_training(log_of_training):
    log = log_of_training(QgsProcessingUtils.generateTempFilename("model.geogan"))

    assert "MODEL is a temporary file, which QGIS deletes when it closes: copy " in log


def test_a_model_that_has_a_place_is_not(log_of_training, tmp_path):
    assert "temporary file" not in log_of_training(str(tmp_path / "model.geogan"))
