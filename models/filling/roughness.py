# SPDX-License-Identifier: GPL-3.0-or-later
"""Made-up land as rough as the real land around it.

A stage makes land as rough as is usual in its landscape where forms are so high. The land around a void may
be rougher, as in a survey of steep slopes by radar, or smoother. Where the real land is known, what the stage
makes along it can be compared with it.
"""

from __future__ import annotations

import numpy as np
from scipy import ndimage

from ..details import with_details
from ..model_card import MOST_STRENGTH

# Cells over which roughness is averaged, the deviation of a bell; 4 km in pixels of 90 m. How rough a single
# slope is, is chance; how rough a range far away is, another matter.
REACH = 48
# Cells over which land is averaged before: what is finer is a survey's noise, and lacks where a layer was
# interpolated to the model's pixels.
_GRAIN = 2
_OF_ALL = 0.02  # weight of all that is known beside what lies within reach


def as_rough_as(known: np.ndarray, made: np.ndarray, factor: int) -> np.ndarray:
    """Return made-up land whose details are as rough as those of the known land around.

    Details are what differs from a smooth surface along the land's means over factor x factor cells.

    Args:
        known: (rows, cols), NaN where void.
        made: (rows, cols), without voids, which a stage made along the means of the land where it is known;
            rows and cols are multiples of `factor`, which is even.

    Returns:
        (rows, cols), of the type of `made`.
    """
    return with_details(made, _means(made, factor), factor, roughness_around(known, made, factor))


def roughness_around(known: np.ndarray, made: np.ndarray, factor: int) -> np.ndarray:
    """Return how rough the known land around each cell is, over what was made there.

    Roughness is the mean size of the curvature, the Laplacian of means over 2 x 2 cells. Where little is
    known within reach, that of all known land counts, and where nothing is known, none: then it is 1. The
    edge, as wide as the factor, does not count: where a void goes on beyond a window, what is known there is
    a smooth surface.

    Args:
        known, made, factor: as for `as_rough_as`.

    Returns:
        float64 (rows, cols), between 1/2 and 2.
    """
    real, ours = (np.abs(ndimage.laplace(_means(each.astype(np.float64), _GRAIN))) for each in (known, made))
    counts = np.zeros(real.shape, bool)
    rim = factor // _GRAIN
    inside = (slice(rim, -rim), slice(rim, -rim))
    counts[inside] = np.isfinite(real[inside])
    if not counts.any():
        return np.ones(known.shape)
    real, ours = (
        ndimage.gaussian_filter(_means(np.where(counts, each, 0.0), rim), REACH / factor, mode="constant")
        + _OF_ALL * each[counts].mean()
        for each in (real, ours)
    )
    ratio = np.clip(real / np.maximum(ours, np.finfo(float).tiny), 1.0 / MOST_STRENGTH, MOST_STRENGTH)
    return ndimage.zoom(ratio, factor, order=1, mode="nearest", grid_mode=True)


def _means(values: np.ndarray, size: int) -> np.ndarray:
    """Return the means over size x size, NaN where one of these is."""
    rows, cols = values.shape
    return values.reshape(rows // size, size, cols // size, size).mean((1, 3))
