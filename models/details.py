# SPDX-License-Identifier: GPL-3.0-or-later
"""The details of land: what differs from a smooth surface along the means over its cells.

NumPy only, as both sides of the process boundary use it.
"""

from __future__ import annotations

import numpy as np

#: How far from a cell the cells lie that its smooth surface depends on.
MARGIN = 2
_BEYOND = {"mode": "reflect", "reflect_type": "odd"}  # a slope goes on


def with_details(
    field: np.ndarray, means: np.ndarray, factor: int, strength: float | np.ndarray
) -> np.ndarray:
    """Return land whose details are so many times as strong.

    Args:
        field: (n factor, m factor).
        means: (n, m), those of its cells of factor x factor.
        strength: one, or one a pixel.

    Returns:
        (n factor, m factor), of the type of `field`.
    """
    smooth = smoothed(means, factor)
    return (smooth + strength * (field - smooth)).astype(field.dtype)


def smoothed(means: np.ndarray, factor: int) -> np.ndarray:
    """Return cells made `factor` times finer: a cubic B-spline.

    It goes along the means and not through them, so that it has no waves of its own, and on beyond the rim as
    it comes there. Only sums of shifted arrays are used: the same pixels come out whatever window they are
    made in, MARGIN cells from its rim.

    Args:
        means: (n, m).

    Returns:
        float64 (n factor, m factor).
    """
    place = (np.arange(factor) + 0.5) / factor - 0.5  # of each pixel from the centre of its cell, in cells
    fine = means.astype(np.float64)
    for axis in (0, 1):
        count = fine.shape[axis]
        before = np.repeat(np.arange(count), factor) - np.tile(place < 0.0, count)
        share = np.expand_dims(np.tile(place % 1.0, count), 1 - axis)
        wide = np.pad(fine, [(MARGIN, MARGIN) if axis == i else (0, 0) for i in (0, 1)], **_BEYOND)
        fine = sum(
            weight * np.take(wide, before + step + MARGIN, axis)
            for step, weight in zip((-1, 0, 1, 2), spline_weights(share))
        )
    return fine


def spline_weights(share: np.ndarray) -> tuple[np.ndarray, ...]:
    """Return the weights of a cubic B-spline's four coefficients around places.

    Args:
        share: of the way from the second to the third, 0 to 1.
    """
    rest = 1.0 - share
    return (
        rest * rest * rest / 6.0,
        (4.0 - 3.0 * share * share * (2.0 - share)) / 6.0,
        (4.0 - 3.0 * rest * rest * (2.0 - rest)) / 6.0,
        share * share * share / 6.0,
    )
