# SPDX-License-Identifier: GPL-3.0-or-later
"""From the features of vector layers to the points and lines of a sketch."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from qgis.core import (
    NULL,
    QgsAbstractGeometry,
    QgsCoordinateReferenceSystem,
    QgsCoordinateTransform,
    QgsCoordinateTransformContext,
    QgsCsException,
    QgsFeature,
    QgsGeometry,
    QgsProcessingFeedback,
)

from ..errors import GeoGanError
from ..rasters.fitted.sketch import Kind, SketchedLine
from ..rasters.reading.cleaning import UNLIKELY
from .features import Features
from .worker_job import logged_to

#: Coordinates beyond this, in units of the CRS, are no place: the earth is 40 000 km around.
FARTHEST = 1e9
#: Metres beyond which a number is no elevation, on no planet.
HIGHEST = 1e5
KINDS = {kind.value: kind for kind in Kind if kind is not Kind.PLAIN}


@dataclass(frozen=True)
class SketchFields:
    """Which fields of a layer say what; "" where none does."""

    elevation: str = ""  # of the feature, or of where its lines begin
    end_elevation: str = ""  # of where its lines end
    kind: str = ""


def sketched_lines(
    features: Features,
    fields: SketchFields,
    crs: QgsCoordinateReferenceSystem,
    transforms: QgsCoordinateTransformContext,
    feedback: QgsProcessingFeedback,
) -> list[SketchedLine]:
    """Return the features of a layer in a CRS.

    Logged is which were left out since they have no place there, and where all heights are 0, as those of a
    layer that was drawn with Z values but never given any.

    Heights are those of the fields; where a field is empty or not named, those of the vertices.

    Raises:
        GeoGanError: a field is missing, or a feature has no elevation or is of a kind that is not known.
        Cancelled: by the feedback.
    """
    layer, log = features.layer, logged_to(feedback)
    for field in (fields.elevation, fields.end_elevation, fields.kind):
        if field and features.fields.lookupField(field) < 0:
            raise GeoGanError("Layer {layer} has no field {field}.", layer=layer, field=field)
    to_crs = QgsCoordinateTransform(features.crs, crs, transforms)
    lines: list[SketchedLine] = []
    empty = far = 0
    for feature in features.read(feedback):
        geometry = feature.geometry()
        if geometry.isEmpty():
            empty += 1
            continue
        made = list(_lines_of(feature, geometry, fields, layer)) if _is_brought(geometry, to_crs) else []
        lines += made
        far += not made
    if empty:
        log(
            "{count} features of layer {layer} have no geometry: they are left out.", count=empty, layer=layer
        )
    if far:
        log(
            "{count} features of layer {layer} have no place in the CRS of the terrain: they are left out.",
            count=far,
            layer=layer,
        )
    if lines and not fields.elevation and not any(line.vertices[:, 2].any() for line in lines):
        log(
            "All vertices of layer {layer} have the Z value 0, and so that elevation. If that is not meant, "
            "choose the field that holds the elevations.",
            layer=layer,
        )
    return lines


def _is_brought(geometry: QgsGeometry, to_crs: QgsCoordinateTransform) -> bool:
    """Bring a geometry to another CRS in place; return whether it has a place there."""
    try:
        geometry.transform(to_crs)
    except QgsCsException:
        return False
    return True


def _lines_of(
    feature: QgsFeature, geometry: QgsGeometry, fields: SketchFields, layer: str
) -> Iterator[SketchedLine]:
    kind = _kind_of(feature, fields.kind, layer)
    begin = _number(feature, fields.elevation, layer)
    end = _number(feature, fields.end_elevation, layer)
    if end is not None:
        geometry = _connected(geometry, begin, feature, layer)
    for ring, is_hole in _rings(geometry.constGet()):
        vertices = np.array([(vertex.x(), vertex.y(), vertex.z()) for vertex in ring.vertices()])
        if not (np.abs(vertices[:, :2]) < FARTHEST).all():
            continue
        if begin is not None:
            vertices[:, 2] = _between(vertices, begin, begin if end is None else end)
        if not (np.abs(vertices[:, 2]) <= HIGHEST).all() or np.isin(vertices[:, 2], UNLIKELY).any():
            raise GeoGanError(
                "Feature {number} of layer {layer} has no elevation. Choose the field that holds it, or give "
                "its vertices Z values.",
                number=feature.id(),
                layer=layer,
            )
        yield SketchedLine(vertices, kind, is_hole)


def _connected(geometry: QgsGeometry, begin: float | None, feature: QgsFeature, layer: str) -> QgsGeometry:
    """Return the one line that has heights where it begins and where it ends."""
    if begin is None:
        raise GeoGanError(
            "Feature {number} of layer {layer} has an elevation at its end, but none where it begins. Give "
            "both, or none.",
            number=feature.id(),
            layer=layer,
        )
    if not geometry.isMultipart() or geometry.constGet().numGeometries() == 1:
        return geometry
    merged = geometry.mergeLines()
    if merged.isEmpty() or (merged.isMultipart() and merged.constGet().numGeometries() > 1):
        raise GeoGanError(
            "Feature {number} of layer {layer} has several parts, and an elevation at its end. Split it into "
            "one feature a part (Multipart to singleparts).",
            number=feature.id(),
            layer=layer,
        )
    return merged


def _rings(geometry: QgsAbstractGeometry) -> Iterator[tuple[QgsAbstractGeometry, bool]]:
    """Yield the points, lines and rings that a geometry is made of, curves as straight lines.

    With each, whether it is a hole of a polygon. Empty parts are left out.
    """
    straight = geometry.segmentize()
    for part in straight.parts():
        if part.isEmpty():
            continue
        if hasattr(part, "exteriorRing"):
            yield part.exteriorRing(), False
            yield from ((part.interiorRing(i), True) for i in range(part.numInteriorRings()))
        else:
            yield part, False


def _kind_of(feature: QgsFeature, field: str, layer: str) -> Kind:
    value = _value(feature, field)
    text = "" if value is None else str(value).strip().casefold()
    if text and text not in KINDS:
        raise GeoGanError(
            "Feature {number} of layer {layer} is of the kind {kind}. GeoGAN knows: {known}. Leave the kind "
            "of all others empty.",
            number=feature.id(),
            layer=layer,
            kind=text,
            known=", ".join(KINDS),
        )
    return KINDS.get(text, Kind.PLAIN)


def _value(feature: QgsFeature, field: str) -> Any:
    """Return what stands in a field, None where that is nothing, or no field is named."""
    value = feature[field] if field else None
    return None if value == NULL else value


def _number(feature: QgsFeature, field: str, layer: str) -> float | None:
    """Return the number in a field, None where it is empty or no field is named."""
    value = _value(feature, field)
    if value is None:
        return None
    try:
        number = float(value)
    except (TypeError, ValueError):
        number = math.nan
    if not abs(number) <= HIGHEST or number in UNLIKELY:
        raise GeoGanError(
            "{value} in the field {field} of layer {layer} is not an elevation: write a number of metres, or "
            "leave the field empty.",
            value=value,
            field=field,
            layer=layer,
        )
    return number


def _between(vertices: np.ndarray, begin: float, end: float) -> np.ndarray:
    """Return heights that change evenly along a line."""
    along = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(vertices[:, :2], axis=0).T))])
    return begin + (end - begin) * along / max(along[-1], 1e-12)
