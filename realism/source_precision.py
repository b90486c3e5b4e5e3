# SPDX-License-Identifier: GPL-3.0-or-later
"""The precision of heights: whole metres or feet, tenths or finer."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

_PRECISIONS = (1.0, 0.3048, 0.1)  # metres, feet and decimetres, in metres; the coarsest first
_NEARLY_ALL = 0.99
_TOLERANCE = 0.02  # of the precision: float32 holds tenths up to 20 000 m as well as this
_MOST_VALUES = 1_000_000  # about: rows are skipped in fields that have more


def guessed_precision(fields: Sequence[np.ndarray]) -> float:
    """Return 1.0, 0.3048 or 0.1 if at least 99 % of the heights are whole metres, feet or tenths, else 0.0.

    Heights that equal their left neighbour do not count, because level water is often a whole number on
    the finest of maps. Without any other heights the answer is 0.0.

    Args:
        fields: heights (rows, cols), NaN for voids.

    Returns:
        The precision in metres; 0.0 stands for finer, or for none of these.
    """
    spacing = 1 + sum(field.size for field in fields) // _MOST_VALUES
    heights = np.concatenate([np.empty(0), *(_on_slopes(field[::spacing]) for field in fields)])
    for precision in _PRECISIONS:
        steps = heights / precision
        if heights.size and np.mean(np.abs(steps - np.rint(steps)) < _TOLERANCE) >= _NEARLY_ALL:
            return precision
    return 0.0


def _on_slopes(field: np.ndarray) -> np.ndarray:
    """Return the heights that differ from the height to their left, float64 (count,)."""
    heights, left = field[:, 1:], field[:, :-1]
    return heights[np.isfinite(heights) & np.isfinite(left) & (heights != left)].astype(np.float64)


def rounded(field: np.ndarray, precision: float) -> np.ndarray:
    """Return the heights rounded to a precision, NaN where they were; unchanged if the precision is 0."""
    if precision == 0:
        return field
    return (np.rint(field / precision) * precision).astype(field.dtype, copy=False)
