# SPDX-License-Identifier: GPL-3.0-or-later
"""How much of the water that stands on averaged land stands on the pixels themselves.

A mean dams every valley that is narrower than its cell, so that averaged land holds more water than the land
does: on tiles of 90 m, means of 4 x 4 pixels two to three times as much, of 16 x 16 pixels six to twelve
times. Finer land cuts through those dams where it is real. Where a model makes it, what holds water in its
guide goes on holding it: so a guided stage must be as dry as the pixels are. A layout that was told so, too,
held as much water in the end and got twice as many pits (one training, one seed).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ...realism.drainage import WINDOWS_PX, void_free_windows
from ...realism.flow import fill_depressions
from ..area import Area, averaged

_MOST_WINDOWS = 24  # of a landscape: few hold most of the water
_TRACE = 1e-5  # of all windows' relief: less water than this is none


def standing_shares(areas: Sequence[Area], cell: int) -> list[float]:
    """Return the water on the pixels over that on means of `cell` x `cell` pixels, at most 1, by landscape.

    Where the land has no window to measure it in, or its means hold no water, that is 1.

    Args:
        areas: of the pixels.
        cell: a power of two, at most 32.
    """
    landscapes = 1 + max(area.landscape for area in areas)
    if cell == 1:
        return [1.0] * landscapes
    return [
        _standing_share([area.values for area in areas if area.landscape == landscape], cell)
        for landscape in range(landscapes)
    ]


def _standing_share(fields: Sequence[np.ndarray], cell: int) -> float:
    for side in WINDOWS_PX:
        windows = void_free_windows(fields, side, _MOST_WINDOWS)
        if windows:
            break
    on_pixels = sum(_water(window) for window in windows)
    on_means = sum(_water(averaged(Area(window), cell).values) for window in windows)
    return min(1.0, (on_pixels + _TRACE) / (on_means + _TRACE))


def _water(field: np.ndarray) -> float:
    """Return the mean depth of water over the relief, where there is any; it leaves over the rim."""
    relief = float(np.ptp(field)) or 1.0
    return float(np.mean(fill_depressions(field).heights - field)) / relief
