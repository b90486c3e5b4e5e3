# SPDX-License-Identifier: GPL-3.0-or-later
"""CRSs of QGIS: their WKT, and whether their lengths are those on the ground.

Web Mercator's are not, far from the equator. What is measured in such metres, above all slopes, is wrong by
as much: a warning says so and names a CRS that fits.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from qgis.core import (
    QgsCoordinateReferenceSystem,
    QgsCoordinateTransform,
    QgsCoordinateTransformContext,
    QgsCsException,
    QgsPoint,
    QgsProcessingContext,
    QgsProcessingFeedback,
    QgsRasterLayer,
    QgsRectangle,
)

from ..rasters.crs import local_metric_crs, read_crs
from .text import tr

#: Lengths may be off by this share without a word: a UTM zone is true to less than a tenth of it.
TOLERATED = 0.05


class Stretch(NamedTuple):
    """How a CRS stretches lengths at a place."""

    factor: float  # lengths in the CRS over those on the ground, in the direction where they are worst
    fitting: str  # a projected CRS in which they are true there


def wkt_of(crs: QgsCoordinateReferenceSystem) -> str:
    """Return a CRS as WKT 2. WKT 1, QGIS's default, has no words for some, and forgets the order of axes."""
    return crs.toWkt(QgsCoordinateReferenceSystem.WktVariant.WKT_PREFERRED)


def stretch_at(
    crs: QgsCoordinateReferenceSystem, extent: QgsRectangle, transforms: QgsCoordinateTransformContext
) -> Stretch | None:
    """Return how a projected CRS stretches lengths in the middle of an extent; None where it hardly does."""
    if not crs.isValid() or crs.isGeographic():
        return None
    degrees = _degrees_of(crs)
    if not degrees.isValid():
        return None
    try:
        middle = QgsCoordinateTransform(crs, degrees, transforms).transform(extent.center())
    except QgsCsException:  # there is no place
        return None
    factors = crs.factors(QgsPoint(middle))
    if not factors.isValid():
        return None
    worst = max(factors.tissotSemimajor(), factors.tissotSemiminor(), key=lambda each: abs(each - 1.0))
    if abs(worst - 1.0) <= TOLERATED:
        return None
    place = (middle.x(), middle.y(), middle.x(), middle.y())
    return Stretch(worst, local_metric_crs(read_crs(wkt_of(degrees)), place).name)


def warn_of_place(
    crs: QgsCoordinateReferenceSystem,
    extent: QgsRectangle,
    transforms: QgsCoordinateTransformContext,
    feedback: QgsProcessingFeedback,
) -> None:
    """Say so where land is to be made whose lengths are not true."""
    stretch = stretch_at(crs, extent, transforms)
    if stretch:
        sentence = tr(
            "In this extent lengths in {crs} are {factor} times those on the ground. The model takes them "
            "for true, so that slopes on the ground will be other ones than it has learnt. A CRS that fits "
            "is {fitting}."
        )
        told = {"crs": _name(crs), "factor": f"{stretch.factor:.2f}", "fitting": stretch.fitting}
        feedback.pushWarning(sentence.format(**told))


def warn_of_layers(
    layers: Sequence[QgsRasterLayer],
    context: QgsProcessingContext,
    feedback: QgsProcessingFeedback,
    cure: str,
    target: QgsCoordinateReferenceSystem | None = None,
) -> None:
    """Say so of each layer whose lengths are not true in its CRS or, where one is given, in `target`.

    `cure` is a sentence, translated, on what to do; it may hold {fitting}, a CRS that fits.
    """
    transforms = context.transformContext()
    for layer in layers:
        crs, extent = layer.crs(), layer.extent()
        if target is not None and target.isValid():
            try:
                extent = QgsCoordinateTransform(crs, target, transforms).transformBoundingBox(extent)
            except QgsCsException:
                continue
            crs = target
        stretch = stretch_at(crs, extent, transforms)
        if stretch:
            sentence = tr(
                "Where layer {layer} lies, lengths in {crs} are {factor} times those on the ground. They are "
                "taken for true, so that slopes are wrong by as much."
            )
            told = {"layer": layer.name(), "crs": _name(crs), "factor": f"{stretch.factor:.2f}"}
            feedback.pushWarning(f"{sentence.format(**told)} {cure.format(fitting=stretch.fitting)}")


def reproject_it() -> str:
    """Return what to do with a layer where an algorithm takes it in the CRS that it has."""
    return tr("Reproject it, for example to {fitting}.")


def _name(crs: QgsCoordinateReferenceSystem) -> str:
    return crs.authid() or crs.description()


def _degrees_of(crs: QgsCoordinateReferenceSystem) -> QgsCoordinateReferenceSystem:
    """Return the geographic CRS that a projected one is made of; before QGIS 3.24 only those with a code."""
    if hasattr(crs, "toGeographicCrs"):
        return crs.toGeographicCrs()
    return QgsCoordinateReferenceSystem(crs.geographicCrsAuthId())
