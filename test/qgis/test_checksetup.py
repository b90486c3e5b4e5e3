# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import shlex
import sys
from pathlib import Path

import processing
import pytest
from geogan.algorithms.checksetup import CheckSetupAlgorithm
from geogan.worker.pool import close_idle_workers

pytestmark = pytest.mark.usefixtures("qgis_processing", "home")


@pytest.fixture(autouse=True)
def no_worker_is_left():
    close_idle_workers()
    yield
    close_idle_workers()


def checked() -> dict:
    return processing.run(CheckSetupAlgorithm(), {"REPORT": "TEMPORARY_OUTPUT"})


def text_of(results: dict) -> str:
    return Path(results["REPORT"]).read_text(encoding="utf-8")


def test_with_nothing_installed_the_report_says_what_to_do(home):
    results = checked()

    assert results["READY"] is False
    assert results["DEVICE"] == ""
    assert "Run &quot;Set up GeoGAN&quot; from the Processing Toolbox." in text_of(results)
    assert str(home) in text_of(results)
    assert not home.exists(), "checking changes nothing"


def test_a_command_that_cannot_be_started_is_named(monkeypatch):
    monkeypatch.setenv("GEOGAN_WORKER", "/no/such/<python>")

    results = checked()

    assert results["READY"] is False
    assert "/no/such/&lt;python&gt;" in text_of(results)


def test_a_python_without_tensorflow_is_not_ready(monkeypatch):
    # -S: without the site module a Python does not see the packages of its environment.
    monkeypatch.setenv("GEOGAN_WORKER", f"{shlex.quote(sys.executable)} -S")

    results = checked()

    assert results["READY"] is False
    assert "GeoGAN is not ready." in text_of(results)


@pytest.mark.tensorflow
def test_a_worker_that_starts_is_ready_and_says_its_device(monkeypatch):
    monkeypatch.setenv("GEOGAN_WORKER", sys.executable)

    results = checked()

    assert results["READY"] is True
    assert results["DEVICE"] in ("cpu", "gpu")
    assert (results["DEVICE"] == "gpu") == (results["WHY_NO_GPU"] == "")
    assert "TensorFlow" in text_of(results)


@pytest.mark.tensorflow
def test_tensorflow_does_not_enter_this_process(monkeypatch):
    monkeypatch.setenv("GEOGAN_WORKER", sys.executable)

    assert checked()["READY"]

    assert not {"tensorflow", "keras"} & set(sys.modules)
