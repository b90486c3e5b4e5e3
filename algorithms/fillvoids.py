# SPDX-License-Identifier: GPL-3.0-or-later
"""Fill voids: land of a trained model where a raster has none, meeting what is around."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import numpy as np
from qgis.core import (
    QgsGeometry,
    QgsProcessing,
    QgsProcessingOutputNumber,
    QgsProcessingParameterBand,
    QgsProcessingParameterMapLayer,
    QgsProcessingParameterRasterDestination,
    QgsProcessingParameterRasterLayer,
    QgsRasterLayer,
    QgsVectorLayer,
    QgsWkbTypes,
)

from ..errors import Cancelled, GeoGanError
from ..rasters.filling.filled import write_filled
from ..rasters.filling.surroundings import Surroundings, rim_of, surroundings_of, tile_side
from ..rasters.filling.voids import VoidRaster
from ..rasters.gdal_guard import capped_block_cache
from ..rasters.grid import Window
from ..rasters.reading.source import Source, describe_source
from ..worker.client import Worker
from .algorithm import GeoGanAlgorithm
from .bundled_model import missing_model
from .crs import reproject_it, warn_of_layers
from .features import features_within
from .generation import ChosenModel, chosen_model, origin_tags
from .generation_parameters import following_parameters
from .home import geogan_home, plugin_version
from .parameters import described
from .sources import gather_layers, gdal_paths
from .styling import style_on_load
from .temporary import temporary_folder
from .text import tags_without_markup, tr
from .worker_job import cancel_of, logged_to, progress_to, ready_worker, run_job

#: Of the time that the run takes, the share before the result is written.
FILLING_PERCENT = 90
_POLYGONS = QgsWkbTypes.GeometryType.PolygonGeometry


class FillVoidsAlgorithm(GeoGanAlgorithm):
    """Has the worker make land for each tile that has voids, and bring it to their rims."""

    INPUT, BAND, MASK, MODEL, SEED, OUTPUT = "INPUT", "BAND", "MASK", "MODEL", "SEED", "OUTPUT"
    LANDSCAPE, VARIETY, DEVICE = "LANDSCAPE", "VARIETY", "DEVICE"
    FILLED_PIXELS = "FILLED_PIXELS"

    needs_worker = True

    def name(self):
        return "fillvoids"

    def displayName(self):
        return tr("Fill voids")

    def shortDescription(self):
        return tr("Fills voids of an elevation layer with land like that around.")

    def tags(self):
        return tr("gan,dem,terrain,elevation,void,gap,hole,nodata,fill,interpolate,inpaint").split(",")

    def initAlgorithm(self, configuration=None):
        layer = QgsProcessingParameterRasterLayer(self.INPUT, tr("Elevation layer with voids"))
        # Optional, because the default of a band does not count for qgis_process in QGIS 3.22.
        band = QgsProcessingParameterBand(self.BAND, tr("Band"), 1, self.INPUT, optional=True)
        kinds = [QgsProcessing.SourceType.TypeVectorPolygon, QgsProcessing.SourceType.TypeRaster]
        mask = QgsProcessingParameterMapLayer(self.MASK, tr("Mask"), optional=True, types=kinds)
        output = QgsProcessingParameterRasterDestination(self.OUTPUT, tr("Filled elevation"))
        widest = tr("In any CRS. Its pixels may be up to four times as wide as the model's.")
        self.addParameter(described(layer, widest))
        self.addParameter(described(band, tr("The one that holds the heights.")))
        self.addParameter(
            described(
                mask,
                tr(
                    "What is filled: polygons, or the pixels of a raster that are not 0. Empty: all pixels "
                    "without data, which may be the sea as well."
                ),
            )
        )
        for parameter in following_parameters(tr("Each seed gives other land that fits as well.")):
            self.addParameter(parameter)
        self.addParameter(described(output, tr("Outside the voids every pixel is as it was.")))
        self.addOutput(QgsProcessingOutputNumber(self.FILLED_PIXELS, tr("Filled pixels")))

    def refusal(self, parameters, context):
        return missing_model(self.parameterAsFile(parameters, self.MODEL, context))

    def gather(self, parameters, context, feedback):
        self._home = geogan_home()
        layer = self.raster_layer(parameters, self.INPUT, context)
        (self._layer,) = gather_layers([layer], context)
        warn_of_layers([layer], context, feedback, reproject_it())
        self._band = self.parameterAsInt(parameters, self.BAND, context) or 1
        self._model: ChosenModel = chosen_model(self.parameterAsFile(parameters, self.MODEL, context))
        self._landscape = self._model.landscape(self.parameterAsString(parameters, self.LANDSCAPE, context))
        self._seed = self.parameterAsInt(parameters, self.SEED, context)
        self._variety = self.optional_number(parameters, self.VARIETY, context)
        self._device = self.parameterAsEnumString(parameters, self.DEVICE, context)
        self._mask_raster, self._polygons = [], None
        if parameters.get(self.MASK):
            self._gather_mask(self.parameterAsLayer(parameters, self.MASK, context), layer, context)

    def _gather_mask(self, mask, layer: QgsRasterLayer, context) -> None:
        if isinstance(mask, QgsRasterLayer):
            self._mask_raster = gather_layers([mask], context)
        elif isinstance(mask, QgsVectorLayer) and mask.geometryType() == _POLYGONS:
            self._polygons = features_within(mask, layer.extent(), layer.crs(), context)
        else:
            raise GeoGanError("The MASK cannot be opened. Choose a layer of polygons or a raster.")

    def work(self, parameters, context, feedback):
        output = self.output(parameters, self.OUTPUT, context)
        with temporary_folder() as folder:
            feedback.setProgressText(tr("Reading layers…"))
            source = self._read(Path(folder), feedback)
            named = self._layer.properties.named.get(self._band, ())
            side = tile_side(source, self._model.card.pixel_size)
            is_cancelled = cancel_of(feedback)

            def goes_on(_fraction: float) -> bool:
                return not is_cancelled()

            with (
                capped_block_cache(),
                closing(VoidRaster(source, Path(folder), goes_on, logged_to(feedback), named)) as raster,
            ):
                self._mark(raster, Path(folder), feedback)
                landscapes = []
                if raster.marked_px:
                    self._warn_of_coarse_land(raster, feedback)
                    with ready_worker(self._home, feedback) as worker:
                        landscapes = self._fill(raster, side, worker, feedback)
                feedback.setProgressText(tr("Writing the filled layer…"))
                progress = progress_to(feedback, FILLING_PERCENT, 100)
                tags = origin_tags(self._model, self._seed, self._variety)
                tags["GEOGAN_LANDSCAPE"] = ", ".join(landscapes)
                write_filled(output, raster, tags_without_markup(tags), progress, logged_to(feedback))
                count = raster.marked_px
        if count:
            style_on_load(context, output, self._note(landscapes))
        return {self.OUTPUT: output, self.FILLED_PIXELS: count}

    def _read(self, folder: Path, feedback) -> Source:
        """Return the band that is filled; what the user named as nodata still has its values there."""
        ((name, path),) = gdal_paths([self._layer.with_all_values()], folder, feedback)
        source = describe_source(path, name, self._band)
        if source.bands > 1:
            sentence = tr("Band {band} of {count} is filled; the result holds that band alone.")
            feedback.pushInfo(sentence.format(band=self._band, count=source.bands))
        return source

    def _note(self, landscapes: list[str]) -> str:
        """Return the sentence for the layer's metadata."""
        note = tr(
            "Voids filled with synthetic terrain by GeoGAN {version} with {model}, landscape {landscape}, "
            "seed {seed}."
        )
        told = {"model": self._model.name, "landscape": ", ".join(landscapes), "seed": self._seed}
        return note.format(version=plugin_version(), **told)

    def _mark(self, raster: VoidRaster, folder: Path, feedback) -> None:
        """Mark what is to be filled, and say how much that is."""
        if self._polygons is not None:
            shapes = (feature.geometry() for feature in self._polygons.read(feedback))
            raster.mark_polygons([_without_curves(shape) for shape in shapes if not shape.isEmpty()])
        elif self._mask_raster:
            (folder / "mask").mkdir()
            ((name, path),) = gdal_paths(self._mask_raster, folder / "mask", feedback)
            raster.mark_raster(path, name)
        else:
            raster.mark_nodata()
        raster.check_some_known()
        if raster.marked_px:
            feedback.pushInfo(tr("{count} pixels are to be filled.").format(count=raster.marked_px))
        elif self._polygons is None and not self._mask_raster:
            feedback.pushWarning(tr("The layer has no voids: the result is a copy of it."))
        else:
            feedback.pushWarning(
                tr(
                    "The mask covers no pixel of the layer: the result is a copy of it. Check the mask, and "
                    "the CRS of both."
                )
            )

    def _warn_of_coarse_land(self, raster: VoidRaster, feedback) -> None:
        size, native = self._model.card.pixel_size, raster.source.native_size_m
        if native < size / 2.0:
            sentence = tr(
                "The model's pixels are {size} m wide, those of the layer {native} m: what is filled is "
                "smoother than the land around. A model trained on this layer fills it better."
            )
            feedback.pushWarning(sentence.format(size=f"{size:g}", native=f"{native:g}"))

    def _fill(self, raster: VoidRaster, side: int, worker: Worker, feedback) -> list[str]:
        """Fill what is marked, and return the names of the landscapes that were taken."""
        feedback.setProgressText(tr("Filling…"))
        done, landscapes = 0, set()
        for tile in raster.tiles(side):
            if feedback.isCanceled():
                raise Cancelled
            window = rim_of(raster, tile)
            around = surroundings_of(raster, window, self._model.card.pixel_size, self._cell_px())
            land, landscape = self._land(around, worker, feedback)
            made = raster.warped(around.as_raster(land), window, "cubic")
            raster.fill(tile, _cut(self._meeting(raster, window, made, worker, feedback), window, tile))
            landscapes.add(landscape)
            done += int(raster.voids(tile).sum())
            feedback.setProgress(FILLING_PERCENT * done / raster.marked_px)
        if len(self._model.card.landscapes) > 1 and not self._landscape:
            sentence = tr("The landscape most like the land around is taken: {landscape}.")
            feedback.pushInfo(sentence.format(landscape=", ".join(sorted(landscapes))))
        return sorted(landscapes)

    def _cell_px(self) -> int:
        return max(self._model.card.guide_factors(), default=1)

    def _land(self, around: Surroundings, worker: Worker, feedback) -> tuple[np.ndarray, str]:
        """Return land for the part wanted, and the name of its landscape."""
        wanted = around.wanted
        fields = {
            "seed": self._seed,
            "landscape": self._landscape,
            "variety": self._variety,
            "device": self._device,
            "row": around.window.row,
            "col": around.window.col,
            "wanted": [wanted.row, wanted.col, wanted.height, wanted.width],
        }
        arrays = {"model": np.frombuffer(self._model.content, np.uint8), "known": around.known}
        result = run_job(worker, "fill", fields, arrays, feedback, {})
        return result.arrays["made"], result.fields["landscape"]

    def _meeting(
        self, raster: VoidRaster, window: Window, made: np.ndarray, worker: Worker, feedback
    ) -> np.ndarray:
        """Return the heights of a window, its voids filled with land that meets them."""
        known = raster.heights(window)
        is_made = raster.voids(window) & np.isfinite(known)  # by the tiles before
        arrays = {"known": known, "made": made, "is_made": is_made.astype(np.uint8)}
        return run_job(worker, "meet", {"device": self._device}, arrays, feedback, {}).arrays["filled"]


def _without_curves(shape: QgsGeometry) -> bytes:
    """Return a geometry as WKB, its curves as short lines: GDAL draws no others."""
    return bytes(QgsGeometry(shape.constGet().segmentize()).asWkb())


def _cut(values: np.ndarray, window: Window, part: Window) -> np.ndarray:
    top, left = part.row - window.row, part.col - window.col
    return values[top : top + part.height, left : left + part.width]
