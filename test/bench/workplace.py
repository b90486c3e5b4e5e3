# SPDX-License-Identifier: GPL-3.0-or-later
"""What all measurements work with: a QGIS profile, a model, a folder, and how long it may take."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, TypeVar

from geogan.models.model_file import read_card

from ..harness.programs import ROOT, SAMPLE, Profile, run_qgis_process

BUILD = ROOT / "build" / "bench"
CRS = "EPSG:32616"  # the UTM zone of the sample
MODEL_MINUTES = 0.3  # speed and memory do not depend on how well a model is trained
TIMEOUT_S = 3600.0

T = TypeVar("T")


@dataclass(frozen=True)
class Workplace:
    """Where measurements are made.

    Attributes:
        folder: for what they write; deleted in the end.
        profile: the QGIS profile with GeoGAN in it.
        model: the model that generates.
        is_quick: whether this is a smoke run, whose figures mean nothing.
    """

    folder: Path
    profile: Profile
    model: Path
    is_quick: bool

    @classmethod
    @contextmanager
    def opened(cls, model: Path | None, is_quick: bool) -> Iterator[Workplace]:
        """Make a workplace, and clear it away in the end. Without a `model` one is trained on the sample."""
        BUILD.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(dir=BUILD) as name:
            folder = Path(name)
            profile = Profile.made_in(folder / "profile")
            place = cls(folder, profile, folder / "bench.geogan", is_quick)
            if model:
                shutil.copy(model, place.model)
            else:
                place.run("geogan:train", training(place.model, MODEL_MINUTES))
            yield place

    def either(self, full: T, quick: T) -> T:
        """Return the one or the other, for a real measurement or a smoke run."""
        return quick if self.is_quick else full

    def run(self, algorithm: str, parameters: dict[str, Any]) -> dict[str, Any]:
        """Run an algorithm in qgis_process and return its outputs."""
        return run_qgis_process(self.profile, algorithm, parameters, TIMEOUT_S)

    def generating(self, side_px: int, output: Path) -> dict[str, Any]:
        """Return the parameters of geogan:generate for a square of `side_px` pixels."""
        side = side_px * read_card(self.model).pixel_size
        return {
            "MODEL": str(self.model),
            "EXTENT": f"0,{side!r},{-side!r},0 [{CRS}]",
            "CRS": CRS,
            "SEED": 1,
            "OUTPUT": str(output),
        }


def training(model: Path, minutes: float) -> dict[str, Any]:
    """Return the parameters of geogan:train for the sample at default settings, from the beginning."""
    return {"LAYERS": [str(SAMPLE)], "MINUTES": minutes, "RESUME": False, "MODEL": str(model)}
