# SPDX-License-Identifier: GPL-3.0-or-later
"""Land that follows a layer: on which cells, by which landscape, and what is said of both."""

from __future__ import annotations

from qgis.core import QgsProcessingFeedback

from ..errors import GeoGanError
from ..models.model_card import ModelCard
from ..rasters.reporting import Log
from .text import tr

#: Pixels this much wider than the widest cells that the model makes finer leave forms out.
SMOOTH_FROM = 1.5


def log_refiner(card: ModelCard, named: str, factor: int, log: Log) -> None:
    """Say which landscape makes land finer, where there is a choice, none was named and the model knows."""
    if len(card.landscapes) > 1 and not named.strip() and factor in card.refiners:
        log(
            "The landscape that makes given land {factor} times finer best is taken: {landscape}.",
            factor=factor,
            landscape=card.refiners[factor].landscape,
        )


def warn_of_smooth_land(card: ModelCard, layer: str, size_m: float, feedback: QgsProcessingFeedback) -> None:
    """Say so where a layer that land follows is too coarse for the model to fill in what lies between."""
    widest = card.pixel_size * max(card.guide_factors(), default=1)
    if size_m > SMOOTH_FROM * widest:
        sentence = tr(
            "The pixels of {layer} are {size} m wide, but the model makes cells of at most {widest} m finer: "
            "forms between these two sizes are missing."
        )
        feedback.pushWarning(sentence.format(layer=layer, size=f"{size_m:g}", widest=f"{widest:g}"))


def nearest_factor(factors: list[int], ratio: float) -> int:
    """Return how many pixels wide those cells are that a model follows and that are nearest to given ones.

    Between two that are as near it is the finer one, which keeps more of the layer.

    Args:
        factors: widths of the cells that the model follows, in pixels (see `ModelCard.guide_factors`).
        ratio: that of the given cells, in pixels.

    Raises:
        GeoGanError: the model has no stage that a guide can be given to.
    """
    if not factors:
        raise GeoGanError(
            "The model has one stage only and cannot follow a layer. Train one on larger layers, or take the "
            "bundled model."
        )
    return min(sorted(factors), key=lambda each: max(each / ratio, ratio / each))
