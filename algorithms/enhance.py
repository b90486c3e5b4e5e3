# SPDX-License-Identifier: GPL-3.0-or-later
"""Increase resolution: from a coarse elevation layer to a finer one that keeps its heights."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from qgis.core import (
    QgsProcessingOutputNumber,
    QgsProcessingParameterRasterDestination,
    QgsProcessingParameterRasterLayer,
)

from ..errors import GeoGanError
from ..models.model_card import Refiner
from ..rasters.crs import check_metric, with_vertical_in_metres
from ..rasters.fitted.fitting import covering, write_fitted
from ..rasters.grid import Lattice
from ..rasters.reading.coarse import CoarseLayer, guide_on, read_coarse
from ..rasters.reading.source import describe_source
from ..rasters.reporting import Log
from .algorithm import GeoGanAlgorithm
from .bundled_model import missing_model
from .constraints import Guide
from .crs import reproject_it, warn_of_layers
from .following import log_refiner, nearest_factor, warn_of_smooth_land
from .generation import ChosenModel, Generation, chosen_model
from .generation_parameters import following_parameters
from .home import geogan_home
from .parameters import described
from .sources import gather_layers, gdal_paths
from .styling import style_on_load
from .temporary import temporary_folder
from .text import tr
from .worker_job import logged_to, progress_to, ready_worker

#: A layer's cells are those that the model expects where they differ by less than this share.
SAME_CELLS = 0.005

#: Means over cells are met some cells around a piece at once: wider ones would take gigabytes.
MOST_TIMES = 250

#: Cells that a guide goes on beyond its layer.
GUIDE_MARGIN = 16

#: Percent of the progress bar, roughly as long as they take.
READ_AT, FILLED_AT, GENERATED_AT = 5, 10, 70


@dataclass(frozen=True)
class Refinement:
    """How a layer is made finer.

    Attributes:
        cells: the lattice of the guide's cells, those of the layer where the model expects such.
        guide_factor: generated pixels across a cell of the guide.
        factor: pixels of the result across a cell of the layer.
        strength: how many times as strong the details within cells are made.
    """

    cells: Lattice
    guide_factor: int
    factor: int
    strength: float = 1.0


def planned_refinement(cells: Lattice, model_size: float, guide_factors: list[int]) -> Refinement:
    """Return how cells of a layer are made finer by a model; both sizes in units of the layer's CRS.

    Raises:
        GeoGanError: the model cannot follow a guide, or its pixels are not finer than the cells, or
            far too much finer.
    """
    ratio = cells.pixel_size / model_size
    guide_factor = nearest_factor(guide_factors, ratio)
    factor = round(ratio)
    if factor <= 1:
        raise GeoGanError(
            "The layer's pixels of {size} are less than one and a half times as wide as the model's of "
            "{model}. Choose a model with finer pixels.",
            size=f"{cells.pixel_size:g}",
            model=f"{model_size:g}",
        )
    if factor > MOST_TIMES:
        raise GeoGanError(
            "The layer's pixels of {size} are {factor} times as wide as the model's; {most} times is the "
            "most. Choose a model with wider pixels.",
            size=f"{cells.pixel_size:g}",
            factor=factor,
            most=MOST_TIMES,
        )
    if abs(ratio / guide_factor - 1.0) < SAME_CELLS:
        return Refinement(cells, guide_factor, guide_factor)
    return Refinement(Lattice(model_size * guide_factor), guide_factor, factor)


class EnhanceAlgorithm(GeoGanAlgorithm):
    """Has the worker generate land that follows the layer, and fits it to the layer's cells."""

    INPUT, MODEL, SEED, OUTPUT, FACTOR = "INPUT", "MODEL", "SEED", "OUTPUT", "FACTOR"
    LANDSCAPE, VARIETY, DEVICE = "LANDSCAPE", "VARIETY", "DEVICE"

    needs_worker = True

    def name(self):
        return "enhance"

    def displayName(self):
        return tr("Increase resolution")

    def shortDescription(self):
        return tr("Makes a coarse elevation layer finer, with details like those of a trained landscape.")

    def tags(self):
        return tr("gan,dem,terrain,elevation,super-resolution,downscale,enhance,resample,detail").split(",")

    def initAlgorithm(self, configuration=None):
        layer = QgsProcessingParameterRasterLayer(self.INPUT, tr("Coarse elevation layer"))
        output = QgsProcessingParameterRasterDestination(self.OUTPUT, tr("Finer elevation"))
        self.addParameter(described(layer, tr("With square pixels, north up; in metres, feet or degrees.")))
        for parameter in following_parameters(
            tr("Each seed gives other details that fit the layer as well.")
        ):
            self.addParameter(parameter)
        self.addParameter(described(output, tr("The mean over each of the layer's pixels is that pixel.")))
        self.addOutput(QgsProcessingOutputNumber(self.FACTOR, tr("How many times finer")))

    def refusal(self, parameters, context):
        return missing_model(self.parameterAsFile(parameters, self.MODEL, context))

    def gather(self, parameters, context, feedback):
        self._home = geogan_home()
        layers = [self.raster_layer(parameters, self.INPUT, context)]
        self._source = gather_layers(layers, context)
        warn_of_layers(layers, context, feedback, reproject_it())
        self._model: ChosenModel = chosen_model(self.parameterAsFile(parameters, self.MODEL, context))
        self._named = self.parameterAsString(parameters, self.LANDSCAPE, context)
        self._model.landscape(self._named)  # refuses an unknown one
        self._seed = self.parameterAsInt(parameters, self.SEED, context)
        self._variety = self.optional_number(parameters, self.VARIETY, context)
        self._device = self.parameterAsEnumString(parameters, self.DEVICE, context)

    def work(self, parameters, context, feedback):
        output = self.output(parameters, self.OUTPUT, context)
        log = logged_to(feedback)
        with temporary_folder() as folder:
            feedback.setProgressText(tr("Reading layers…"))
            ((name, path),) = gdal_paths(self._source, Path(folder), feedback)
            source = describe_source(path, name)
            layer, metric = read_coarse(source, log, progress_to(feedback, 0, READ_AT))
            plan, land = self._planned(metric, feedback)
            generated = str(Path(folder) / "generated.tif")
            with ready_worker(self._home, feedback) as worker:
                window = covering(layer, metric, land.lattice)
                share = (FILLED_AT, GENERATED_AT)
                made = land.write(worker, generated, window, feedback, share=share)
            land = replace(land, landscape=made.landscape)
            feedback.setProgressText(tr("Fitting the land to the layer…"))
            write_fitted(
                generated,
                output,
                layer,
                plan.factor,
                strength=plan.strength,
                crs_wkt=with_vertical_in_metres(source.whole_crs_wkt),
                tags=land.tags() | _tag_of(plan.strength),
                unit=self._model.card.unit,
                progress=progress_to(feedback, GENERATED_AT, 100),
                log=log,
            )
        style_on_load(context, output, land.note())
        return {self.OUTPUT: output, self.FACTOR: plan.factor}

    def _planned(self, layer: CoarseLayer, feedback) -> tuple[Refinement, Generation]:
        card, crs_wkt = self._model.card, layer.area.crs_wkt
        log = logged_to(feedback)
        unit_m = check_metric(crs_wkt, layer.cells.bounds(layer.window), card.pixel_size)
        plan = planned_refinement(layer.cells, card.pixel_size / unit_m, card.guide_factors())
        if plan.cells != layer.cells:
            log(
                "The model expects pixels of {expected} m. Layer {layer} has {size} m and is resampled.",
                expected=f"{plan.cells.pixel_size * unit_m:g}",
                layer=layer.name,
                size=f"{layer.cells.pixel_size * unit_m:g}",
            )
        log(
            "Layer {layer}, of {size} m, is made {factor} times finer by a model of {model} m.",
            layer=layer.name,
            size=f"{layer.cells.pixel_size * unit_m:g}",
            factor=plan.factor,
            model=f"{card.pixel_size:g}",
        )
        best = self._refiner(plan, plan.cells != layer.cells, log)
        warn_of_smooth_land(card, layer.name, layer.cells.pixel_size * unit_m, feedback)
        window, values = guide_on(layer, plan.cells, GUIDE_MARGIN, progress_to(feedback, READ_AT, FILLED_AT))
        return replace(plan, strength=best.strength), Generation(
            self._model,
            self._seed,
            plan.cells.divided(plan.guide_factor),
            crs_wkt,
            best.landscape,
            self._device,
            Guide(layer.name, window, values, plan.guide_factor),
            variety=best.variety,
        )

    def _refiner(self, plan: Refinement, is_resampled: bool, log: Log) -> Refiner:
        """Return what makes the layer finer: what is asked for, else what the training found best.

        The strength of its details was found with all of the rest, so it is 1 where anything else is taken.
        """
        log_refiner(self._model.card, self._named, plan.guide_factor, log)
        best = self._model.refiner(self._named, plan.guide_factor)
        if best is None:
            return Refiner(self._model.landscape(self._named), self._variety)
        if self._variety is not None:
            return Refiner(best.landscape, self._variety)
        log("With it goes a variety of {variety}.", variety=f"{best.variety:g}")
        if best.strength == 1.0 or is_resampled:
            return best._replace(strength=1.0)
        log(
            "Its details are made {strength} times as strong, as the training found best.",
            strength=f"{best.strength:g}",
        )
        return best


def _tag_of(strength: float) -> dict[str, float]:
    return {} if strength == 1.0 else {"GEOGAN_DETAILS": strength}
