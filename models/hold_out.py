# SPDX-License-Identifier: GPL-3.0-or-later
"""Keeps a part of each area from the training, split by place, to score the model with."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

# A narrower strip has no room for the windows that realism is measured in.
_LEAST_PX = 64


def split_by_place(areas: Sequence[np.ndarray], share: float) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """Return (training areas, held-out areas).

    From each area a strip at the end of its longer side is held out: `share` of it, 0 to 1. An area whose
    strip would be too narrow to measure is trained on whole.
    """
    training, held_out = [], []
    for area in areas:
        longer = int(np.argmax(area.shape))
        length = area.shape[longer]
        strip = round(share * length)
        if strip < _LEAST_PX:
            training.append(area)
            continue
        rest, end = np.split(area, [length - strip], axis=longer)
        training.append(np.ascontiguousarray(rest))
        held_out.append(np.ascontiguousarray(end))
    return training, held_out
