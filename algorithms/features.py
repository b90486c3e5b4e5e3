# SPDX-License-Identifier: GPL-3.0-or-later
"""Features of vector layers, taken on the main thread and read in the background task.

A layer of the project may be edited or removed while a task runs, and to read all of it on the main thread
would freeze QGIS. So what is taken is QGIS's own snapshot of the layer, which any thread may read.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

from qgis.core import (
    QgsCoordinateReferenceSystem,
    QgsCoordinateTransform,
    QgsCsException,
    QgsFeature,
    QgsFeatureRequest,
    QgsFields,
    QgsProcessingContext,
    QgsProcessingFeatureSourceDefinition,
    QgsProcessingFeedback,
    QgsProcessingUtils,
    QgsProperty,
    QgsRectangle,
    QgsVectorLayer,
    QgsVectorLayerFeatureSource,
)

from ..errors import Cancelled

#: Of its width, what a rectangle is widened by: its sides are curves in another CRS.
_WIDENED = 0.05


@dataclass(frozen=True)
class Features:
    """Features of a layer as they were when they were taken."""

    layer: str  # its name
    fields: QgsFields
    crs: QgsCoordinateReferenceSystem
    source: QgsVectorLayerFeatureSource
    request: QgsFeatureRequest
    ids: frozenset[int] | None = None  # of the features to read; None for all
    most: int | None = None

    def read(self, feedback: QgsProcessingFeedback) -> Iterator[QgsFeature]:
        """Yield the features. Raises Cancelled."""
        features = self.source.getFeatures(self.request)
        wanted = (each for each in features if self.ids is None or each.id() in self.ids)
        for feature in islice(wanted, self.most):
            if feedback.isCanceled():
                raise Cancelled
            yield feature


def gather_features(value: Any, context: QgsProcessingContext) -> Features | None:
    """Return what a parameter for a feature source names, or None. Call on the main thread."""
    request, most, only_selected = QgsFeatureRequest(), None, False
    request.setExpressionContext(context.expressionContext())
    if isinstance(value, QgsProcessingFeatureSourceDefinition):
        only_selected = value.selectedFeaturesOnly
        most = value.featureLimit if value.featureLimit > 0 else None
        expression = getattr(value, "filterExpression", "")  # QGIS 3.32
        if expression:
            request.setFilterExpression(expression)
        value = value.source
    if isinstance(value, QgsProperty):
        value, _ = value.value(context.expressionContext())
    layer = value
    if isinstance(value, str):
        layer = QgsProcessingUtils.mapLayerFromString(value, context)
    if not isinstance(layer, QgsVectorLayer) or not layer.isValid():
        return None
    ids = frozenset(layer.selectedFeatureIds()) if only_selected else None
    source = QgsVectorLayerFeatureSource(layer)
    return Features(layer.name(), layer.fields(), layer.crs(), source, request, ids, most)


def features_within(
    layer: QgsVectorLayer,
    extent: QgsRectangle,
    crs: QgsCoordinateReferenceSystem,
    context: QgsProcessingContext,
) -> Features:
    """Return the features near an extent, brought to the CRS of that extent. Call on the main thread."""
    request = QgsFeatureRequest().setDestinationCrs(crs, context.transformContext())
    if _has_place_in(layer.crs(), extent, crs, context):
        request.setFilterRect(extent.buffered(_WIDENED * max(extent.width(), extent.height())))
    return Features(layer.name(), layer.fields(), crs, QgsVectorLayerFeatureSource(layer), request)


def _has_place_in(
    target: QgsCoordinateReferenceSystem,
    extent: QgsRectangle,
    crs: QgsCoordinateReferenceSystem,
    context: QgsProcessingContext,
) -> bool:
    """Return whether an extent has bounds in another CRS; around a pole and the world it has none."""
    try:
        there = QgsCoordinateTransform(crs, target, context.transformContext()).transformBoundingBox(extent)
    except QgsCsException:  # QGIS would find no feature at all
        return False
    return not target.isGeographic() or there.width() < 180.0
