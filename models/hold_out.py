# SPDX-License-Identifier: GPL-3.0-or-later
"""Keeps a part of each area from the training, split by place, to score the model with."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .patches import Area

# A narrower strip has no room for the windows that realism is measured in, and one below 128 px has none for
# those that water is followed in: texture alone, which noise passes, would choose the weights.
_LEAST_PX, _WIDE_PX = 64, 128
_WIDE_UP_TO = 1 / 3  # of a side: of a shorter one too much would be lost for the training


def split_by_place(areas: Sequence[Area], share: float) -> tuple[list[Area], list[Area]]:
    """Return (training areas, held-out areas).

    From each area a strip at the end of its longer side is held out: `share` of it, 0 to 1, or 128 px where
    that is more and at most a third of it. An area whose share would be too narrow to measure is trained on
    whole. Of the two ends, the one is taken whose height varies more nearly as in the whole area: a strip of
    sea says nothing of a model of mountains. Where either end has hardly any land, or most of it, an area is
    trained on whole.
    """
    training, held_out = [], []
    for area in areas:
        longer = int(np.argmax(area.values.shape))
        length = area.values.shape[longer]
        strip = round(share * length)
        if strip < _LEAST_PX:
            training.append(area)
            continue
        if _WIDE_UP_TO * length >= _WIDE_PX:
            strip = max(strip, _WIDE_PX)
        cuts = [np.split(area.values, [cut], axis=longer) for cut in (strip, length - strip)]
        ends = (cuts[0], cuts[1][::-1])
        held, rest = min(ends, key=lambda parts: _unlikeness(*parts, area.values))
        if np.isinf(_unlikeness(held, rest, area.values)):
            training.append(area)
            continue
        training.append(area._replace(values=np.ascontiguousarray(rest)))
        held_out.append(area._replace(values=np.ascontiguousarray(held)))
    return training, held_out


def _unlikeness(part: np.ndarray, rest: np.ndarray, whole: np.ndarray) -> float:
    """Return |ln ratio| of the mean step to a neighbour; infinite where part or rest has hardly any land."""
    land = np.isfinite(whole)
    if np.isfinite(part).mean() < 0.5 * land.mean() or np.isfinite(rest).sum() < 0.5 * land.sum():
        return np.inf
    steps = [np.nanmean(np.abs(np.diff(field, axis=0))) + 1e-9 for field in (part, whole)]
    return abs(float(np.log(steps[0] / steps[1])))
