# SPDX-License-Identifier: GPL-3.0-or-later
"""Train GeoGAN: from raster layers to a model file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from qgis.core import QgsProcessingOutputNumber, QgsProcessingOutputString

from ..errors import Cancelled, GeoGanError
from ..models.model_card import MOST_CONDITIONS
from ..models.model_file import read_card, read_model, sha256_of
from ..rasters.reading.areas import Area
from ..worker.client import Worker, WorkerDied
from ..worker.protocol import Message
from . import training_parameters as keys
from .algorithm import GeoGanAlgorithm
from .bundled_model import BUNDLED_MODEL, model_path
from .crs import warn_of_layers, wkt_of
from .guiding_layers import in_order, log_pairs
from .home import geogan_home, plugin_version
from .landscapes import told_apart
from .reports.figure_texts import figure_labels
from .reports.report import write_report
from .reports.training_report import training_report
from .sources import gather_layers
from .temporary import warn_of_temporary_model
from .text import tr
from .training_layers import TrainingLayers
from .whole_file import check_writable, claimed, write_whole
from .worker_job import duration, logged_to, ready_worker, run_job

#: Of the optimisers, unless it is given. Steps as large as those from scratch shake what a base model knows:
#: on a tile of the Pyrenees, in ten minutes, its held-out score went from 1.70 to 1.97 and came back to 1.74;
#: with 0.0003 it came down to 1.52.
LEARNING_RATE, LEARNING_RATE_FROM_BASE = 1e-3, 3e-4

#: How long a cancelled training may take to end its step and save: large steps on a busy machine are slow.
SAVING_S = 60.0
#: Characters: some metadata hold the whole text, and a model's card has a bound of size.
MOST_OF_A_LICENCE = 500


class TrainAlgorithm(GeoGanAlgorithm):
    """Aligns and cleans the layers here, has the worker train on them, and keeps what it sends."""

    REALISM, STEPS, PATCHES_PER_SECOND, SECONDS = "REALISM", "STEPS", "PATCHES_PER_SECOND", "SECONDS"

    needs_worker = True

    def name(self):
        return "train"

    def displayName(self):
        return tr("Train GeoGAN")

    def shortDescription(self):
        return tr("Learns what a landscape looks like from your own elevation layers.")

    def tags(self):
        return tr("gan,dem,terrain,elevation,learn,machine learning,model,tensorflow").split(",")

    def initAlgorithm(self, configuration=None):
        for parameter in keys.all_parameters():
            self.addParameter(parameter)
        self.addOutput(QgsProcessingOutputNumber(self.REALISM, tr("Realism (1 = as real parts are alike)")))
        self.addOutput(QgsProcessingOutputNumber(self.STEPS, tr("Training steps")))
        self.addOutput(QgsProcessingOutputNumber(self.PATCHES_PER_SECOND, tr("Patches per second")))
        self.addOutput(QgsProcessingOutputNumber(self.SECONDS, tr("Training time (seconds)")))
        self.addOutput(QgsProcessingOutputString(keys.DEVICE, tr("Device")))

    def refusal(self, parameters, context):
        if self.parameterAsEnumString(parameters, keys.KIND, context) != "terrain":
            return GeoGanError("Only terrain can be trained in this version: set KIND to terrain.")
        if self.parameterAsEnumString(parameters, keys.LAYERS_ARE, context) != "areas":
            return GeoGanError(
                "Layers as bands of one area are not built yet: set LAYERS_ARE to areas, which learns from "
                "each layer as another piece of the landscape."
            )
        if self.parameterAsInt(parameters, keys.PATCH_SIZE, context) % 32:
            return GeoGanError("PATCH_SIZE must be a multiple of 32, for example 64.")
        base, model = (
            self.parameterAsFile(parameters, keys.BASE_MODEL, context),
            Path(self.parameterAsFileOutput(parameters, keys.MODEL, context)),
        )
        if model.suffix.lower() != ".geogan":
            return GeoGanError("Give MODEL a name that ends in .geogan: models are known by it.")
        if base and model_path(base) == model:
            return GeoGanError(
                "MODEL and BASE_MODEL are the same file: a training that is interrupted could not go on. "
                "Choose another name for MODEL."
            )
        return None

    def gather(self, parameters, context, feedback):
        self._home = geogan_home()
        layers = self.raster_layers(parameters, keys.LAYERS, context)
        self._sources = gather_layers(layers, context)
        self._guides = []
        if parameters.get(keys.GUIDES):
            self._guides = gather_layers(self.raster_layers(parameters, keys.GUIDES, context), context)
        self._model = Path(self.parameterAsFileOutput(parameters, keys.MODEL, context))
        self._report = self.parameterAsFileOutput(parameters, keys.REPORT, context)
        crs = self.known_crs(parameters, keys.CRS, context)
        self._crs_wkt = wkt_of(crs) if crs.isValid() else None
        cure = tr("Set CRS to one in which they are, for example {fitting}.")
        warn_of_layers(layers, context, feedback, cure, crs)
        base = self.parameterAsFile(parameters, keys.BASE_MODEL, context)
        self._base_model = model_path(base) if base else None
        base_card = read_card(self._base_model) if self._base_model else None
        if base_card and base_card.conditions:
            self._guides = in_order(base_card, self._guides)
            log_pairs(base_card, self._guides, logged_to(feedback))
        if len(self._guides) > MOST_CONDITIONS:
            raise GeoGanError("A model takes at most {most} guiding layers.", most=MOST_CONDITIONS)
        self._pixel_size = self.optional_number(parameters, keys.PIXEL_SIZE, context)
        self._fields = {
            "name": self._model.stem,
            "minutes": self.number(parameters, keys.MINUTES, context),
            "epochs": self.optional_number(parameters, keys.EPOCHS, context),
            "preset": self.parameterAsEnumString(parameters, keys.PRESET, context),
            "seed": self.parameterAsInt(parameters, keys.SEED, context),
            "batch_size": self.parameterAsInt(parameters, keys.BATCH_SIZE, context),
            "patch_size": self.parameterAsInt(parameters, keys.PATCH_SIZE, context),
            "learning_rate": self._learning_rate(parameters, context),
            "gamma": self.optional_number(parameters, keys.GAMMA, context),
            "loss": self.parameterAsEnumString(parameters, keys.LOSS, context),
            "hold_out": self.number(parameters, keys.HOLD_OUT, context) / 100.0,
            "device": self.parameterAsEnumString(parameters, keys.DEVICE, context),
        }
        self._resume = self.parameterAsBoolean(parameters, keys.RESUME, context)

    def _learning_rate(self, parameters, context) -> float:
        given = self.optional_number(parameters, keys.LEARNING_RATE, context)
        if given is not None:
            return given
        return LEARNING_RATE_FROM_BASE if self._base_model else LEARNING_RATE

    def work(self, parameters, context, feedback):
        for path in filter(None, (self._model, self._report)):
            check_writable(Path(path))
        warn_of_temporary_model(self._model, feedback)
        with claimed(self._model):
            return self._run(feedback)

    def _run(self, feedback) -> dict[str, Any]:
        seed = self._fields["seed"]
        with TrainingLayers(
            self._sources, self._guides, self._pixel_size, self._crs_wkt, seed, feedback
        ) as layers:
            fields, arrays = self._request(layers)
            with ready_worker(self._home, feedback) as worker:
                result = self._trained(worker, layers, fields, arrays, feedback)
        write_whole(self._model, result.arrays["model"].tobytes())
        if result.fields["finished"]:
            self._remove_checkpoint(feedback)
        else:
            self._keep_checkpoint(result.arrays["checkpoint"], feedback)
            feedback.pushInfo(tr("Cancelled: the model so far is kept in {path}.").format(path=self._model))
        return self._outputs(result, feedback)

    def _request(self, layers: TrainingLayers) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
        """Return the fields and the arrays of the job. Nothing else keeps the land in memory."""
        areas = layers.areas()
        landscapes, of_areas = told_apart([area.landscape for area in areas])
        fields = {
            **self._fields,
            "labels": figure_labels(),
            "pixel_size": layers.pixel_size,
            "landscapes": landscapes,
            "area_landscapes": of_areas,
            "area_is_part": [area.is_part for area in areas],
            "area_layers": [area.name for area in areas],
            "conditions": [guide.name for guide in self._guides],
            "provenance": self._provenance(areas),
        }
        return fields, self._arrays(areas)

    def _trained(
        self,
        worker: Worker,
        layers: TrainingLayers,
        fields: dict[str, Any],
        arrays: dict[str, np.ndarray],
        feedback,
    ) -> Message:
        """Run the job, keep what it sends on the way, and give it other parts of large layers."""
        known = fields["landscapes"]

        def supply(message: Message) -> None:
            others = layers.other_areas(message.fields["turn"])
            _, of_all = told_apart([*known, *(area.landscape for area in others)])
            worker.supply({"area_landscapes": of_all[len(known) :]}, _arrays_of(others))

        handlers = {
            "areas_wanted": supply,
            "checkpoint": lambda message: self._keep_checkpoint(message.arrays["file"], feedback),
            "model": lambda message: self._keep_model(message.arrays["file"], feedback),
        }
        try:
            return run_job(worker, "train", fields, arrays, feedback, handlers, grace_s=SAVING_S)
        except WorkerDied as death:
            raise self._with_way_on(death) from death
        except Cancelled:  # before there was anything to save, or before it was saved
            self._tell_what_is_left(feedback)
            raise

    def _arrays(self, areas: list[Area]) -> dict[str, np.ndarray]:
        arrays = _arrays_of(areas)
        if self._base_model:
            read_card(self._base_model)  # refuses what is no model before anything is sent
            arrays["base_model"] = np.frombuffer(read_model(self._base_model), np.uint8)
        elif BUNDLED_MODEL.is_file():
            arrays["forms"] = np.frombuffer(BUNDLED_MODEL.read_bytes(), np.uint8)
        if self._resume and self._checkpoint_path.is_file():
            arrays["checkpoint"] = np.frombuffer(read_model(self._checkpoint_path), np.uint8)
        return arrays

    def _provenance(self, areas: list[Area]) -> dict[str, Any]:
        """Return what the model is made of, as plain data: of each layer its name, size and licence.

        The size is that of what the training begins with: none of a layer whose turn comes later.
        """
        layers = {source.name: {"name": source.name, "pixels": 0} for source in self._sources}
        for area in areas:
            layers[area.name]["pixels"] += area.values.size
        for source in self._sources:
            if source.licence:
                layers[source.name]["licence"] = source.licence[:MOST_OF_A_LICENCE]
        return {"geogan": plugin_version(), "layers": list(layers.values())}

    @property
    def _checkpoint_path(self) -> Path:
        return self._model.with_name(self._model.name + ".checkpoint")

    def _keep_checkpoint(self, content: np.ndarray, feedback) -> None:
        """Write it where that can be done: hours of training are worth more than the last minutes of them."""
        try:
            write_whole(self._checkpoint_path, content.tobytes())
        except GeoGanError as error:
            feedback.pushWarning(tr("This checkpoint is left out: {why}").format(why=error.sentence(tr)))

    def _remove_checkpoint(self, feedback) -> None:
        try:
            self._checkpoint_path.unlink(missing_ok=True)
        except OSError:  # on Windows another program may look at it
            sentence = tr("{path} is not needed any more, but cannot be removed. Remove it.")
            feedback.pushWarning(sentence.format(path=self._checkpoint_path))

    def _keep_model(self, content: np.ndarray, feedback) -> None:
        """Write the trained model before it is compared with real land, which may be cancelled or fail."""
        write_whole(self._model, content.tobytes())
        feedback.pushInfo(tr("The trained model is in {path}.").format(path=self._model))

    def _with_way_on(self, death: WorkerDied) -> GeoGanError:
        if not self._checkpoint_path.is_file():
            return death
        return GeoGanError(
            "{death}\nThe training up to the last checkpoint is kept: run it again to go on.",
            death=death.sentence(tr),
        )

    def _tell_what_is_left(self, feedback) -> None:
        if self._checkpoint_path.is_file():
            sentence = tr(
                "Cancelled. The training up to the last checkpoint is kept in {path}: run it again to go on."
            )
        else:
            sentence = tr("Cancelled before anything could be kept: there is no {path} yet.")
        feedback.pushInfo(sentence.format(path=self._checkpoint_path))

    def _outputs(self, message: Message, feedback) -> dict[str, Any]:
        result = message.fields
        feedback.pushInfo(
            tr("Trained {steps} steps in {time}: {rate:.0f} patches per second.").format(
                steps=result["steps"], time=duration(result["seconds"]), rate=result["patches_per_second"]
            )
        )
        outputs = {
            keys.MODEL: str(self._model),
            self.REALISM: result["realism"] and result["realism"]["realism"],
            self.STEPS: result["steps"],
            self.PATCHES_PER_SECOND: result["patches_per_second"],
            self.SECONDS: result["seconds"],
            keys.DEVICE: result["device"],
        }
        if self._report:
            model = self._model.read_bytes()
            html = training_report(read_card(model), sha256_of(model), result, message.arrays)
            write_report(self._report, html)
            outputs[keys.REPORT] = self._report
        return outputs


def _arrays_of(areas: list[Area]) -> dict[str, np.ndarray]:
    arrays = {f"area{i}": area.values for i, area in enumerate(areas)}
    conditions = {f"conditions{i}": area.conditions for i, area in enumerate(areas)}
    return arrays | {name: values for name, values in conditions.items() if values is not None}
