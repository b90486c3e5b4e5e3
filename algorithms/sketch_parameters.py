# SPDX-License-Identifier: GPL-3.0-or-later
"""The parameters of Terrain from a sketch: what is drawn, and what the land is like away from it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from qgis.core import (
    QgsProcessing,
    QgsProcessingParameterDefinition,
    QgsProcessingParameterFeatureSource,
    QgsProcessingParameterField,
)

from . import generation_parameters as keys
from .parameters import advanced, described, real_number
from .text import tr

POINTS, POINTS_ELEVATION, POINTS_KIND = "POINTS", "POINTS_ELEVATION", "POINTS_KIND"
LINES, LINES_ELEVATION, LINES_KIND = "LINES", "LINES_ELEVATION", "LINES_KIND"
LINES_END_ELEVATION = "LINES_END_ELEVATION"

LEAST_RELIEF = 0.01  # a factor


def drawn_parameters() -> tuple[QgsProcessingParameterDefinition, ...]:
    """Return the layers, and which of their fields hold elevations and kinds."""
    kinds = QgsProcessing.SourceType
    elevation = tr("In metres. Empty: the Z values of the vertices.")
    return (
        _layer(POINTS, tr("Points"), [kinds.TypeVectorPoint], tr("Peaks, or any spots.")),
        _field(POINTS_ELEVATION, POINTS, tr("Elevation of the points"), elevation),
        _field(
            POINTS_KIND,
            POINTS,
            tr("Kind of the points"),
            tr("A text: peak, where the land around lies lower. Empty: the land around is free."),
            is_text=True,
        ),
        _layer(
            LINES,
            tr("Lines"),
            [kinds.TypeVectorLine, kinds.TypeVectorPolygon],
            tr("Rivers, ridges, coasts, or any lines; also the outlines of polygons."),
        ),
        _field(LINES_ELEVATION, LINES, tr("Elevation of the lines"), elevation),
        _field(
            LINES_END_ELEVATION,
            LINES,
            tr("Elevation at the end of the lines"),
            tr(
                "For lines that rise or fall evenly from the elevation above. Empty: level, "
                "or as their Z values."
            ),
        ),
        _field(
            LINES_KIND,
            LINES,
            tr("Kind of the lines"),
            tr(
                "A text: river (lower than the land beside it), ridge (higher) or coast (land on its "
                "left, or inside, sea on the other side). Empty: the land beside the line is free."
            ),
            is_text=True,
        ),
    )


def land_parameters() -> Iterator[QgsProcessingParameterDefinition]:
    """Yield what the land is like away from the sketch."""
    base = real_number(
        keys.BASE_ELEVATION,
        tr("Base elevation (metres)"),
        decimals=2,
        least=-keys.HIGHEST_BASE,
        most=keys.HIGHEST_BASE,
    )
    yield described(
        base, tr("The mean height of the land far from the sketch. Empty: as the sketch suggests.")
    )
    yield from keys.following_parameters(tr("Each seed gives other land with the same elevations."))
    relief = real_number(
        keys.RELIEF, tr("Relief factor"), decimals=3, least=LEAST_RELIEF, most=keys.MOST_RELIEF
    )
    yield described(
        advanced(relief), tr("How high the model's own forms are. Empty: as high as those of the sketch.")
    )


def _layer(
    key: str, label: str, kinds: Sequence[QgsProcessing.SourceType], tooltip: str
) -> QgsProcessingParameterDefinition:
    return described(QgsProcessingParameterFeatureSource(key, label, kinds, optional=True), tooltip)


def _field(
    key: str, parent: str, label: str, tooltip: str, is_text: bool = False
) -> QgsProcessingParameterDefinition:
    kind = (
        QgsProcessingParameterField.DataType.Any if is_text else QgsProcessingParameterField.DataType.Numeric
    )
    field = QgsProcessingParameterField(key, label, parentLayerParameterName=parent, type=kind, optional=True)
    return described(field, tooltip)
