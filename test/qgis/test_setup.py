# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import json
import shlex
import sys
from pathlib import Path

import processing
import pytest
from geogan.algorithms.home import geogan_home
from geogan.algorithms.setup import SetupAlgorithm
from geogan.worker.environment import worker_command
from qgis.core import (
    QgsApplication,
    QgsProcessingAlgorithm,
    QgsProcessingContext,
    QgsProcessingException,
    QgsProcessingFeedback,
)

# The Python of the tests is the development environment's, which has TensorFlow.
PYTHON = sys.executable

pytestmark = pytest.mark.usefixtures("qgis_processing", "home")


def set_up(**parameters) -> dict:
    return processing.run(SetupAlgorithm(), parameters)


def test_it_is_not_offered_to_models_which_could_start_any_program_with_it():
    flags = SetupAlgorithm().flags()
    assert flags & QgsProcessingAlgorithm.Flag.FlagHideFromModeler
    assert flags & QgsProcessingAlgorithm.Flag.FlagCanCancel


def test_on_windows_the_environment_lies_where_paths_are_short(monkeypatch, tmp_path):
    monkeypatch.delenv("GEOGAN_HOME")
    monkeypatch.setenv("LOCALAPPDATA", str(tmp_path))
    assert geogan_home() == Path(QgsApplication.qgisSettingsDirPath()) / "geogan"
    monkeypatch.setattr(sys, "platform", "win32")
    assert geogan_home() == tmp_path / "GeoGAN"


@pytest.mark.tensorflow
def test_a_python_that_has_tensorflow_is_tried_and_remembered(home):
    results = set_up(PYTHON=PYTHON)

    assert results["PYTHON"] == shlex.quote(PYTHON)
    assert results["TENSORFLOW"].count(".") == 2
    assert results["DEVICE"] in ("cpu", "gpu")
    assert worker_command(home, {}) == [PYTHON]


@pytest.mark.tensorflow
def test_a_command_line_is_tried_and_remembered_word_by_word(home):
    set_up(COMMAND=f"nice -n 5 {shlex.quote(PYTHON)}")

    assert worker_command(home, {}) == ["nice", "-n", "5", PYTHON]


def test_what_was_remembered_stays_when_a_new_choice_fails(home):
    home.mkdir()
    (home / "worker.json").write_text(json.dumps({"command": [PYTHON]}))

    with pytest.raises(QgsProcessingException, match="cannot be started"):
        set_up(COMMAND="/no/such/python")

    assert worker_command(home, {}) == [PYTHON]


def test_python_and_command_together_are_refused():
    with pytest.raises(QgsProcessingException) as failure:
        set_up(PYTHON=PYTHON, COMMAND="python3")

    assert str(failure.value) == "Give either a Python or a command, not both."


def test_a_folder_of_wheels_that_is_not_there_is_named(tmp_path):
    folder = tmp_path / "wheels"

    with pytest.raises(QgsProcessingException) as failure:
        set_up(WHEELS=str(folder))

    assert str(failure.value) == f"There is no folder of wheels {folder}."


def test_cancelling_gives_no_result_and_no_error(home):
    feedback = QgsProcessingFeedback()
    feedback.cancel()

    results, ok = SetupAlgorithm().create().run({"PYTHON": PYTHON}, QgsProcessingContext(), feedback)

    assert ok
    assert results == {}
    assert not (home / "worker.json").exists()


@pytest.mark.parametrize(
    "python", ["/opt/geo/venv/bin/python", "/usr/bin/python3.11", "C:/Python/python.exe"]
)
def test_a_python_may_have_any_name(python):
    algorithm = SetupAlgorithm().create()
    assert algorithm.checkParameterValues({"PYTHON": python}, QgsProcessingContext())[0]
