# SPDX-License-Identifier: GPL-3.0-or-later
"""What all algorithms of GeoGAN share: icon, help, and errors as plain sentences."""

from __future__ import annotations

import re
from contextlib import nullcontext
from math import isfinite
from pathlib import Path
from typing import Any

from qgis.core import (
    QgsApplication,
    QgsCoordinateReferenceSystem,
    QgsCoordinateTransform,
    QgsCsException,
    QgsProcessingAlgorithm,
    QgsProcessingContext,
    QgsProcessingFeedback,
    QgsRasterLayer,
)
from qgis.PyQt.QtGui import QIcon

from ..errors import Cancelled, GeoGanError
from ..rasters.writing.disk_space import check_name, check_place, target_of
from .crs import warn_of_place
from .home import geogan_home
from .inputs import check_inputs_stay
from .text import plain_errors, tr
from .worker_job import load_ahead, none_left_loading

RESOURCES = Path(__file__).resolve().parent.parent / "resources"
ICON = RESOURCES / "icons" / "geogan.svg"

_BOUNDS = re.compile(",".join([r"\s*([-+]?\d+\.?\d*(?:[eE][-+]?\d+)?)\s*"] * 4))  # as QGIS writes an extent


class GeoGanAlgorithm(QgsProcessingAlgorithm):
    """An algorithm whose expected failures (`GeoGanError`) reach the user as one plain sentence.

    A subclass writes `name`, `displayName`, `initAlgorithm`, `work` and, where it needs them, `refusal` and
    `gather`. Its help is the file resources/help/NAME.html.
    """

    #: Whether `work` borrows a worker. It then loads TensorFlow while layers and parameters are read.
    needs_worker = False

    def refusal(self, parameters: dict, context: QgsProcessingContext) -> GeoGanError | None:
        """Return why these parameters can't be used, or None."""

    def gather(
        self, parameters: dict, context: QgsProcessingContext, feedback: QgsProcessingFeedback
    ) -> None:
        """Turn layers, extents and destinations into plain values. Runs on the main thread."""

    def work(
        self, parameters: dict, context: QgsProcessingContext, feedback: QgsProcessingFeedback
    ) -> dict[str, Any]:
        """Do the work and return the outputs. Runs in the background: no project, widget or layer."""
        raise NotImplementedError

    def optional_number(self, parameters: dict, key: str, context: QgsProcessingContext) -> float | None:
        """Return a number parameter, or None where it is left empty or its expression gives NULL."""
        is_empty = not self.parameterAsString(parameters, key, context).strip()
        return None if is_empty else self.number(parameters, key, context)

    def number(self, parameters: dict, key: str, context: QgsProcessingContext) -> float:
        """Return a number parameter; raises GeoGanError where it is none ("nan"), which QGIS lets pass."""
        number = self.parameterAsDouble(parameters, key, context)
        if not isfinite(number):
            raise GeoGanError("{key} is not a number. Give one, or leave it empty.", key=key)
        return number

    def raster_layer(self, parameters: dict, key: str, context: QgsProcessingContext) -> QgsRasterLayer:
        """Return the layer of a parameter; raises GeoGanError where it cannot be opened."""
        layer = self.parameterAsRasterLayer(parameters, key, context)
        if layer is None:
            raise GeoGanError(
                "{layer} cannot be opened. Check that it exists and is a raster.", layer=parameters[key]
            )
        return layer

    def raster_layers(
        self, parameters: dict, key: str, context: QgsProcessingContext
    ) -> list[QgsRasterLayer]:
        """Return the layers of a parameter, which QGIS leaves out without a word where it can't load them.

        Raises:
            GeoGanError: there is none, or one cannot be opened or is no raster.
        """
        layers = self.parameterAsLayerList(parameters, key, context)
        given = parameters[key]
        if not layers or (isinstance(given, list) and len(layers) < len(given)):
            raise GeoGanError(
                "Only {found} of {given} layers can be opened. Check that all exist and are rasters: {names}",
                found=len(layers),
                given=len(given) if isinstance(given, list) else 1,
                names=", ".join(map(str, given)) if isinstance(given, list) else given,
            )
        for layer in layers:
            if not isinstance(layer, QgsRasterLayer):
                raise GeoGanError("Layer {layer} is not a raster. Choose rasters only.", layer=layer.name())
        return layers

    def output(self, parameters: dict, key: str, context: QgsProcessingContext) -> str:
        """Return where a raster is to be written; raises GeoGanError, before any work, where it cannot be.

        To be called in `work`: in a background task that context is the one whose layers get loaded.
        """
        path = self.parameterAsOutputLayer(parameters, key, context)
        check_name(Path(path))
        check_place(target_of(Path(path)))
        return path

    def known_crs(
        self, parameters: dict, key: str, context: QgsProcessingContext
    ) -> QgsCoordinateReferenceSystem:
        """Return the CRS of a parameter: an invalid one where it is left empty, or the project has none.

        Raises:
            GeoGanError: it names one that PROJ does not know, or a vertical one.
        """
        crs, given = self.parameterAsCrs(parameters, key, context), parameters.get(key)
        if not crs.isValid() and isinstance(given, str) and given.lower() not in ("", "projectcrs"):
            raise _unknown_crs(given)
        return crs

    def place(
        self,
        parameters: dict,
        extent_key: str,
        crs_key: str,
        context: QgsProcessingContext,
        feedback: QgsProcessingFeedback,
    ) -> tuple[QgsCoordinateReferenceSystem, tuple[float, float, float, float]]:
        """Return the CRS of the land to make, and xmin, ymin, xmax and ymax there.

        Where lengths in that CRS are not true, a warning says so.

        Raises:
            GeoGanError: there is no CRS, one is not known, or the extent has no place in it.
        """
        crs = self.known_crs(parameters, crs_key, context)
        if not crs.isValid():  # a project without a CRS, as in qgis_process
            crs = self.parameterAsExtentCrs(parameters, extent_key, context)
        if not crs.isValid():
            raise GeoGanError("The terrain has no CRS. Set CRS to a projected one.")
        _check_bounds(parameters[extent_key])
        own = self.parameterAsExtentCrs(parameters, extent_key, context)
        try:  # QGIS, where it cannot, takes the numbers as they are
            to_crs = QgsCoordinateTransform(own, crs, context.transformContext())
            to_crs.transformBoundingBox(self.parameterAsExtent(parameters, extent_key, context))
        except QgsCsException as error:
            raise GeoGanError(
                "The extent has no place in the CRS {crs}. Choose one that fits it.", crs=crs.authid()
            ) from error
        extent = self.parameterAsExtent(parameters, extent_key, context, crs)
        warn_of_place(crs, extent, context.transformContext(), feedback)
        return crs, (extent.xMinimum(), extent.yMinimum(), extent.xMaximum(), extent.yMaximum())

    def checkParameterValues(self, parameters, context):
        try:
            refusal = self.refusal(parameters, context)
        except GeoGanError as error:
            refusal = error
        return (False, refusal.sentence(tr)) if refusal else super().checkParameterValues(parameters, context)

    def prepareAlgorithm(self, parameters, context, feedback):
        # A failure waits for `processAlgorithm` to raise it. From here, callers of processing.run would hear
        # only that there were errors, and those of a background task nothing at all.
        self._failure = None
        try:
            # Asked again here: a task that a script makes by hand skips checkParameterValues.
            self._failure = self.refusal(parameters, context)
            if self._failure is None:
                check_inputs_stay(self, parameters, context)
                if self.needs_worker:
                    load_ahead(geogan_home())
                self.gather(parameters, context, feedback)
        except GeoGanError as error:
            self._failure = error
        return True

    def processAlgorithm(self, parameters, context, feedback):
        try:
            with plain_errors(), none_left_loading() if self.needs_worker else nullcontext():
                if self._failure is not None:
                    raise self._failure
                return self.work(parameters, context, feedback)
        except Cancelled:  # whoever raised it has cleaned up
            return {}

    def createInstance(self):
        return type(self)()

    def group(self):
        return ""

    def groupId(self):
        return ""

    def icon(self):
        return QIcon(str(ICON))

    def svgIconPath(self):
        return str(ICON)

    def shortHelpString(self):
        return help_text(self.name(), QgsApplication.locale())


def _check_bounds(extent: Any) -> None:
    """Refuse an extent, given as text, whose CRS is not known or whose bounds are the wrong way round.

    QGIS takes the numbers for those of another CRS then, or swaps them: around the world, where the extent
    crossed the meridian of 180 degrees.
    """
    numbers, _, crs = extent.partition("[") if isinstance(extent, str) else ("", "", "")
    found, crs = _BOUNDS.fullmatch(numbers), crs.strip().removesuffix("]")
    if not found:  # a layer, by its path, name or id
        return
    if crs and not QgsCoordinateReferenceSystem(crs).isValid():
        raise _unknown_crs(crs)
    west, east, *_ = found.groups()
    if float(west) > float(east):
        raise GeoGanError(
            "The extent begins east of where it ends, at {west} and {east}. Across the meridian of 180 "
            "degrees, count on beyond it: 179.9 and 180.1.",
            west=west,
            east=east,
        )


def _unknown_crs(name: str) -> GeoGanError:
    return GeoGanError("The CRS {crs} is not known. Choose another one.", crs=name)


def help_text(algorithm: str, locale: str) -> str:
    """Return an algorithm's help (HTML) in the language of `locale`, such as "de_AT", else in English."""
    language = locale.partition("_")[0]
    candidates = (f"{algorithm}_{locale}.html", f"{algorithm}_{language}.html", f"{algorithm}.html")
    for candidate in candidates:
        path = RESOURCES / "help" / candidate
        if path.is_file():
            return path.read_text(encoding="utf-8")
    return ""
