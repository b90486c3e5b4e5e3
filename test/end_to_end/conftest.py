# SPDX-License-Identifier: GPL-3.0-or-later
"""A model that the real `qgis_process` has trained, in a profile of its own."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from geogan.test.harness.programs import SAMPLE, Profile, run_qgis_process

#: 600 x 600 pixels of 90 m in UTM zone 16, across the origin, so that four blocks meet in it.
PLACE = {"EXTENT": "-27000,27000,-27000,27000 [EPSG:32616]", "CRS": "EPSG:32616", "SEED": 3}

TRAINING = {"LAYERS": [str(SAMPLE)], "MINUTES": 0.1, "PRESET": "fast", "PIXEL_SIZE": 90}


@dataclass(frozen=True)
class CommandLineRun:
    """What `qgis_process` has made: a model, then terrain with it."""

    training: dict[str, Any]  # outputs
    generation: dict[str, Any]

    @property
    def model(self) -> Path:
        return Path(self.training["MODEL"])

    @property
    def terrain(self) -> Path:
        return Path(self.generation["OUTPUT"])


@pytest.fixture(scope="session")
def profile(tmp_path_factory) -> Profile:
    return Profile.made_in(tmp_path_factory.mktemp("qgis") / "a profile")


@pytest.fixture(scope="session")
def command_line_run(profile, tmp_path_factory) -> CommandLineRun:
    folder = tmp_path_factory.mktemp("command line")
    training = run_qgis_process(profile, "geogan:train", {**TRAINING, "MODEL": folder / "jacksboro.geogan"})
    generation = run_qgis_process(
        profile,
        "geogan:generate",
        {**PLACE, "MODEL": training["MODEL"], "OUTPUT": folder / "terrain.tif"},
    )
    return CommandLineRun(training, generation)


@pytest.fixture(scope="session")
def place() -> dict[str, Any]:
    """The parameters of `geogan:generate` that say where and which."""
    return PLACE


@pytest.fixture(scope="session")
def training() -> dict[str, Any]:
    """The parameters of a training of some seconds."""
    return TRAINING
