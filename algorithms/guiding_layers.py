# SPDX-License-Identifier: GPL-3.0-or-later
"""The guiding layers that a model was trained with, read where land is generated."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from qgis.core import QgsProcessingFeedback

from ..errors import GeoGanError
from ..models.model_file import ModelCard
from ..rasters.grid import Lattice
from ..rasters.guiding import NUMBERS, read_guide
from ..rasters.reporting import part_of
from ..rasters.source import describe_source
from .generation import Conditions
from .sources import LayerSource, gdal_paths
from .text import tr
from .worker_job import logged_to, progress_to


def in_order(card: ModelCard, layers: Sequence[LayerSource]) -> list[LayerSource]:
    """Return layers in the order in which the model takes them: by their names, or else as they were given.

    Raises:
        GeoGanError: the model was trained with more or fewer.
    """
    names = [each.name for each in card.conditions]
    if not names and layers:
        raise GeoGanError("The model was trained without guiding layers: leave GUIDES empty.")
    if len(layers) != len(names):
        raise GeoGanError(
            "The model was trained with {count} guiding layers. Give as many in GUIDES: {names}.",
            count=len(names),
            names=", ".join(names),
        )
    by_name = {layer.name: layer for layer in layers}
    return [by_name[name] for name in names] if set(by_name) == set(names) else list(layers)


def read_layers(
    card: ModelCard,
    layers: Sequence[LayerSource],
    lattice: Lattice,
    crs_wkt: str,
    bounds: tuple[float, float, float, float],
    feedback: QgsProcessingFeedback,
) -> Conditions:
    """Return what the layers, in the model's order, say of the land within bounds and around.

    Args:
        lattice: of the land's pixels, in the projected CRS `crs_wkt`.
        bounds: of the land: xmin, ymin, xmax, ymax.

    Raises:
        GeoGanError: a layer does not cover the bounds or cannot be read.
    """
    feedback.setProgressText(tr("Reading layers…"))
    log, progress = logged_to(feedback), progress_to(feedback, 0, 100)
    cells = Lattice(lattice.pixel_size * card.conditions_factor())
    values = []
    with tempfile.TemporaryDirectory(prefix="geogan-") as folder:
        for number, (name, path) in enumerate(gdal_paths(layers, Path(folder), feedback)):
            source = describe_source(path, name)
            here = part_of(progress, number / len(layers), (number + 1) / len(layers))
            window, of_layer = read_guide(source, crs_wkt, cells, bounds, log, here, NUMBERS)
            values.append(of_layer)
    for taken, layer in zip(card.conditions, layers):
        log("Guiding layer {name}: {layer}.", name=taken.name, layer=layer.name)
    return Conditions(tuple(layer.name for layer in layers), window, np.stack(values, -1))
