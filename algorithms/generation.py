# SPDX-License-Identifier: GPL-3.0-or-later
"""Land from a model file into a GeoTIFF: what all algorithms that generate share."""

from __future__ import annotations

from dataclasses import astuple, dataclass, field
from typing import Any, NamedTuple

import numpy as np
from qgis.core import QgsProcessingFeedback

from ..errors import GeoGanError
from ..models.model_card import ModelCard, Refiner
from ..models.model_file import read_card, read_model, sha256_of
from ..rasters.grid import Lattice, Window
from ..rasters.reporting import Log
from ..rasters.writing.writer import TerrainWriter
from ..worker.client import Worker
from ..worker.protocol import Message
from .bundled_model import model_path
from .constraints import Conditions, Guide, Heights, Sketch
from .guide_layer import GuideLayer
from .home import plugin_version
from .text import tags_without_markup, tr
from .worker_job import WHOLE, Share, logged_to, progress_to, run_job

#: Of the progress of a generation, what closing the file takes.
_CLOSING = 0.1


@dataclass(frozen=True)
class ChosenModel:
    """A model file as it was when the run began."""

    name: str
    content: bytes
    card: ModelCard

    def landscape(self, named: str) -> str:
        """Return a landscape as the model names it, "" for ""; raises GeoGanError for an unknown one."""
        name = named.strip()
        return self.card.landscapes[self.card.landscape_index(name)] if name else ""

    def refiner(self, named: str, factor: int) -> Refiner | None:
        """Return what makes given land so many times finer best; None where the model does not know it.

        A landscape that is named makes it by itself.
        """
        return None if named.strip() else self.card.refiners.get(factor)


def chosen_model(named: str, *, takes_conditions: bool = False) -> ChosenModel:
    """Return the model that a user named (see `model_path`).

    Raises:
        GeoGanError: it is none; or it must be given guiding layers, and the caller takes none.
    """
    file = model_path(named)
    card = read_card(file)
    if card.conditions and not takes_conditions:
        raise GeoGanError(
            "The model {model} was trained with guiding layers, which only Generate synthetic terrain takes. "
            "Choose another model.",
            model=file.name,
        )
    return ChosenModel(file.name, read_model(file), card)


def origin_tags(model: ChosenModel, seed: int, variety: float | None) -> dict[str, Any]:
    """Return what every file that holds made-up land says of where it is from."""
    tags = {
        "GEOGAN_MODEL": model.name,
        "GEOGAN_MODEL_SHA256": sha256_of(model.content),
        "GEOGAN_SEED": seed,
        "GEOGAN_VERSION": plugin_version(),
    }
    return tags if variety is None else {**tags, "GEOGAN_VARIETY": variety}


class Written(NamedTuple):
    """What a run has generated."""

    pixels: int  # less those of an earlier run that it went on from
    device: str
    landscape: str


@dataclass(frozen=True)
class Generation:
    """One land of a model: what is the same for all of its windows."""

    model: ChosenModel
    seed: int
    lattice: Lattice
    crs_wkt: str
    landscape: str = ""
    device: str = "auto"
    guide: Guide | None = None  # of the first seed
    guide_layer: GuideLayer | None = None  # for those of the others, if cells are each seed's own
    conditions: Conditions | None = None
    sketch: Sketch | None = None
    heights: Heights = field(default_factory=Heights)
    realisations: int = 1  # a band each, of the seeds from `seed` on
    with_spread: bool = False  # and two bands more: their mean and their standard deviation
    creation_options: dict[str, str] = field(default_factory=dict)
    variety: float | None = None  # 0 to 1; None for the model's own

    def write(
        self,
        worker: Worker,
        path: str,
        window: Window,
        feedback: QgsProcessingFeedback,
        *,
        resume: bool = False,
        share: Share = WHOLE,
    ) -> Written:
        """Generate a window of the lattice into a GeoTIFF.

        With `resume`, a large file that an interruption of this run has left is gone on with, and an
        interruption leaves one. It takes that share of the progress bar.
        """
        start, stop = share
        closing_at = stop - _CLOSING * (stop - start)
        pixels, landscape = 0, self.landscape
        with TerrainWriter(
            path,
            window,
            self.lattice,
            self.crs_wkt,
            tags=self.tags(),
            creation_options=self.creation_options,
            unit=self.model.card.unit,
            bands=self._bands(),
            with_spread=self.with_spread,
            run=self._run_in(worker) if resume else None,
            log=logged_to(feedback),
        ) as writer:
            for band in writer.bands():
                made = self._write_band(worker, writer, band, feedback, (start, closing_at))
                pixels, landscape = pixels + made.pixels, made.landscape
            feedback.setProgressText(tr("Closing the file…"))
            writer.close(progress_to(feedback, closing_at, stop))
        return Written(pixels, worker.hello.device if self.device == "auto" else self.device, landscape)

    def _bands(self) -> tuple[str, ...]:
        if self.realisations == 1:
            return ("elevation",)
        return tuple(f"seed {self.seed + i}" for i in range(self.realisations))

    def _write_band(
        self, worker: Worker, writer: TerrainWriter, band: int, feedback, share: Share
    ) -> Written:
        """Generate one realisation into its band, as far as it is still to be made."""
        pieces = [(piece.row, piece.col, piece.height, piece.width) for piece in writer.pieces()]
        pixels = sum(height * width for _, _, height, width in pieces)

        def write_block(message: Message) -> None:
            values = self.heights.of(message.arrays["values"])
            writer.write(message.fields["row"], message.fields["col"], values)

        done_before = 1.0 - pixels / writer.pixels_of_band
        start, of_band = share[0], (share[1] - share[0]) / self.realisations
        here, end = start + (band - 1 + done_before) * of_band, start + band * of_band
        seed = self.seed + band - 1
        fields, arrays = self._request(seed, self._guide_of(seed, feedback, here))
        making = tr("Generating {width} x {height} pixels…")
        feedback.setProgressText(making.format(width=writer.window.width, height=writer.window.height))
        arrays["pieces"] = np.array(pieces, np.int64)
        handlers = {"block": write_block}
        result = run_job(worker, "generate", fields, arrays, feedback, handlers, share=(here, end))
        if band == 1 and self.guide is not None:
            self._tell_landscape(result.fields["landscape"], feedback)
            self._tell_variety(result.fields["landscape"], feedback)
        return Written(pixels, result.fields["device"], result.fields["landscape"])

    def _tell_landscape(self, chosen: str, feedback: QgsProcessingFeedback) -> None:
        """Say which landscape the worker chose, where there was a choice and it was left open."""
        if len(self.model.card.landscapes) > 1 and not self.landscape:
            sentence = tr("The landscape most like the layer is taken: {landscape}.")
            feedback.pushInfo(sentence.format(landscape=chosen))

    def _tell_variety(self, landscape: str, feedback: QgsProcessingFeedback) -> None:
        """Say where the model itself makes the realisations of a landscape differ less than it has learnt."""
        card = self.model.card
        own = dict(zip(card.landscapes, card.variety)).get(landscape, 1.0)
        if self.realisations > 1 and self.variety is None and own < 1.0:
            sentence = tr(
                "The landscape's own variety is {variety}: for terrains that differ as much as the model has "
                "learnt, set VARIETY to 1."
            )
            feedback.pushInfo(sentence.format(variety=f"{own:g}"))

    def _run_in(self, worker: Worker) -> dict[str, Any]:
        """Return what the bits follow from, beside what the file itself says (see PartialGeoTiff)."""
        hello = worker.hello
        run = {
            "variety": self.variety,
            "device": [self.device, hello.device],
            "by": [hello.tensorflow, hello.numpy, hello.arithmetic, *(each.name for each in hello.devices)],
            "code": sha256_of(worker.archive),  # a version under way keeps its number
        }
        if self.guide is not None:
            guide = self.guide
            place = (*astuple(guide.window), guide.factor, guide.is_free)
            run["guide"] = [sha256_of(guide.values.tobytes()), *place]
        if self.conditions is not None:
            told = self.conditions
            run["conditions"] = [sha256_of(told.values.tobytes()), *astuple(told.window)]
        if self.sketch is not None:
            run["sketch"] = [sha256_of(values.tobytes()) for values in self.sketch.arrays().values()]
        return run

    def tags(self) -> dict[str, Any]:
        """Return what the file says of how it was made."""
        tags = origin_tags(self.model, self.seed, self.variety)
        if self.landscape:
            tags["GEOGAN_LANDSCAPE"] = self.landscape
        if self.realisations > 1:
            tags["GEOGAN_REALISATIONS"] = self.realisations
        if self.guide is not None:
            tags["GEOGAN_FOLLOWS"] = self.guide.name
        if self.conditions is not None:
            tags["GEOGAN_GUIDING_LAYERS"] = ", ".join(self.conditions.names)
        if self.sketch is not None:
            tags["GEOGAN_FOLLOWS"] = self.sketch.name
        if self.heights != Heights():
            tags["GEOGAN_RELIEF"], tags["GEOGAN_BASE_ELEVATION"] = self.heights.relief, self.heights.base
        return tags_without_markup(tags)

    def note(self) -> str:
        """Return the sentences for the layer's metadata."""
        seeds = str(self.seed)
        if self.realisations > 1:
            last = self.seed + self.realisations - 1
            seeds = tr("{first} to {last}").format(first=self.seed, last=last)
        made = tr(
            "Synthetic terrain, not a survey: made by GeoGAN {version} with {model}, landscape {landscape}, "
            "seed {seeds}."
        ).format(version=plugin_version(), model=self.model.name, landscape=self.landscape, seeds=seeds)
        followed = [each.name for each in (self.guide, self.sketch) if each]
        followed += self.conditions.names if self.conditions else ()
        if not followed:
            return made
        return f"{made} {tr('It follows {layers}.').format(layers=', '.join(followed))}"

    def _guide_of(self, seed: int, feedback, here: float) -> Guide | None:
        """Return the guide of a seed; while it is read, the progress bar stays where it is."""
        if seed == self.seed or self.guide is None or not self.guide.is_free:
            return self.guide
        feedback.setProgressText(tr("Reading the guide for seed {seed}…").format(seed=seed))
        return self.guide_layer.of_another(seed, progress_to(feedback, here, here))

    def _request(self, seed: int, guide: Guide | None) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
        fields = {"seed": seed, "landscape": self.landscape, "device": self.device, "variety": self.variety}
        arrays = {"model": np.frombuffer(self.model.content, np.uint8)}
        if guide is not None:
            fields |= {"guide_row": guide.window.row, "guide_col": guide.window.col}
            fields |= {"factor": guide.factor, "guide_is_free": guide.is_free}
            arrays["guide"] = guide.values
        if self.conditions is not None:
            window = self.conditions.window
            fields |= {"conditions_row": window.row, "conditions_col": window.col}
            arrays["conditions"] = self.conditions.values
        if self.sketch is not None:
            arrays |= self.sketch.arrays()
        return fields, arrays


def log_model(card: ModelCard, landscape: str, log: Log) -> None:
    """Say what the model's pixel size is and, where it knows several landscapes, which one this is."""
    log("The model's pixel size is {size} m.", size=f"{card.pixel_size:g}")
    if len(card.landscapes) > 1:
        log(
            "The model knows the landscapes {known}; this is {landscape}.",
            known=", ".join(card.landscapes),
            landscape=landscape,
        )
