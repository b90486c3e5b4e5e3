# SPDX-License-Identifier: GPL-3.0-or-later
"""Made-up land as rough as the real land around it.

A stage makes land as rough as is usual in its landscape where forms are so high. The land around a void may
be rougher, as in a survey of steep slopes by radar, or smoother. Where the real land is known, what the stage
makes along it can be compared with it.
"""

from __future__ import annotations

import numpy as np
from scipy import ndimage

from .details import with_details
from .model_card import MOST_STRENGTH
from .patches import Area, averaged

# Cells over which roughness is averaged, the deviation of a bell; 4 km in pixels of 90 m. How rough a single
# slope is, is chance; how rough a range far away is, another matter.
REACH = 48
_OF_ALL = 0.02  # weight of all that is known beside what lies within reach


def as_rough_as(known: np.ndarray, made: np.ndarray, factor: int) -> np.ndarray:
    """Return made-up land whose details are as rough as those of the known land around.

    Details are what differs from a smooth surface along the land's means over factor x factor cells.

    Args:
        known: (rows, cols), NaN where void.
        made: (rows, cols), without voids, which a stage made along the means of the land where it is known;
            rows and cols are multiples of `factor`.

    Returns:
        (rows, cols), of the type of `made`.
    """
    means = averaged(Area(made), factor).values
    return with_details(made, means, factor, roughness_around(known, made, factor))


def roughness_around(known: np.ndarray, made: np.ndarray, factor: int) -> np.ndarray:
    """Return how rough the known land around each cell is, over what was made there.

    Roughness is the mean size of the curvature (the Laplacian of the heights). Where little is known within
    reach, that of all known land counts, and where nothing is known, none: then it is 1. The edge, as wide as
    the factor, does not count: where a void goes on beyond a window, what is known there is a smooth surface.

    Args:
        known, made, factor: as for `as_rough_as`.

    Returns:
        float64 (rows, cols), between 1/2 and 2.
    """
    real, ours = (np.abs(ndimage.laplace(each.astype(np.float64))) for each in (known, made))
    counts = np.zeros(known.shape, bool)
    inside = (slice(factor, -factor), slice(factor, -factor))
    counts[inside] = np.isfinite(real[inside])
    if not counts.any():
        return np.ones(known.shape)
    real, ours = (
        _around(np.where(counts, each, 0.0), factor) + _OF_ALL * each[counts].mean() for each in (real, ours)
    )
    ratio = np.clip(real / np.maximum(ours, np.finfo(float).tiny), 1.0 / MOST_STRENGTH, MOST_STRENGTH)
    return ndimage.zoom(ratio, factor, order=1, mode="nearest", grid_mode=True)


def _around(values: np.ndarray, factor: int) -> np.ndarray:
    """Return the means within reach, one for factor x factor cells: neighbours hardly differ."""
    means = averaged(Area(values.astype(np.float32)), factor).values.astype(np.float64)
    return ndimage.gaussian_filter(means, REACH / factor, mode="constant")
