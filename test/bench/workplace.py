# SPDX-License-Identifier: GPL-3.0-or-later
"""What all measurements work with: a QGIS profile, a model, a folder, and how long it may take."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, TypeVar

from geogan.models.model_file import read_card

from ..harness.programs import BUNDLED_MODEL, ROOT, SAMPLE, Profile, run_qgis_process

BUILD = ROOT / "build" / "bench"
CRS = "EPSG:32616"  # the UTM zone of the sample
TIMEOUT_S = 3600.0

T = TypeVar("T")


@dataclass(frozen=True)
class Workplace:
    """Where measurements are made.

    Attributes:
        folder: for what they write; deleted in the end.
        profile: the QGIS profile with GeoGAN in it.
        model: the model that generates, the bundled one unless another was asked for.
        is_quick: whether this is a smoke run, whose figures mean nothing.
    """

    folder: Path
    profile: Profile
    model: Path
    is_quick: bool

    @classmethod
    @contextmanager
    def opened(cls, is_quick: bool, model: Path = BUNDLED_MODEL) -> Iterator[Workplace]:
        """Make a workplace, and clear it away in the end."""
        BUILD.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(dir=BUILD) as name:
            folder = Path(name)
            yield cls(folder, Profile.made_in(folder / "profile"), model.resolve(), is_quick)

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
