# SPDX-License-Identifier: GPL-3.0-or-later
"""Distributions of values, each kept as its quantiles, and how far apart two of them are."""

from __future__ import annotations

import numpy as np

_LEVELS = 4096  # quantiles that stand for a sample, whatever its size


def quantiles(sample: np.ndarray) -> np.ndarray:
    """Return the quantiles of a sample at 4096 levels, the middles of equal shares; rising, float64.

    Each is a value of the sample (the inverse of the empirical distribution function, uninterpolated), so
    that repeating a whole sample changes nothing.

    Args:
        sample: finite values of any shape and order, at least one.
    """
    ordered = np.sort(np.asarray(sample, np.float64), axis=None)
    levels = (np.arange(_LEVELS) + 0.5) / _LEVELS
    return ordered[(levels * ordered.size).astype(np.int64)]


def wasserstein(first: np.ndarray, second: np.ndarray) -> float:
    """Return the Wasserstein-1 (earth mover's) distance of two distributions given as `quantiles`.

    W1 = integral over u from 0 to 1 of |Q1(u) - Q2(u)|, here the mean over the levels (Vallender 1974: on
    a line this is the least mean distance by which one sample must be moved to become the other).

    Returns:
        A distance in the unit of the values, 0 for equal distributions and without an upper limit.
    """
    return float(np.mean(np.abs(first - second)))


def mean_size(distribution: np.ndarray) -> float:
    """Return the mean absolute value of a distribution given as `quantiles`, in the unit of its values.

    What a Wasserstein distance is divided by to have no unit. Slope and relief are never negative, so that
    for them it is the mean; the mean of curvature is near 0 on any ground and would measure nothing.
    """
    return float(np.mean(np.abs(distribution)))
