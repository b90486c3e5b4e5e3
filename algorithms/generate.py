# SPDX-License-Identifier: GPL-3.0-or-later
"""Generate synthetic terrain: from a model file and an extent to a georeferenced raster."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path

from qgis.core import QgsProcessingOutputNumber, QgsProcessingOutputString

from ..errors import GeoGanError
from ..rasters.crs import check_metric
from ..rasters.grid import Lattice
from ..rasters.reading.guiding import pixel_size_m
from ..rasters.reading.source import describe_source
from ..rasters.writing.resampling import RESAMPLING_MARGIN_PX, resample
from . import generation_parameters as keys
from .algorithm import GeoGanAlgorithm
from .bundled_model import missing_model
from .constraints import Heights
from .crs import wkt_of
from .following import log_refiner, nearest_factor, warn_of_smooth_land
from .generation import Generation, Written, chosen_model, log_model
from .guide_layer import GuideLayer, origins_px
from .guiding_layers import in_order, read_layers
from .home import geogan_home
from .sources import gather_layers, gdal_paths
from .styling import style_on_load
from .temporary import is_temporary, temporary_folder
from .text import tr
from .worker_job import logged_to, progress_to, ready_worker

#: Two pixel sizes are the same where they differ by less than this share.
SAME_SIZE = 1e-9

#: Percent of the progress bar, roughly as long as they take.
GUIDE_READ_AT, GUIDES_READ_AT, RESAMPLED_FROM = 5, 10, 80


class GenerateAlgorithm(GeoGanAlgorithm):
    """Has the worker generate block by block, and writes the blocks as they come."""

    MEGAPIXELS_PER_SECOND, SECONDS = "MEGAPIXELS_PER_SECOND", "SECONDS"

    needs_worker = True

    def name(self):
        return "generate"

    def displayName(self):
        return tr("Generate synthetic terrain")

    def shortDescription(self):
        return tr("Writes new terrain of a trained landscape for any extent.")

    def tags(self):
        return tr("gan,dem,terrain,elevation,synthetic,random,fractal,landscape").split(",")

    def initAlgorithm(self, configuration=None):
        for parameter in keys.all_parameters():
            self.addParameter(parameter)
        self.addOutput(QgsProcessingOutputNumber(keys.SEED, tr("Seed")))
        self.addOutput(QgsProcessingOutputNumber(self.MEGAPIXELS_PER_SECOND, tr("Megapixels per second")))
        self.addOutput(QgsProcessingOutputNumber(self.SECONDS, tr("Seconds")))
        self.addOutput(QgsProcessingOutputString(keys.DEVICE, tr("Device")))

    def refusal(self, parameters, context):
        is_single = self.parameterAsInt(parameters, keys.REALISATIONS, context) == 1
        if is_single and self.parameterAsBoolean(parameters, keys.SPREAD, context):
            return GeoGanError(
                "A single terrain has no spread: set REALISATIONS to 2 or more, or SPREAD to false."
            )
        base = self.optional_number(parameters, keys.BASE_ELEVATION, context)
        is_moved = self.number(parameters, keys.RELIEF, context) != 1.0 or base is not None
        if parameters.get(keys.GUIDE) and is_moved:
            return GeoGanError(
                "The heights are those of the GUIDE: leave RELIEF and BASE_ELEVATION at their defaults, and "
                "change the guide with the Raster calculator if it should be higher or lower."
            )
        return missing_model(self.parameterAsFile(parameters, keys.MODEL, context))

    def gather(self, parameters, context, feedback):
        self._home = geogan_home()
        self._model = chosen_model(
            self.parameterAsFile(parameters, keys.MODEL, context), takes_conditions=True
        )
        self._named = self.parameterAsString(parameters, keys.LANDSCAPE, context)
        crs, self._bounds = self.place(parameters, keys.EXTENT, keys.CRS, context, feedback)
        self._crs_wkt = wkt_of(crs)
        self._pixel_size = self.optional_number(parameters, keys.PIXEL_SIZE, context)
        self._seed = self.parameterAsInt(parameters, keys.SEED, context)
        self._options = creation_options(self.parameterAsString(parameters, keys.OPTIONS, context))
        self._device = self.parameterAsEnumString(parameters, keys.DEVICE, context)
        self._variety = self.optional_number(parameters, keys.VARIETY, context)
        self._realisations = self.parameterAsInt(parameters, keys.REALISATIONS, context)
        self._with_spread = self.parameterAsBoolean(parameters, keys.SPREAD, context)
        self._resume = self.parameterAsBoolean(parameters, keys.RESUME, context)
        self._guide = []
        if parameters.get(keys.GUIDE):
            self._guide = gather_layers([self.raster_layer(parameters, keys.GUIDE, context)], context)
        guides = []
        if parameters.get(keys.GUIDES):
            guides = gather_layers(self.raster_layers(parameters, keys.GUIDES, context), context)
        self._guides = in_order(self._model.card, guides)
        self._landscape = self._model.landscape(self._named) or self._model.card.landscapes[0]
        self._heights = self._wanted_heights(parameters, context)

    def work(self, parameters, context, feedback):
        self._output = self.output(parameters, keys.OUTPUT, context)
        with temporary_folder() as folder:  # where the guide may have a copy, which all realisations read
            return self._generate(Path(folder), context, feedback)

    def _generate(self, folder: Path, context, feedback):
        size = self._model.card.pixel_size
        land = Generation(
            self._model,
            self._seed,
            Lattice(size / check_metric(self._crs_wkt, self._bounds, size)),
            self._crs_wkt,
            self._landscape,
            self._device,
            heights=self._heights,
            realisations=self._realisations,
            with_spread=self._with_spread,
            creation_options=self._options,
            variety=self._variety,
        )
        if self._guide:
            land = self._guided(land, folder, feedback)
        if self._guides:
            card, place = self._model.card, (land.lattice, self._crs_wkt, self._bounds)
            share = (GUIDE_READ_AT, GUIDES_READ_AT)
            land = replace(land, conditions=read_layers(card, self._guides, *place, feedback, share))
        log_model(self._model.card, land.landscape, logged_to(feedback))
        start = time.monotonic()
        with ready_worker(self._home, feedback) as worker:
            if self._pixel_size is None or abs(self._pixel_size / land.lattice.pixel_size - 1.0) < SAME_SIZE:
                window = land.lattice.window_of(*self._bounds)
                resume = self._resume and not is_temporary(self._output)
                share = (self._read_at(), 100)
                made = land.write(worker, self._output, window, feedback, resume=resume, share=share)
            else:
                made = self._write_resampled(worker, land, feedback)
        seconds = time.monotonic() - start
        mean_band = self._realisations + 1 if self._with_spread else None
        style_on_load(context, self._output, land.note(), mean_band)
        return {
            keys.OUTPUT: self._output,
            keys.SEED: self._seed,
            self.MEGAPIXELS_PER_SECOND: made.pixels / 1e6 / seconds,
            self.SECONDS: seconds,
            keys.DEVICE: made.device,
        }

    def _read_at(self) -> float:
        """Return the percent at which all layers are read."""
        if self._guides:
            return GUIDES_READ_AT
        return GUIDE_READ_AT if self._guide else 0

    def _wanted_heights(self, parameters, context) -> Heights:
        relief = self.number(parameters, keys.RELIEF, context)
        base = self.optional_number(parameters, keys.BASE_ELEVATION, context)
        if relief == 1.0 and base is None:
            return Heights()
        card = self._model.card
        middle = card.mean_height(card.landscape_index(self._landscape))
        return Heights(relief, middle, middle if base is None else base)

    def _guided(self, land: Generation, folder: Path, feedback) -> Generation:
        """Return the land that follows the guide, on the model's cells that are nearest to its pixels."""
        card, log = self._model.card, logged_to(feedback)
        feedback.setProgressText(tr("Reading layers…"))
        ((name, path),) = gdal_paths(self._guide, folder, feedback)
        source = describe_source(path, name)
        size_m = pixel_size_m(source, self._crs_wkt)
        factor = nearest_factor(card.guide_factors(), size_m / card.pixel_size)
        log_refiner(card, self._named, factor, log)
        warn_of_smooth_land(card, name, size_m, feedback)
        # Never the one most like the guide: that would not be the same for all extents.
        best = self._model.refiner(self._named, factor)
        landscape = best.landscape if best else self._landscape
        square = origins_px(card, landscape, self._variety)
        layer = GuideLayer(source, factor, land.lattice, self._crs_wkt, self._bounds, square)
        guide = layer.of(self._seed, log, progress_to(feedback, 0, GUIDE_READ_AT))
        log(
            "The land follows {layer}, by means over {size} m: {factor} x {factor} pixels.",
            layer=name,
            size=f"{factor * card.pixel_size:g}",
            factor=factor,
        )
        return replace(land, guide=guide, guide_layer=layer, landscape=landscape)

    def _write_resampled(self, worker, land: Generation, feedback) -> Written:
        """Generate on the model's lattice, somewhat wider, and resample that to the pixel size asked for."""
        wanted = Lattice(self._pixel_size)
        bounds = wanted.bounds(wanted.window_of(*self._bounds))
        window = land.lattice.window_of(*bounds)
        with temporary_folder() as folder:
            path = str(Path(folder) / "model_pixels.tif")
            # The spread is that of the resampled bands, and the options are for these.
            bands_only = replace(land, with_spread=False, creation_options={})
            wide, share = window.widened(RESAMPLING_MARGIN_PX), (self._read_at(), RESAMPLED_FROM)
            made = bands_only.write(worker, path, wide, feedback, share=share)
            feedback.setProgressText(tr("Resampling to another pixel size…"))
            resample(
                path,
                self._output,
                self._pixel_size,
                bounds,
                creation_options=self._options,
                with_spread=self._with_spread,
                progress=progress_to(feedback, RESAMPLED_FROM, 100),
                log=logged_to(feedback),
            )
        return made


def creation_options(text: str) -> dict[str, str]:
    """Return creation options from QGIS's form, NAME=VALUE|NAME=VALUE.

    Raises:
        GeoGanError: a part is not NAME=VALUE.

    >>> creation_options("COMPRESS=LZW|BIGTIFF=YES")
    {'COMPRESS': 'LZW', 'BIGTIFF': 'YES'}
    """
    options = {}
    for part in filter(None, (part.strip() for part in text.split("|"))):
        name, separator, value = part.partition("=")
        if not separator or not name.strip() or not value.strip():
            raise GeoGanError(
                "The creation option {option} is not of the form NAME=VALUE, such as COMPRESS=LZW.",
                option=part,
            )
        options[name.strip()] = value.strip()
    return options
