# SPDX-License-Identifier: GPL-3.0-or-later
"""All that a report tells of synthetic land: how near it is to real land, whether it is new, its figures."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Callable

import numpy as np

from .comparison import Comparison, Reference
from .measures import Fields
from .novelty import Copying, copying, lies_in
from .source_precision import rounded

_STEPS = 8  # that the progress is told in: the comparison, novelty, and six figures


@dataclass(frozen=True)
class Evaluation:
    """What was found about synthetic land."""

    comparison: Comparison | None  # None where the land is too small or too level to be measured
    copying: Copying | None  # None without training land, or where there are no patches to compare
    figures: dict[str, bytes]  # PNGs by name, in the order to show them; {} without matplotlib
    real_px: int  # how much land was compared, without voids
    synthetic_px: int
    training_px: int  # that the model learnt from; 0 if it was not given
    is_held_out: bool  # whether the real land is a part that was held out from the training
    is_unseen: bool  # whether novelty is held against the real land; else against the training's own parts


def _tell_nobody(_fraction: float) -> None:
    pass


def evaluate(
    reference: Reference,
    synthetic: Fields,
    *,
    training: Fields | None = None,
    labels: Mapping[str, str] | None = None,
    tell: Callable[[float], None] = _tell_nobody,
) -> Evaluation:
    """Compare synthetic with real land by all measures and figures.

    Args:
        reference: the real land. Novelty is held against it where it was held out from a training or lies
            elsewhere; else against patches of the training land.
        synthetic: heights (rows, cols) in metres, NaN for voids; best as much ground as the real, or more.
        training: what the model was trained on, to see whether it copies.
        labels: texts of the figures by the keys of `figures.LABELS`; English where one is missing.
        tell: is told now and then how much is done, 0 to 1; it may raise to stop the work.
    """
    tell(0.0)
    real = reference.fields
    pixel_size, precision = reference.pixel_size, reference.precision
    comparison = reference.compare(synthetic, with_noise=True)
    tell(1 / _STEPS)
    unseen = _unseen(reference, training) if training else None
    copies = copying(training, synthetic, unseen) if training else None
    tell(2 / _STEPS)
    drawn = {}
    for name, picture in _figures(
        _rounded(real, precision), _rounded(synthetic, precision), pixel_size, labels
    ):
        drawn[name] = picture
        tell(min(1.0, (2 + len(drawn)) / _STEPS))
    return Evaluation(
        comparison,
        copies,
        drawn,
        _known_px(real),
        _known_px(synthetic),
        _known_px(training or []),
        is_held_out=reference.held_out is not None,
        is_unseen=unseen is not None,
    )


def _unseen(reference: Reference, training: Fields) -> Fields | None:
    """Return the real land where the training did not see it, else None."""
    if reference.held_out is None and lies_in(reference.fields, training):
        return None
    return reference.fields


def _figures(
    real: Fields, synthetic: Fields, pixel_size: float, labels: Mapping[str, str] | None
) -> Iterable[tuple[str, bytes]]:
    try:
        from .figures import figures  # not above: a Python that users bring may lack matplotlib
    except ImportError:
        return ()
    return figures(real, synthetic, pixel_size, labels)


def _rounded(fields: Fields, precision: float) -> Fields:
    return [rounded(field, precision) for field in fields]


def _known_px(fields: Fields) -> int:
    return int(sum(np.isfinite(field).sum() for field in fields))
