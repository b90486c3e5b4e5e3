# SPDX-License-Identifier: GPL-3.0-or-later
"""Finds values that are no terrain: voids that were not declared, outliers and spikes. Numpy only.

Whatever is found becomes NaN; nothing is filled in, and nothing that is joined to the rest of the values
without a gap is ever removed, so a lone mountain on a plain stays.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

# Numbers that producers write where there is no data. Each counts only where it stands apart.
SENTINELS = (
    0.0,
    -1.0,
    9999.0,
    -9999.0,
    -99999.0,
    -32767.0,
    32767.0,
    -32768.0,
    32768.0,
    65535.0,
    -2147483648.0,
    2147483647.0,
    float(np.finfo(np.float32).min),
    float(np.finfo(np.float32).max),
    float(np.float32(9.96921e36)),  # netCDF's fill value
    float(np.float32(1e20)),  # CMIP's
)

# Those that are no height of land, however roughly it is painted: there, 0 may well be the sea.
NO_HEIGHTS = tuple(each for each in SENTINELS if abs(each) >= 9999.0)

# Those that are hardly ever meant, whatever the numbers are: 0 may well be rare, and -1 a class.
UNLIKELY = tuple(each for each in SENTINELS if abs(each) >= 1e20 or each <= -9999.0)

# The fence is found on at most this many values.
FENCE_SAMPLE = 1_000_000

# A spike stands out of all eight neighbours by more than each of these:
SPIKE_NEIGHBOUR_RANGES = 3.0  # times the range of its neighbours: a cliff or a peak does not
SPIKE_USUAL_EXCESSES = 10.0  # times what 99 % of all pixels stay below: nor does rough ground
SPIKE_SHARE_OF_RELIEF = 0.05  # times the 1 to 99 % range: smaller ones do no harm

STRIP_ROWS = 512


class Fence(NamedTuple):
    """The closed range of believable values, and the 1 to 99 % range of the data (`relief`)."""

    low: float
    high: float
    relief: float


def find_fence(values: np.ndarray) -> Fence:
    """Return the range in which values are joined to the bulk of the data.

    Sorted values are followed outwards from the 1 % and 99 % quantiles. The walk ends at a gap wider
    than the range covered so far (at least the 1 to 99 % range), or at the last value; the fence stands
    that range further out. Values without any spread get no fence.

    Args:
        values: finite values of any shape, at least one.
    """
    ordered = np.sort(np.asarray(values, np.float64), axis=None)
    tail = (ordered.size - 1) // 100
    low, high = ordered[tail], ordered[-1 - tail]
    relief = float(high - low)
    if relief == 0:
        return Fence(-np.inf, np.inf, 0.0)
    upper = _walk_outward(ordered[ordered >= high] - low, relief) + low
    lower = high - _walk_outward((high - ordered[ordered <= low])[::-1], relief)
    return Fence(float(lower), float(upper), relief)


def _walk_outward(distances: np.ndarray, relief: float) -> float:
    """Return twice the last of the rising distances that no gap cuts off from the first."""
    limits = np.maximum(distances[:-1], relief)
    too_wide = np.flatnonzero(np.diff(distances) > limits)
    last = distances[too_wide[0]] if too_wide.size else distances[-1]
    return last + max(last, relief)


def find_sentinels(values: np.ndarray, among: Sequence[float] = SENTINELS) -> list[float]:
    """Return the sentinels that occur in the values and lie outside the fence of the other values."""
    fence = fence_without(values, among)
    apart = [sentinel for sentinel in among if not fence.low <= sentinel <= fence.high]
    return [sentinel for sentinel in apart if (np.asarray(values, np.float64) == sentinel).any()]


def fence_without(values: np.ndarray, sentinels: Sequence[float] = SENTINELS) -> Fence:
    """Return the fence of the values that are none of the sentinels; without others it holds all numbers."""
    numbers = np.asarray(values, np.float64)
    others = numbers[~np.isin(numbers, sentinels)]
    return find_fence(others) if others.size else Fence(-np.inf, np.inf, 0.0)


def sample_valid(arrays: list[np.ndarray], seed: int) -> np.ndarray:
    """Return finite values of all arrays: all of them, or some FENCE_SAMPLE drawn at random."""
    rng = np.random.default_rng(seed)
    share = FENCE_SAMPLE / sum(array.size for array in arrays)
    if share < 1:
        drawn = [array.flat[rng.integers(0, array.size, int(array.size * share))] for array in arrays]
        sample = np.concatenate([values[np.isfinite(values)] for values in drawn])
        if sample.size:
            return sample
    # Small, or so empty that the draw met voids only.
    return np.concatenate([array[np.isfinite(array)] for array in arrays])


def clean(values: np.ndarray, fence: Fence) -> int:
    """Turn everything that is no terrain into NaN, in place, and return how many finite values went.

    Args:
        values: float32 [H, W], NaN where void.
    """
    values[np.isinf(values)] = np.nan
    outside = (values < fence.low) | (values > fence.high)
    values[outside] = np.nan
    spikes = find_spikes(values, fence.relief)
    values[spikes] = np.nan
    return int(outside.sum()) + int(spikes.sum())


def find_spikes(values: np.ndarray, relief: float) -> np.ndarray:
    """Return bool [H, W]: pixels that stand out of all their neighbours as no landform does.

    Args:
        values: float32 [H, W], NaN where void.
        relief: the 1 to 99 % range of the layer.
    """
    excess = np.empty(values.shape, np.float32)
    stands_out = np.empty(values.shape, bool)
    for row in range(0, values.shape[0], STRIP_ROWS):
        rows = slice(row, min(row + STRIP_ROWS, values.shape[0]))
        lowest, highest = _neighbour_range(values, rows.start, rows.stop)
        excess[rows] = np.fmax(values[rows] - highest, lowest - values[rows])
        stands_out[rows] = excess[rows] > SPIKE_NEIGHBOUR_RANGES * (highest - lowest)
    sample = sample_valid([excess], seed=0)
    usual = np.quantile(np.maximum(sample, 0), 0.99) if sample.size else 0.0
    return stands_out & (excess > max(SPIKE_USUAL_EXCESSES * usual, SPIKE_SHARE_OF_RELIEF * relief))


def _neighbour_range(values: np.ndarray, row: int, row_stop: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the least and greatest of the eight neighbours for rows [row, row_stop), ignoring NaN."""
    around = values[max(row - 1, 0) : row_stop + 1]
    missing = (int(row == 0), int(row_stop >= values.shape[0]))
    padded = np.pad(around, (missing, (1, 1)), constant_values=np.nan)
    height, width = row_stop - row, values.shape[1]
    lowest = np.full((height, width), np.nan, np.float32)
    highest = lowest.copy()
    for down in (0, 1, 2):
        for right in (0, 1, 2):
            if (down, right) != (1, 1):
                neighbour = padded[down : down + height, right : right + width]
                np.fmin(lowest, neighbour, out=lowest)
                np.fmax(highest, neighbour, out=highest)
    return lowest, highest
