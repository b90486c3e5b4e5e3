# SPDX-License-Identifier: GPL-3.0-or-later
"""Slope, curvature, local relief and pits, each from a small neighbourhood of every pixel.

Fields are heights (rows, cols) with NaN for voids. A result holds only the pixels whose neighbourhood lies
inside the field, so that it is smaller than the field; it is NaN where the neighbourhood touches a void.
Voids are never filled. A field smaller than the neighbourhood gives an empty result.
"""

from __future__ import annotations

import numpy as np


def slope(field: np.ndarray, pixel_size: float) -> np.ndarray:
    """Return the slope of 3 x 3 neighbourhoods as rise over run: 0 is level, 1 is 45 degrees.

    sqrt((dz/dx)^2 + (dz/dy)^2), each derivative the mean of three central differences with the weights
    1, 2, 1 (Horn 1981, as in gdaldem and most GIS). Exact on a tilted plane.

    Args:
        field: heights (rows, cols) in the unit of `pixel_size`.
        pixel_size: side of the square pixels.

    Returns:
        Slopes, float64 (rows - 2, cols - 2).
    """
    heights = np.asarray(field, np.float64)
    along_rows = heights[:-2] + 2 * heights[1:-1] + heights[2:]
    along_cols = heights[:, :-2] + 2 * heights[:, 1:-1] + heights[:, 2:]
    rise_x = along_rows[:, 2:] - along_rows[:, :-2]
    rise_y = along_cols[2:] - along_cols[:-2]
    slopes = np.hypot(rise_x, rise_y) / (8 * pixel_size)
    slopes[np.isnan(heights[1:-1, 1:-1])] = np.nan  # Horn's formula leaves the middle pixel out
    return slopes


def curvature(field: np.ndarray, pixel_size: float, step_px: int) -> np.ndarray:
    """Return the curvature at a step of h pixels: positive in hollows, negative on ridges.

    The Laplacian from second differences, (z(x+h) + z(x-h) + z(y+h) + z(y-h) - 4 z) / (h * pixel_size)^2:
    2 (D + E) of Zevenbergen & Thorne (1987), who take h = 1. Exact on any paraboloid, whatever the step:
    z = a x^2 + b y^2 gives 2 (a + b). 0 on a tilted plane.

    Args:
        field: heights (rows, cols) in the unit of `pixel_size`.
        pixel_size: side of the square pixels.
        step_px: h, at least 1. A longer step looks at larger forms.

    Returns:
        Curvatures in 1 / unit, float64 (rows - 2 h, cols - 2 h).
    """
    heights = np.asarray(field, np.float64)
    inside = slice(step_px, -step_px)
    around = heights[: -2 * step_px, inside] + heights[2 * step_px :, inside]
    around += heights[inside, : -2 * step_px] + heights[inside, 2 * step_px :]
    return (around - 4 * heights[inside, inside]) / (step_px * pixel_size) ** 2


def local_relief(field: np.ndarray, window_px: int) -> np.ndarray:
    """Return the highest minus the lowest height of every window, in the unit of height, never negative.

    The local relief of Hammond (1964).

    Args:
        field: heights (rows, cols).
        window_px: side of the square windows, which lie at every pixel and overlap.

    Returns:
        Reliefs (rows - window_px + 1, cols - window_px + 1), in the precision of the field.
    """
    return _extreme(np.maximum, field, window_px) - _extreme(np.minimum, field, window_px)


def _extreme(choose: np.ufunc, field: np.ndarray, window_px: int) -> np.ndarray:
    """Return the maximum or minimum of every window; `choose` is np.maximum or np.minimum: both keep NaN."""
    width = 1
    while width < window_px:  # two overlapping or touching windows make a wider one
        shift = min(width, window_px - width)
        field = choose(field[shift:], field[:-shift])
        field = choose(field[:, shift:], field[:, :-shift])
        width += shift
    return field


def strict_minima(field: np.ndarray) -> np.ndarray:
    """Return 1 where a pixel is lower than all its eight neighbours (a pit), else 0; NaN next to voids.

    These are the pits of Peucker & Douglas (1975), and their mean is the share of pits. That depends on the
    precision of the heights (whole metres have fewer pits than the same ground in centimetres, because equal
    neighbours are no pit): round alike first.

    Returns:
        float32 (rows - 2, cols - 2).
    """
    lowest_of_row = np.minimum(np.minimum(field[:, :-2], field[:, 1:-1]), field[:, 2:])
    beside = np.minimum(field[1:-1, :-2], field[1:-1, 2:])
    lowest_neighbour = np.minimum(np.minimum(lowest_of_row[:-2], lowest_of_row[2:]), beside)
    middle = field[1:-1, 1:-1]
    pits = (middle < lowest_neighbour).astype(np.float32)
    pits[np.isnan(middle) | np.isnan(lowest_neighbour)] = np.nan
    return pits
