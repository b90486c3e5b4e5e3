# SPDX-License-Identifier: GPL-3.0-or-later
"""Terrain from a sketch: points and lines with elevations become land."""

from __future__ import annotations

import numpy as np
from qgis.core import (
    QgsProcessingOutputNumber,
    QgsProcessingParameterRasterDestination,
)

from ..errors import GeoGanError
from ..models.controls import RISE, Controls, Fit, Landscape, fitting_land, neighbours
from ..models.model_card import ModelCard
from ..rasters.crs import check_metric
from ..rasters.fitted.sketch import SketchedLine, controls_of, misses
from ..rasters.grid import Lattice, Window
from . import generation_parameters as keys
from .algorithm import GeoGanAlgorithm
from .bundled_model import missing_model
from .constraints import Heights, Sketch
from .crs import wkt_of
from .features import Features, gather_features
from .generation import Generation, chosen_model
from .home import geogan_home
from .parameters import described
from .sketch_features import SketchFields, sketched_lines
from .sketch_parameters import (
    LINES,
    LINES_ELEVATION,
    LINES_END_ELEVATION,
    LINES_KIND,
    POINTS,
    POINTS_ELEVATION,
    POINTS_KIND,
    drawn_parameters,
    land_parameters,
)
from .styling import style_on_load
from .text import tr
from .worker_job import ready_worker

#: Of the relief: what the land may be off the sketch before a warning.
TOLERATED_MISS = 0.01

#: Pairs of layout cells near each other: for 3 million, solving their equations takes 0.6 GB and 20 s.
MOST_NEIGHBOURS = 6_000_000


class SketchAlgorithm(GeoGanAlgorithm):
    """Has the worker generate land that has the heights of a sketch."""

    LARGEST_MISS = "LARGEST_MISS"

    needs_worker = True

    def name(self):
        return "sketch"

    def displayName(self):
        return tr("Terrain from a sketch")

    def shortDescription(self):
        return tr("Makes land with the peaks, ridges, rivers and coasts that you draw.")

    def tags(self):
        return tr("gan,dem,terrain,elevation,sketch,draw,peak,ridge,river,coast,island,world").split(",")

    def initAlgorithm(self, configuration=None):
        for parameter in (*drawn_parameters(), *keys.place_parameters(), *land_parameters()):
            self.addParameter(parameter)
        output = QgsProcessingParameterRasterDestination(keys.OUTPUT, tr("Terrain of the sketch"))
        self.addParameter(
            described(output, tr("A GeoTIFF with overviews; its tags say that it is synthetic."))
        )
        miss = QgsProcessingOutputNumber(self.LARGEST_MISS, tr("Largest difference from the sketch (metres)"))
        self.addOutput(miss)
        self.addOutput(QgsProcessingOutputNumber(keys.BASE_ELEVATION, tr("Base elevation (metres)")))
        self.addOutput(QgsProcessingOutputNumber(keys.RELIEF, tr("Relief factor")))

    def refusal(self, parameters, context):
        return missing_model(self.parameterAsFile(parameters, keys.MODEL, context))

    def gather(self, parameters, context, feedback):
        self._home = geogan_home()
        self._model = chosen_model(self.parameterAsFile(parameters, keys.MODEL, context))
        self._landscape = self._model.landscape(self.parameterAsString(parameters, keys.LANDSCAPE, context))
        crs, self._bounds = self.place(parameters, keys.EXTENT, keys.CRS, context, feedback)
        self._crs, self._crs_wkt = crs, wkt_of(crs)
        self._transforms = context.transformContext()
        self._seed = self.parameterAsInt(parameters, keys.SEED, context)
        self._variety = self.optional_number(parameters, keys.VARIETY, context)
        self._device = self.parameterAsEnumString(parameters, keys.DEVICE, context)
        self._relief = self.optional_number(parameters, keys.RELIEF, context)
        self._base = self.optional_number(parameters, keys.BASE_ELEVATION, context)
        self._drawn: list[tuple[Features, SketchFields]] = []
        for key, *fields in (
            (POINTS, POINTS_ELEVATION, "", POINTS_KIND),
            (LINES, LINES_ELEVATION, LINES_END_ELEVATION, LINES_KIND),
        ):
            if parameters.get(key):
                features = gather_features(parameters[key], context)
                if features is None:
                    raise GeoGanError(
                        "{layer} cannot be opened. Check that it exists and is a vector layer.",
                        layer=self.parameterDefinition(key).description(),
                    )
                names = (
                    self.parameterAsString(parameters, field, context) if field else "" for field in fields
                )
                self._drawn.append((features, SketchFields(*names)))

    def work(self, parameters, context, feedback):
        output = self.output(parameters, keys.OUTPUT, context)
        self._lines = self._read_lines(feedback)
        lattice = Lattice(
            self._model.card.pixel_size
            / check_metric(self._crs_wkt, self._bounds, self._model.card.pixel_size)
        )
        window = lattice.window_of(*self._bounds)
        self._tell_place(lattice, window, feedback)
        land = self._fitting(controls_of(self._lines, lattice), lattice)
        feedback.pushInfo(
            tr(
                "Landscape: {landscape}. Base elevation: {base} m. Relief: {relief} times the model's."
            ).format(
                landscape=land.landscape, base=f"{land.heights.base:.0f}", relief=f"{land.heights.relief:.2f}"
            )
        )
        with ready_worker(self._home, feedback) as worker:
            land.write(worker, output, window, feedback)
        style_on_load(context, output, land.note())
        return {
            keys.OUTPUT: output,
            self.LARGEST_MISS: self._told_misses(lattice, output, feedback),
            keys.BASE_ELEVATION: land.heights.base,
            keys.RELIEF: land.heights.relief,
        }

    def _read_lines(self, feedback) -> list[SketchedLine]:
        feedback.setProgressText(tr("Reading layers…"))
        place = (self._crs, self._transforms)
        drawn = (sketched_lines(features, fields, *place, feedback) for features, fields in self._drawn)
        return [line for lines in drawn for line in lines]

    def _tell_place(self, lattice: Lattice, window: Window, feedback) -> None:
        xmin, ymin, xmax, ymax = lattice.bounds(window)
        outside = 0
        for line in self._lines:
            (left, bottom), (right, top) = line.vertices[:, :2].min(0), line.vertices[:, :2].max(0)
            outside += bool(right < xmin or left > xmax or top < ymin or bottom > ymax)
        told = {"outside": outside, "all": len(self._lines)}
        if outside and outside == len(self._lines):
            feedback.pushWarning(
                tr(
                    "The sketch lies outside the extent: nothing of it will be seen. Check the extent, and "
                    "the CRS of the layers."
                )
            )
        elif outside:
            feedback.pushInfo(
                tr(
                    "{outside} of the {all} points and lines lie outside the extent. They shape the land as "
                    "far as they reach."
                ).format(**told)
            )

    def _fitting(self, controls: Controls, lattice: Lattice) -> Generation:
        """Return the land that is brought to the controls, given on its pixels."""
        card = self._model.card
        fit = self._fit(card, controls)
        heights = Heights(fit.relief, card.mean_height(fit.landscape), fit.base)
        layers = ", ".join(features.layer for features, _ in self._drawn)
        return Generation(
            self._model,
            self._seed,
            lattice,
            self._crs_wkt,
            card.landscapes[fit.landscape],
            self._device,
            sketch=Sketch(layers, controls.changed(heights.before(controls.heights))),
            heights=heights,
            variety=self._variety,
        )

    def _fit(self, card: ModelCard, controls: Controls) -> Fit:
        cell_px = max(card.guide_factors(), default=1)
        named = self._landscape
        chosen = [card.landscape_index(named)] if named else list(range(len(card.landscapes)))
        known = [
            Landscape(
                card.mean_height(index), card.height_deviation(index), RISE * card.detail_deviation(index)
            )
            for index in chosen
        ]
        cells = controls.coarsened(cell_px, 0.0)
        if neighbours(cells).sum() > MOST_NEIGHBOURS:
            raise GeoGanError(
                "The sketch has too many elevations close together for so large an area. Leave out what lies "
                "far from the extent, or thin the points out."
            )
        fit = fitting_land(cells, known, self._relief, self._base)
        return fit._replace(landscape=chosen[fit.landscape])

    def _told_misses(self, lattice: Lattice, output: str, feedback) -> float:
        """Return how far the land is off the sketch at most, and say so."""
        off, places, vertices, relief = misses(self._lines, lattice, output)
        if not len(off):
            return 0.0
        if vertices:
            sentence = tr(
                "The land meets the {count} elevations of the sketch in the extent, and the lines between "
                "them, within {largest} m (median: {median} m)."
            )
        else:
            sentence = tr(
                "The land meets the lines that cross the extent within {largest} m (median: {median} m)."
            )
        feedback.pushInfo(
            sentence.format(count=vertices, largest=f"{off.max():.1f}", median=f"{np.median(off):.1f}")
        )
        if off.max() > TOLERATED_MISS * relief:
            x, y = places[off.argmax()]
            warning = tr(
                "That is more than {share:.0%} of the relief, at {x}, {y}. There, several elevations lie in "
                "one pixel of the model, lines meet, a line is steep, or a river was lowered so that it "
                "descends."
            )
            feedback.pushWarning(warning.format(share=TOLERATED_MISS, x=f"{x:.0f}", y=f"{y:.0f}"))
        return float(off.max())
