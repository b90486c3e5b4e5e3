# SPDX-License-Identifier: GPL-3.0-or-later
"""Keeps a part of each area from the training, split by place, to score the model with."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .patches import Area

# A narrower strip has no room for the windows that realism is measured in.
_LEAST_PX = 64


def split_by_place(areas: Sequence[Area], share: float) -> tuple[list[Area], list[Area]]:
    """Return (training areas, held-out areas).

    From each area a strip at the end of its longer side is held out: `share` of it, 0 to 1. An area whose
    strip would be too narrow to measure is trained on whole. Of the two ends, the one is taken whose height
    varies more nearly as in the whole area: a strip of sea says nothing of a model of mountains.
    """
    training, held_out = [], []
    for area in areas:
        longer = int(np.argmax(area.values.shape))
        length = area.values.shape[longer]
        strip = round(share * length)
        if strip < _LEAST_PX:
            training.append(area)
            continue
        cuts = [np.split(area.values, [cut], axis=longer) for cut in (strip, length - strip)]
        first, last = cuts[0][0], cuts[1][1]
        if _unlikeness(first, area.values) < _unlikeness(last, area.values):
            held, rest = cuts[0]
        else:
            rest, held = cuts[1]
        training.append(area._replace(values=np.ascontiguousarray(rest)))
        held_out.append(area._replace(values=np.ascontiguousarray(held)))
    return training, held_out


def _unlikeness(part: np.ndarray, whole: np.ndarray) -> float:
    """Return |ln ratio| of the mean step between neighbours; infinite where a part has hardly any data."""
    if np.isfinite(part).mean() < 0.5 * np.isfinite(whole).mean():
        return np.inf
    steps = [np.nanmean(np.abs(np.diff(field, axis=0))) + 1e-9 for field in (part, whole)]
    return abs(float(np.log(steps[0] / steps[1])))
