# SPDX-License-Identifier: GPL-3.0-or-later
"""How land drains: the depth of its depressions, and the exponents of its river networks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import stats

from .flow import FilledTerrain, drainage_areas, fill_depressions, flow_lengths, whole_catchments

WINDOWS_PX = (256, 128)  # the first for which there is a window without voids
_LEAST_AREA = 16  # in pixels: the areas of smaller catchments tell the grid more than the land
_LARGEST_SHARE = 1 / 32  # of the window: few larger catchments lie in it whole
_BINS_PER_OCTAVE = 2  # of area, for Hack's law
_FEWEST_CATCHMENTS = 30  # for an exponent, and as the least of a bin
_FEWEST_BINS = 3
_SEARCHES_PER_WINDOW = 8  # rows of windows are tried so many times a window's side where there are voids


@dataclass(frozen=True)
class Drainage:
    """What is known of how some fields drain, from windows of one size."""

    fill_depth: float  # mean over windows of mean fill depth / relief: 0 = no depressions, below 1
    drainage_exponent: float | None  # b of P(A > a) ~ a^-b; None if there are too few catchments
    hack_exponent: float | None  # h of L ~ A^h; None if there are too few catchments
    windows: int  # how many were measured
    window_px: int  # their side, on which the fill depth depends: compare windows of one size only


def drainage(
    fields: Sequence[np.ndarray], most_windows: int = 24, window_px: int | None = None
) -> Drainage | None:
    """Measure how fields drain, in square windows that neither overlap nor touch a void nor are level.

    - Fill depth: how far depressions are filled until they spill (after Barnes, Lehman & Mulla 2014, see
      `fill_depressions`), the mean over the window divided by its relief (highest minus lowest height), so
      that it has no unit.
    - Drainage exponent b: the share of cells that more than an area a drains through falls as a^-b, about
      0.43 on real land (Rodriguez-Iturbe et al. 1992).
    - Hack exponent h: the longest way of water in a catchment grows as its area to the power h, 0.5 to 0.6
      on real land (Hack 1957).

    Both exponents are fitted between 16 px and 1/32 of the window, all windows pooled. Nothing here
    depends on the pixel size or on the unit of height.

    Args:
        fields: heights (rows, cols), NaN for voids; any number and sizes.
        most_windows: how many to measure where there are more; they are then spread evenly.
        window_px: side of the windows; None takes 256 where there is such a window, else 128.

    Returns:
        The measures; or None if there is no such window.
    """
    for side in [window_px] if window_px else WINDOWS_PX:
        windows = void_free_windows(fields, side, most_windows)
        if windows:
            break
    return _measured(windows, side)


def void_free_windows(fields: Sequence[np.ndarray], side: int, most: int) -> list[np.ndarray]:
    """Return windows of `side` x `side` pixels that neither overlap nor touch a void.

    Args:
        most: how many to return where there are more; they are then spread evenly.
    """
    corners = [(index, *corner) for index, field in enumerate(fields) for corner in _void_free(field, side)]
    spread = _evenly_spread(corners, most)
    return [fields[index][top : top + side, left : left + side] for index, top, left in spread]


def _void_free(field: np.ndarray, side: int) -> Iterator[tuple[int, int]]:
    """Yield the upper left corners (row, col) of windows without voids that do not overlap, row by row."""
    rows, cols = field.shape
    top = 0
    while top + side <= rows:
        voids = np.flatnonzero(np.isnan(field[top : top + side]).any(axis=0))
        bounds = np.concatenate([[-1], voids, [cols]])
        corners = [
            (top, left)
            for before, after in zip(bounds[:-1], bounds[1:])
            for left in range(before + 1, after - side + 1, side)
        ]
        yield from corners
        top += side if corners else max(1, side // _SEARCHES_PER_WINDOW)


def _evenly_spread(items: list, most: int) -> list:
    """Return at most `most` items, one from each of as many runs of equal length."""
    if len(items) <= most:
        return items
    runs = np.arange(most)
    # Multiples of the golden ratio: taken from the same place of each run, windows could make a column.
    places = (runs + runs * (np.sqrt(5) - 1) / 2 % 1) * len(items) / most
    return [items[place] for place in places.astype(np.int64)]


def _measured(windows: Sequence[np.ndarray], window_px: int) -> Drainage | None:
    """Return the measures of square windows without voids; None if none of them has any relief."""
    fill_depths, catchments = [], []
    for window in windows:
        relief = float(np.ptp(window))
        if relief > 0:
            filled = fill_depressions(window)
            fill_depths.append(np.mean(filled.heights - window) / relief)
            catchments.append(_catchments(filled))
    if not fill_depths:
        return None
    areas, lengths, whole = np.concatenate(catchments, axis=1)
    largest = window_px**2 * _LARGEST_SHARE
    return Drainage(
        fill_depth=float(np.mean(fill_depths)),
        drainage_exponent=_drainage_exponent(areas, whole == 1, largest),
        hack_exponent=_hack_exponent(areas, lengths, (whole == 1) & (areas < largest)),
        windows=len(fill_depths),
        window_px=window_px,
    )


def _catchments(filled: FilledTerrain) -> np.ndarray:
    """Return area, longest way and 1 if whole, 0 if not, of each catchment that counts; (3, count)."""
    areas = drainage_areas(filled)
    counts = areas >= _LEAST_AREA
    return np.stack([areas[counts], flow_lengths(filled)[counts], whole_catchments(filled)[counts]])


def _drainage_exponent(areas: np.ndarray, whole: np.ndarray, largest: float) -> float | None:
    """Return b of P(A > a) ~ a^-b by maximum likelihood, where some areas are known to be larger than found.

    Hill's estimator (1975) for censored samples (Beirlant et al. 2007): whole catchments over the sum of
    ln(area / least area) of all. Catchments cut off by the window count as larger than found, those beyond
    the range as larger than that. In a line fitted to log P, the window's edge makes large rivers seem rare:
    on a directed network, whose b is 1/3, that gave 0.53 in windows of 256 px, and this gives 0.29.
    """
    found = np.count_nonzero(whole & (areas < largest))
    if found < _FEWEST_CATCHMENTS:
        return None
    least = _LEAST_AREA - 0.5  # areas are whole numbers: this is where 16 begins
    return float(found / np.sum(np.log(np.minimum(areas, largest) / least)))


def _hack_exponent(areas: np.ndarray, lengths: np.ndarray, usable: np.ndarray) -> float | None:
    """Return h of L ~ A^h from bins of equal width on a logarithmic scale, each with the same weight.

    The median slope between the bins' means (Theil 1950, Sen 1968), because those of the largest
    catchments come from a few rivers.
    """
    log_areas, log_lengths = np.log(areas[usable]), np.log(lengths[usable])
    bins = ((log_areas - np.log(_LEAST_AREA)) / np.log(2) * _BINS_PER_OCTAVE).astype(np.int64)
    counts = np.bincount(bins)
    full = counts >= _FEWEST_CATCHMENTS
    if np.count_nonzero(full) < _FEWEST_BINS:
        return None
    means = [np.bincount(bins, weights=each)[full] / counts[full] for each in (log_lengths, log_areas)]
    return float(stats.theilslopes(*means)[0])
