# SPDX-License-Identifier: GPL-3.0-or-later
"""Geomorphons: what landform every pixel lies on, told from which of its eight horizons rise or fall."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

FORMS = ("flat", "peak", "ridge", "shoulder", "spur", "slope", "hollow", "footslope", "valley", "pit")

_VOID = 0  # a class 0 between forms 1 to 10
_FL, _PK, _RI, _SH, _SP, _SL, _HL, _FS, _VL, _PT = range(1, 11)
# The form by the number of falling (down) and of rising (across) directions, of eight together, after
# Jasiewicz & Stepinski 2013.
_FORM = np.array(
    [
        [_FL, _FL, _FL, _FS, _FS, _VL, _VL, _VL, _PT],
        [_FL, _FL, _FS, _FS, _FS, _VL, _VL, _VL, 0],
        [_FL, _SH, _SL, _SL, _HL, _HL, _VL, 0, 0],
        [_SH, _SH, _SL, _SL, _SL, _HL, 0, 0, 0],
        [_SH, _SH, _SP, _SL, _SL, 0, 0, 0, 0],
        [_RI, _RI, _SP, _SP, 0, 0, 0, 0, 0],
        [_RI, _RI, _RI, 0, 0, 0, 0, 0, 0],
        [_RI, _RI, 0, 0, 0, 0, 0, 0, 0],
        [_PK, 0, 0, 0, 0, 0, 0, 0, 0],
    ],
    np.uint8,
)
_DIRECTIONS = ((0, 1), (-1, 1), (-1, 0), (-1, -1), (0, -1), (1, -1), (1, 0), (1, 1))  # rows down, cols right
_SEARCH_PX = 10
_STRIP_ROWS = 64  # fields are classified in strips of this many rows, to bound memory
_SAMPLE_PX = 256  # side of the windows that stand for large fields


def geomorphons(
    field: np.ndarray, pixel_size: float, search_px: int = _SEARCH_PX, flat_degrees: float = 1.0
) -> np.ndarray:
    """Return the landform of every pixel: 1 to 10 for the names in FORMS, 0 where a void is in sight.

    In each of eight directions, with the largest (b) and the smallest (d) elevation angle at which the
    pixels up to the search distance are seen, the direction rises if b + d > flat_degrees, and falls if
    b + d < -flat_degrees. (The difference of the nadir angle 90 + d and the zenith angle 90 - b;
    Jasiewicz & Stepinski 2013, after Yokoyama et al. 2002.) The numbers of rising and of falling
    directions give the form, by the table in the paper.

    Args:
        field: heights (rows, cols) in the unit of `pixel_size`, NaN for voids.
        pixel_size: side of the square pixels.
        search_px: the search distance in pixels, as the crow flies: a diagonal step is sqrt(2) pixels
            long, so that 10 reach over 10 steps straight on and 7 diagonal ones. At least one step is taken.
        flat_degrees: up to this a direction neither rises nor falls.

    Returns:
        uint8 (rows - 2 * search_px, cols - 2 * search_px), for the pixels that are so far from the rim;
        empty if there are none. A void on one of the eight lines of sight, or a pixel that is void, gives 0.
    """
    rows, cols = (max(0, length - 2 * search_px) for length in field.shape)
    forms = np.empty((rows, cols), np.uint8)
    if forms.size:
        for top in range(0, rows, _STRIP_ROWS):
            strip = np.asarray(field[top : top + _STRIP_ROWS + 2 * search_px], np.float64)
            forms[top : top + _STRIP_ROWS] = _forms(strip / pixel_size, search_px, np.radians(flat_degrees))
    return forms


def _forms(heights: np.ndarray, search_px: int, flat: float) -> np.ndarray:
    """Return the forms of a strip with heights in pixels; `flat` in radians."""
    middle = _shifted(heights, 0, 0, search_px)
    rising, falling = np.zeros((2, *middle.shape), np.uint8)
    voids = np.zeros(middle.shape, bool)
    for down, right in _DIRECTIONS:
        step = np.hypot(down, right)
        steepest_up = np.full(middle.shape, -np.inf)
        steepest_down = np.full(middle.shape, np.inf)
        for steps in range(1, max(1, int(search_px / step)) + 1):
            slopes = (_shifted(heights, steps * down, steps * right, search_px) - middle) / (steps * step)
            np.maximum(steepest_up, slopes, out=steepest_up)  # both keep NaN
            np.minimum(steepest_down, slopes, out=steepest_down)
        openness = np.arctan(steepest_up) + np.arctan(steepest_down)
        rising += openness > flat
        falling += openness < -flat
        voids |= np.isnan(openness)
    return np.where(voids, _VOID, _FORM[falling, rising])


def _shifted(heights: np.ndarray, down: int, right: int, margin: int) -> np.ndarray:
    """Return, as a view, the pixels that are (down, right) from those at least `margin` from the rim."""
    rows, cols = heights.shape
    return heights[margin + down : rows - margin + down, margin + right : cols - margin + right]


def geomorphon_shares(
    fields: Sequence[np.ndarray], pixel_size: float, most_pixels: int = 500_000
) -> np.ndarray | None:
    """Return the share of each landform, float64 (10,) in the order of FORMS, summing to 1.

    With the search distance of 10 pixels and the flatness of 1 degree that `geomorphons` has by default.

    Args:
        fields: heights (rows, cols) in the unit of `pixel_size`, NaN for voids; any number and sizes.
        pixel_size: side of the square pixels.
        most_pixels: about how many to classify where there are more; they then lie in windows of 256 px
            that are evenly spread.

    Returns:
        The shares; or None if there is no pixel that has all of its lines of sight inside its field.
    """
    counts = np.zeros(1 + len(FORMS), np.int64)
    for window in _spread_windows(fields, most_pixels):
        counts += np.bincount(geomorphons(window, pixel_size).ravel(), minlength=counts.size)
    counts = counts[1:]  # without voids
    return counts / counts.sum() if counts.any() else None


def _spread_windows(fields: Sequence[np.ndarray], most_pixels: int) -> list[np.ndarray]:
    """Return windows, as views, whose results do not overlap, and cover the fields if those are small."""
    margin = 2 * _SEARCH_PX
    side = _SAMPLE_PX + margin
    spacing = max(1.0, np.sqrt(sum(field.size for field in fields) / most_pixels)) * _SAMPLE_PX
    windows = [
        field[int(top) : int(top) + side, int(left) : int(left) + side]
        for field in fields
        for top in np.arange(0, field.shape[0] - margin, spacing)
        for left in np.arange(0, field.shape[1] - margin, spacing)
    ]
    surplus = sum(window.size for window in windows) // (2 * most_pixels)  # of many fields with a window each
    return windows[:: 1 + surplus]
