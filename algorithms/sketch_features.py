# SPDX-License-Identifier: GPL-3.0-or-later
"""From vector layers to the points and lines of a sketch. Read on the main thread."""

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
    QgsCoordinateTransformContext,
    QgsFeature,
    QgsFeatureRequest,
    QgsProcessingFeatureSource,
)

from ..errors import GeoGanError
from ..rasters.sketch import Kind, SketchedLine

KINDS = {kind.value: kind for kind in Kind if kind is not Kind.PLAIN}


@dataclass(frozen=True)
class SketchFields:
    """Which fields of a layer say what; "" where none does."""

    elevation: str = ""  # of the feature, or of where its lines begin
    end_elevation: str = ""  # of where its lines end
    kind: str = ""


def sketched_lines(
    source: QgsProcessingFeatureSource,
    fields: SketchFields,
    crs: QgsCoordinateReferenceSystem,
    transforms: QgsCoordinateTransformContext,
) -> list[SketchedLine]:
    """Return the features of a layer in a CRS, those without a geometry left out.

    Heights are those of the fields; where a field is empty or not named, those of the vertices.

    Raises:
        GeoGanError: a field is missing, or a feature has no elevation, is of a kind that is not known, or
            does not exist in the CRS.
    """
    for field in (fields.elevation, fields.end_elevation, fields.kind):
        if field and source.fields().lookupField(field) < 0:
            raise GeoGanError("Layer {layer} has no field {field}.", layer=source.sourceName(), field=field)
    failed: list[int] = []
    request = QgsFeatureRequest().setDestinationCrs(crs, transforms)
    request.setTransformErrorCallback(lambda feature: failed.append(feature.id()))
    features = source.getFeatures(request, QgsProcessingFeatureSource.Flag.FlagSkipGeometryValidityChecks)
    lines = [line for feature in features for line in _lines_of(feature, fields, source.sourceName())]
    if failed:
        raise GeoGanError(
            "Feature {number} of layer {layer} cannot be brought to the CRS of the terrain. Check its "
            "coordinates and the CRS of the layer.",
            number=failed[0],
            layer=source.sourceName(),
        )
    return lines


def _lines_of(feature: QgsFeature, fields: SketchFields, layer: str) -> Iterator[SketchedLine]:
    if feature.geometry().isEmpty():
        return
    kind = _kind_of(feature, fields.kind, layer)
    begin = _number(feature, fields.elevation, layer)
    end = _number(feature, fields.end_elevation, layer)
    for ring in _rings(feature.geometry().constGet()):
        vertices = np.array([(vertex.x(), vertex.y(), vertex.z()) for vertex in ring.vertices()])
        if begin is not None:
            vertices[:, 2] = _between(vertices, begin, begin if end is None else end)
        if not np.isfinite(vertices[:, 2]).all():
            raise GeoGanError(
                "Feature {number} of layer {layer} has no elevation. Choose the field that holds it, or give "
                "its vertices Z values.",
                number=feature.id(),
                layer=layer,
            )
        yield SketchedLine(vertices, kind)


def _rings(geometry: QgsAbstractGeometry) -> Iterator[QgsAbstractGeometry]:
    """Yield the points, lines and rings of polygons that a geometry is made of, curves as straight lines."""
    straight = geometry.segmentize()
    for part in straight.parts():
        if hasattr(part, "exteriorRing"):
            yield part.exteriorRing()
            yield from (part.interiorRing(i) for i in range(part.numInteriorRings()))
        else:
            yield part


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
    if not math.isfinite(number):
        raise GeoGanError(
            "{value} in the field {field} of layer {layer} is not an elevation: write a number of metres.",
            value=value,
            field=field,
            layer=layer,
        )
    return number


def _between(vertices: np.ndarray, begin: float, end: float) -> np.ndarray:
    """Return heights that change evenly along a line."""
    along = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(vertices[:, :2], axis=0).T))])
    return begin + (end - begin) * along / max(along[-1], 1e-12)
