# SPDX-License-Identifier: GPL-3.0-or-later
"""Which files a run reads, so that no result takes their place: they may be all that there is of a survey.

Asked of the parameters, whatever the algorithm: whoever adds one need not think of it.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from qgis.core import (
    QgsMapLayer,
    QgsProcessingAlgorithm,
    QgsProcessingContext,
    QgsProcessingFeatureSourceDefinition,
    QgsProcessingOutputLayerDefinition,
    QgsProcessingUtils,
    QgsProperty,
    QgsProviderRegistry,
    QgsRasterDataProvider,
    QgsRasterLayer,
)

from ..rasters.writing.disk_space import check_not_read
from .sources import files_of_raster

_OF_LAYERS = {"raster", "multilayer", "layer", "maplayer", "vector", "source"}  # types of parameters


def check_inputs_stay(
    algorithm: QgsProcessingAlgorithm, parameters: dict[str, Any], context: QgsProcessingContext
) -> None:
    """Refuse parameters that name a file both as an input and as an output. Call on the main thread.

    Raises:
        GeoGanError: one does; the sentence names the file and the input.
    """
    definitions = [each for each in algorithm.parameterDefinitions() if parameters.get(each.name())]
    written = [_destination(parameters[each.name()]) for each in definitions if each.isDestination()]
    written = [Path(path) for path in written if path and _is_there(Path(path))]
    if not written:
        return
    for definition in definitions:
        if definition.isDestination():
            continue
        is_layer = definition.type() in _OF_LAYERS
        for name, files in _files_named(parameters[definition.name()], is_layer, context):
            for path in written:
                check_not_read(path, name or definition.description(), files)


def _is_there(path: Path) -> bool:
    try:
        return path.exists()
    except OSError:  # its folder must not be looked into: whoever writes there will say so
        return False


def _destination(value: Any) -> str:
    """Return the path that a destination parameter names; of a temporary output, none that is a file."""
    plain = _plain(value)
    return plain if isinstance(plain, str) else ""


def _files_named(
    value: Any, is_layer: bool, context: QgsProcessingContext
) -> Iterator[tuple[str, list[str]]]:
    """Yield the layer's name, "" where it is none, and the files, of all that a parameter names."""
    for each in map(_plain, value if isinstance(value, (list, tuple)) else [value]):
        layer = each if isinstance(each, QgsMapLayer) else None
        if layer is None and isinstance(each, str):
            # What is no layer's parameter may still name one of the project's, as an extent does.
            layer = QgsProcessingUtils.mapLayerFromString(each, context, is_layer)
        if layer is not None:
            yield layer.name(), _files_of(layer)
        elif isinstance(each, str):
            yield "", [each]


def _plain(value: Any) -> Any:
    """Return what stands in the definitions and properties that dialogs make."""
    if isinstance(value, QgsProcessingOutputLayerDefinition):
        value = value.sink
    if isinstance(value, QgsProcessingFeatureSourceDefinition):
        value = value.source
    return value.staticValue() if isinstance(value, QgsProperty) else value


def _files_of(layer: QgsMapLayer) -> list[str]:
    if layer.providerType() == "virtualraster":  # which QGIS computes of others
        of, _ = QgsRasterDataProvider.decodeVirtualRasterProviderUri(layer.source())
        parts = [QgsRasterLayer(each.uri, each.name, each.provider) for each in of.rInputLayers]
        return [file for part in parts for file in _files_of(part)]
    if isinstance(layer, QgsRasterLayer):
        return files_of_raster(layer)
    path = QgsProviderRegistry.instance().decodeUri(layer.providerType(), layer.source()).get("path")
    return [path] if path else []
