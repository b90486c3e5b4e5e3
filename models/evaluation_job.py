# SPDX-License-Identifier: GPL-3.0-or-later
"""The worker's job `evaluate`: real and synthetic land in, distances, scores and figures out."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import count, takewhile
from typing import TYPE_CHECKING, Any

import numpy as np

from ..errors import GeoGanError
from ..realism import evaluation
from ..realism.comparison import Reference
from ..realism.evaluation import Evaluation
from ..realism.source_precision import guessed_precision

if TYPE_CHECKING:
    from ..realism.comparison import Comparison
    from ..worker.channel import Channel
    from ..worker.protocol import Message

_FIGURE = "figure_"  # before the names of the arrays that hold them


def evaluate(request: Message, channel: Channel) -> None:
    """Compare synthetic with real land.

    Request arrays: `real0`, `real1`, ..., `synthetic0`, ... and, for novelty, `training0`, ...: float32
    (rows, cols), NaN where void. Fields: `pixel_size` in metres, `labels` of the figures. The result is what
    `evaluation_message` returns.
    """

    def tell(fraction: float) -> None:
        channel.check_cancelled()
        channel.progress(fraction)

    tell(0.0)
    real, synthetic = (_numbered(request.arrays, name) for name in ("real", "synthetic"))
    # Of both, or steps that only one of them has would be taken for land.
    precision = max(guessed_precision(real), guessed_precision(synthetic))
    reference = Reference(real, float(request.fields["pixel_size"]), precision)
    found = evaluation.evaluate(
        reference,
        synthetic,
        training=_numbered(request.arrays, "training") or None,
        labels=request.fields["labels"],
        tell=tell,
    )
    if found.comparison is None:
        raise GeoGanError(
            "There is too little land to compare: both layers need 128 x 128 pixels or more that are neither "
            "void nor level water. Choose larger layers."
        )
    channel.send("result", *evaluation_message(found))


def evaluation_message(found: Evaluation) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """Return an evaluation as the fields and the arrays of a message.

    Fields: `texture`, `land`, `realism`, `noise_texture`, `noise_land`, `novelty`, `share_copied` (numbers or
    null); `metrics`, by name what `_metrics` says; `real`, `synthetic` and `noise`, plain figures by name;
    `real_px`, `synthetic_px` and `training_px`, land without voids; `is_held_out` and `is_unseen`, of the
    real land (see `Evaluation`); and `figures`, the names of the arrays `figure_NAME`, uint8, each a PNG.
    """
    compared = found.comparison
    fields = {
        "novelty": found.copying and found.copying.novelty,
        "share_copied": found.copying and found.copying.share_copied,
        "real_px": found.real_px,
        "synthetic_px": found.synthetic_px,
        "training_px": found.training_px,
        "is_held_out": found.is_held_out,
        "is_unseen": found.is_unseen,
        "figures": list(found.figures),
    }
    scores = ("texture", "land", "realism", "noise_texture", "noise_land")
    fields.update({name: getattr(compared, name, None) for name in scores})
    fields.update(
        metrics=_metrics(compared) if compared else {},
        real=dict(compared.real) if compared else {},
        synthetic=dict(compared.synthetic) if compared else {},
        noise=dict(compared.noise_figures) if compared else {},
    )
    arrays = {_FIGURE + name: np.frombuffer(picture, np.uint8) for name, picture in found.figures.items()}
    return fields, arrays


def _metrics(compared: Comparison) -> dict[str, dict[str, float | None]]:
    """Return by name the distance, the floor, that of noise, the ratio that the scores take, and the window.

    That is the side in pixels of the windows that it was measured in; None where it does not depend on them.
    """
    return {
        name: {
            "distance": distance,
            "floor": compared.floors[name],
            "noise": compared.noise.get(name),
            "ratio": compared.ratio(name),
            "window_px": compared.windows.get(name),
        }
        for name, distance in compared.distances.items()
    }


def _numbered(arrays: Mapping[str, np.ndarray], name: str) -> list[np.ndarray]:
    """Return the arrays called `name0`, `name1` and so on."""
    keys = takewhile(arrays.__contains__, (f"{name}{number}" for number in count()))
    return [arrays[key] for key in keys]
