# SPDX-License-Identifier: GPL-3.0-or-later
"""Land from a model file into a GeoTIFF: what all algorithms that generate share."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from qgis.core import QgsProcessingFeedback

from ..errors import GeoGanError
from ..models.model_file import ModelCard, read_card, sha256_of
from ..rasters.grid import Lattice, Window
from ..rasters.reporting import Log
from ..rasters.writer import TerrainWriter
from ..worker.client import Worker
from ..worker.protocol import Message
from .algorithm import RESOURCES
from .home import plugin_version
from .text import tr
from .worker_job import logged_to, progress_to, run_job

#: What an empty MODEL means.
BUNDLED_MODEL = RESOURCES / "pretrained" / "terrain.geogan"


@dataclass(frozen=True)
class ChosenModel:
    """A model file as it was when the run began."""

    name: str
    content: bytes
    card: ModelCard


def chosen_model(path: str) -> ChosenModel:
    """Return a model file, or the bundled one where the path is empty; raises GeoGanError if it is none."""
    file = Path(path or BUNDLED_MODEL)
    card = read_card(file)
    return ChosenModel(file.name, file.read_bytes(), card)


def missing_model(path: str) -> GeoGanError | None:
    """Return why there is no model to use, or None."""
    if path or BUNDLED_MODEL.is_file():
        return None
    return GeoGanError(
        "This copy of GeoGAN comes without its bundled model: choose a MODEL that Train GeoGAN made."
    )


@dataclass(frozen=True)
class Guide:
    """Coarse heights that the land follows: float32 [H, W] without voids, on cells of `factor` pixels."""

    window: Window  # of the values on the lattice of cells
    values: np.ndarray
    factor: int


@dataclass(frozen=True)
class Generation:
    """One land of a model: what is the same for all of its windows."""

    model: ChosenModel
    seed: int
    lattice: Lattice
    crs_wkt: str
    landscape: str = ""
    device: str = "auto"
    guide: Guide | None = None
    creation_options: dict[str, str] = field(default_factory=dict)

    def write(
        self, worker: Worker, path: str, window: Window, feedback: QgsProcessingFeedback
    ) -> dict[str, Any]:
        """Generate a window of the lattice into a GeoTIFF; return what the worker says of it."""
        feedback.setProgressText(
            tr("Generating {width} x {height} pixels…").format(width=window.width, height=window.height)
        )
        with TerrainWriter(
            path,
            window,
            self.lattice,
            self.crs_wkt,
            tags=self.tags(),
            creation_options=self.creation_options,
            unit=self.model.card.unit,
            log=logged_to(feedback),
        ) as writer:
            pieces = [(piece.row, piece.col, piece.height, piece.width) for piece in writer.pieces()]

            def write_block(message: Message) -> None:
                writer.write(message.fields["row"], message.fields["col"], message.arrays["values"])

            fields, arrays = self._request()
            arrays["pieces"] = np.array(pieces, np.int64)
            result = run_job(worker, "generate", fields, arrays, feedback, {"block": write_block})
            feedback.setProgressText(tr("Building overviews…"))
            writer.close(progress_to(feedback, 0, 100))
        return result.fields

    def tags(self) -> dict[str, Any]:
        """Return what the file says of how it was made."""
        tags = {
            "GEOGAN_MODEL": self.model.name,
            "GEOGAN_MODEL_SHA256": sha256_of(self.model.content),
            "GEOGAN_SEED": self.seed,
            "GEOGAN_VERSION": plugin_version(),
        }
        if self.landscape:
            tags["GEOGAN_LANDSCAPE"] = self.landscape
        return tags

    def note(self) -> str:
        """Return the sentence for the layer's metadata."""
        return tr(
            "Synthetic terrain, not a survey: made by GeoGAN {version} with {model}, seed {seed}."
        ).format(version=plugin_version(), model=self.model.name, seed=self.seed)

    def _request(self) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
        fields = {"seed": self.seed, "landscape": self.landscape, "device": self.device}
        arrays = {"model": np.frombuffer(self.model.content, np.uint8)}
        if self.guide is not None:
            window = self.guide.window
            fields |= {"guide_row": window.row, "guide_col": window.col, "factor": self.guide.factor}
            arrays["guide"] = self.guide.values
        return fields, arrays


def log_model(card: ModelCard, landscape: str, log: Log) -> None:
    """Say what the model's pixel size is and, where it knows several landscapes, which one this is."""
    log("The model's pixel size is {size} m.", size=f"{card.pixel_size:g}")
    if len(card.landscapes) > 1:
        log(
            "The model knows the landscapes {known}; this is {landscape}.",
            known=", ".join(card.landscapes),
            landscape=landscape or card.landscapes[0],
        )
