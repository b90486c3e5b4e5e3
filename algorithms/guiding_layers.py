# SPDX-License-Identifier: GPL-3.0-or-later
"""The guiding layers that a model was trained with, read where land is generated."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from qgis.core import QgsProcessingFeedback

from ..errors import GeoGanError
from ..models.model_card import Condition, ModelCard
from ..rasters.grid import Lattice
from ..rasters.reading.guiding import NUMBERS, read_guide
from ..rasters.reading.source import describe_source
from ..rasters.reporting import Log, part_of
from .constraints import Conditions
from .sources import LayerSource, gdal_paths
from .temporary import temporary_folder
from .text import tr
from .worker_job import Share, logged_to, progress_to

#: Deviations from the mean beyond which the middle of a layer's numbers is unlike what was learnt.
STRANGE = 4.0


def in_order(card: ModelCard, layers: Sequence[LayerSource]) -> list[LayerSource]:
    """Return layers in the order in which the model takes them: by their names, the others as they come.

    Raises:
        GeoGanError: the model was trained with more or fewer.
    """
    names = [each.name for each in card.conditions]
    if not names and layers:
        raise GeoGanError("The model was trained without guiding layers: leave GUIDES empty.")
    if len(layers) != len(names):
        raise GeoGanError(
            "The model was trained with guiding layers and takes as many, in GUIDES: {names}.",
            names=", ".join(names),
        )
    by_name = {layer.name: layer for layer in layers}
    if len(by_name) < len(layers) or len(set(names)) < len(names):  # names tell nothing
        return list(layers)
    others = iter(layer for layer in layers if layer.name not in names)
    return [by_name[name] if name in by_name else next(others) for name in names]


def log_pairs(card: ModelCard, layers: Sequence[LayerSource], log: Log) -> None:
    """Say which layer is taken as which of the model's."""
    for taken, layer in zip(card.conditions, layers):
        log("Guiding layer {name}: {layer}.", name=taken.name, layer=layer.name)


def read_layers(
    card: ModelCard,
    layers: Sequence[LayerSource],
    lattice: Lattice,
    crs_wkt: str,
    bounds: tuple[float, float, float, float],
    feedback: QgsProcessingFeedback,
    share: Share,
) -> Conditions:
    """Return what the layers, in the model's order, say of the land within bounds and around.

    Args:
        lattice: of the land's pixels, in the projected CRS `crs_wkt`.
        bounds: of the land: xmin, ymin, xmax, ymax.
        share: of the progress bar.

    Raises:
        GeoGanError: a layer does not cover the bounds or cannot be read.
    """
    feedback.setProgressText(tr("Reading layers…"))
    log, progress = logged_to(feedback), progress_to(feedback, *share)
    cells = Lattice(lattice.pixel_size * card.conditions_factor())
    kind = NUMBERS._replace(layers=len(layers))
    values = []
    with temporary_folder() as folder:
        for number, (name, path) in enumerate(gdal_paths(layers, Path(folder), feedback)):
            source = describe_source(path, name)
            here = part_of(progress, number / len(layers), (number + 1) / len(layers))
            window, of_layer = read_guide(source, crs_wkt, cells, bounds, log, here, kind)
            _warn_of_strange_numbers(card.conditions[number], name, of_layer, feedback)
            values.append(of_layer)
    log_pairs(card, layers, log)
    return Conditions(tuple(layer.name for layer in layers), window, np.stack(values, -1))


def _warn_of_strange_numbers(
    learnt: Condition, layer: str, values: np.ndarray, feedback: QgsProcessingFeedback
) -> None:
    """Say so where most numbers are unlike those that the model has learnt: another unit, or layer."""
    middle = float(np.median(values))
    if abs(middle - learnt.mean) > STRANGE * learnt.deviation:
        sentence = tr(
            "The numbers of {layer} are around {middle}, but the model has learnt {name} with {mean}, give "
            "or take {deviation}: the land may be nonsense. Check that the layer and its unit are the same."
        )
        told = {"middle": f"{middle:g}", "mean": f"{learnt.mean:g}", "deviation": f"{learnt.deviation:g}"}
        feedback.pushWarning(sentence.format(layer=layer, name=learnt.name, **told))
