# SPDX-License-Identifier: GPL-3.0-or-later
"""Level water, which comparisons leave out: seas and lakes lie at one height in elevation models."""

from __future__ import annotations

import numpy as np
from scipy import ndimage

_STRIP_ROWS = 1024  # about: fields are searched in strips of this many rows, to bound memory


def without_level_water(field: np.ndarray, least_px: int = 1024) -> np.ndarray:
    """Return a copy of the heights in which every large level region is void.

    A region is pixels of exactly one height, joined by their sides (4-connected). Land is hardly ever level
    over so many, unless it is rounded too coarsely to be compared there. Round heights to the precision of
    their source first: generated water is level only then.

    Args:
        field: heights (rows, cols), a floating type, NaN for voids.
        least_px: the pixels of the smallest region that becomes void. Fields of more than 1024 rows are
            searched in strips, and the part of a region in one strip counts by itself.

    Returns:
        Heights (rows, cols) of the same type, NaN for voids and water.
    """
    land = field.copy()
    for strip in np.array_split(land, max(1, -(-land.shape[0] // _STRIP_ROWS)), axis=0):
        strip[_in_large_level_region(strip, least_px)] = np.nan
    return land


def _in_large_level_region(field: np.ndarray, least_px: int) -> np.ndarray:
    """Return which pixels lie in a region of one height of at least `least_px` pixels."""
    rows, cols = field.shape
    # Pixels lie at even rows and columns; what joins two equal neighbours lies between them. So two waters of
    # different height that touch, as steps of a river do, stay two regions.
    joined = np.zeros((2 * rows, 2 * cols), bool)
    joined[::2, ::2] = True
    joined[1:-1:2, ::2] = field[1:] == field[:-1]
    joined[::2, 1:-1:2] = field[:, 1:] == field[:, :-1]
    regions = ndimage.label(joined)[0][::2, ::2]
    return (np.bincount(regions.ravel()) >= least_px)[regions]
