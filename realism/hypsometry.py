# SPDX-License-Identifier: GPL-3.0-or-later
"""Hypsometry: how much of the land lies high and how much low."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .windows import spread_windows

_WINDOW_PX = 256
_MOST_WINDOWS = 64  # about: they lie apart in fields that have room for more
_LEAST_SHARE = 0.5  # of a window that must not be void
SHARES = np.linspace(0, 1, 101)  # of the area


def hypsometric_curve(fields: Sequence[np.ndarray], window_px: int = _WINDOW_PX) -> np.ndarray | None:
    """Return the relative height above which each of SHARES of the area lies (Strahler 1952).

    Relative height is 0 at the lowest and 1 at the highest pixel of a window. The curve is the mean over
    windows: that of a whole field would depend on its size. Its mean is the hypsometric integral: about 0.6
    and more on plateaus that rivers have only begun to cut, 0.35 and less where few heights are left.

    Args:
        fields: heights (rows, cols), NaN for voids; any number and sizes.
        window_px: side of the windows, which are smaller in smaller fields.

    Returns:
        float64 (101,), falling from 1 to 0; or None if no window has any relief.
    """
    curves = []
    for window in spread_windows(fields, window_px, window_px, _MOST_WINDOWS):
        heights = window[np.isfinite(window)]
        if heights.size >= _LEAST_SHARE * window.size and heights.size and np.ptp(heights) > 0:
            falling = np.quantile(heights.astype(np.float64), 1 - SHARES)
            curves.append((falling - falling[-1]) / (falling[0] - falling[-1]))
    return np.mean(curves, axis=0) if curves else None
