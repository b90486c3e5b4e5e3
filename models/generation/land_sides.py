# SPDX-License-Identifier: GPL-3.0-or-later
"""Land on its side of sketched lines: above rivers, below ridges, and above the sea along coasts."""

from __future__ import annotations

import numpy as np

from ..controls import Controls
from .footprints import Footprints, offsets

# A cell that a river and a ridge pass, or two shores that face each other, has no clear side: land is free.
_CLEAR_LINE = 0.5
_CLEAR_SHORE = 0.3


class LandSides:
    """Which cells lie above or below the nearest line, and how surely."""

    def __init__(self, controls: Controls, near: int, shore: int) -> None:
        """Take how many cells a river or a ridge counts, and how many a coast."""
        is_coast = np.hypot(controls.sides[:, 1], controls.sides[:, 2]) > _CLEAR_SHORE
        is_line = np.abs(controls.sides[:, 0]) > _CLEAR_LINE
        self._lines = [
            (_only(controls, is_line), near),
            (_only(controls, is_coast & ~is_line), shore),
        ]

    def turn(self, land: np.ndarray, row: int, col: int) -> None:
        """Turn what lies on the wrong side of the nearest line, in the square window at (row, col), in place.

        There a difference of height counts the other way round, so that the land keeps its roughness. The
        farther from the line, the less of it is turned.
        """
        nearest = np.full(land.shape, np.inf)
        line, side, share = (np.zeros_like(land) for _ in range(3))
        for controls, reach in self._lines:
            down, right = offsets(reach)
            distance = down**2 + right**2
            shares = np.maximum(0.0, 1.0 - distance / reach**2)
            for index, into, of in Footprints(controls.rows, controls.cols, reach).over(row, col, len(land)):
                above, per_row, per_col = controls.sides[index]
                is_nearer = distance[of] < np.where(shares[of] > 0.0, nearest[into], 0.0)
                for kept, values in (
                    (nearest, distance[of]),
                    (line, controls.heights[index]),
                    (side, np.sign(above + per_row * down[of[0]] + per_col * right[:, of[1]])),
                    (share, shares[of]),
                ):
                    kept[into] = np.where(is_nearer, values, kept[into])
        land += 2.0 * share * side * np.maximum(0.0, side * (line - land))


def _only(controls: Controls, chosen: np.ndarray) -> Controls:
    return Controls(
        controls.rows[chosen], controls.cols[chosen], controls.heights[chosen], controls.sides[chosen]
    )
