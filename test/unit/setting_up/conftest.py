# SPDX-License-Identifier: GPL-3.0-or-later
"""A home for the managed environment, and set-ups that install next to nothing."""

from __future__ import annotations

import zipfile
from dataclasses import dataclass
from pathlib import Path

import pytest
from geogan.errors import GeoGanError
from geogan.worker import installation
from geogan.worker.client import WorkerDied
from geogan.worker.installation import Installation


@dataclass(frozen=True)
class FakeWorker:
    """Says hello without starting anything."""

    hello: str = "hello"

    def close(self) -> None:
        pass


@pytest.fixture
def home(tmp_path) -> Path:
    return tmp_path / "hö me"


@pytest.fixture
def started() -> list[list[str]]:
    return []


@pytest.fixture
def start(started):
    def start_worker(words, is_cancelled):
        started.append(words)
        return FakeWorker()

    return start_worker


@pytest.fixture
def wheels(tmp_path) -> Path:
    """A folder with one small package in it."""
    folder = tmp_path / "wheels"
    folder.mkdir()
    with zipfile.ZipFile(folder / "geogan_probe-1.0-py3-none-any.whl", "w") as wheel:
        wheel.writestr("geogan_probe.py", "")
        wheel.writestr(
            "geogan_probe-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: geogan-probe\nVersion: 1.0\n"
        )
        wheel.writestr(
            "geogan_probe-1.0.dist-info/WHEEL",
            "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        )
        wheel.writestr("geogan_probe-1.0.dist-info/RECORD", "")
    return folder


@pytest.fixture
def small_requirements(tmp_path, monkeypatch) -> Path:
    """The set-up installs one small package instead of TensorFlow."""
    path = tmp_path / "wanted.txt"
    path.write_text("geogan-probe==1.0\n")
    monkeypatch.setattr(installation, "FREE_BYTES", 0)
    monkeypatch.setattr(installation, "REQUIREMENTS", path)
    return path


@pytest.fixture
def steps(small_requirements, monkeypatch) -> list[str]:
    """The set-up runs neither venv nor pip, only notes their names and makes an empty Python."""
    names = []

    def run_step(command, *rest):
        names.append(command[3])
        if command[3] == "venv":
            python = Installation(Path(command[-1])).python
            python.parent.mkdir(parents=True, exist_ok=True)
            python.touch()

    monkeypatch.setattr(installation, "_run_step", run_step)
    return names


@pytest.fixture
def gpu_packages(monkeypatch) -> None:
    """The machine is one for which TensorFlow has GPU packages."""
    monkeypatch.setattr(installation.sys, "platform", "linux")
    monkeypatch.setattr(installation.platform, "machine", lambda: "x86_64")
    monkeypatch.setattr(installation, "FREE_BYTES_GPU", 0)


def refuse_to_start(refusal: GeoGanError, tail: str = ""):
    """A `start` whose worker died as it came up."""

    def start_in_vain(words, is_cancelled):
        raise WorkerDied(refusal, tail)

    return start_in_vain


def quiet(template: str, **values: str) -> None:
    pass


class Said(list):
    """A `log` that keeps its lines."""

    def __call__(self, template: str, **values: str) -> None:
        self.append(template.format(**values) if values else template)
