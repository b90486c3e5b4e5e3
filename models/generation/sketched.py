# SPDX-License-Identifier: GPL-3.0-or-later
"""Land that has given heights in some places: each stage's field is brought to them, coarse to fine.

What a field is off by at the controls is spread around them as far as its own forms reach, so that between
them and far from them the land is the model's. Geostatistics knows this as conditioning a simulation by
kriging (Journel and Huijbregts 1978). Later stages refine what they are given, so that the mountain around a
sketched summit, and the valley around a river, are the networks' own.

A cell's height follows from the controls and from the field there, never from what else was asked for: the
same bits come out however a request is cut.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from scipy.sparse.linalg import cg
from scipy.spatial import cKDTree

from ...errors import GeoGanError
from ..controls import LAYOUT_REACH, RISE, Controls, likeness
from ..statistics import FieldStatistics
from .cascade import Cascade
from .footprints import Footprints, offsets
from .land_sides import LandSides
from .world import Field, World

# How far the forms of a guided stage reach, in cells of its guide: what those of the bundled model add is
# unlike from one such cell on.
_GUIDED_REACH = 1.5
_SLOPES = 4  # cells of any stage as far as which land lies above a river, or below a ridge
_SHORE = 64  # cells of any stage as far as which land and sea lie on their sides of a coast
_TOLERANCE = 1e-9  # of the equations' residual, over the errors
_MOST_ROUNDS = 5_000
_GATHERED = 128  # cells: sides of the windows in which a field is looked up at the controls


def sketched(
    cascade: Cascade,
    statistics: Sequence[FieldStatistics],
    controls: Controls,
    world: World,
    tick: Callable[[], None] = lambda: None,
) -> Cascade:
    """Return the cascade whose land has given heights at some pixels, in one world of it.

    Args:
        statistics: of the world's landscape, of each stage.
        controls: on the pixels of the result, in its unit.
        tick: called often on the way; what it raises ends the work.
    """
    architecture = cascade.architecture

    def steered(index: int, field: Field) -> Field:
        size = architecture.pixels_per_field_cell(index)
        finer = [deviation for each in statistics[index + 1 :] for deviation in each.band_deviations]
        cells = controls.coarsened(size, RISE * float(np.hypot.reduce([0.0, *finer])))
        reach = _GUIDED_REACH * architecture.stages[index].factor if index else LAYOUT_REACH
        return SketchedField(field, cells, reach, LandSides(cells, _SLOPES, _SHORE), world, tick)

    return cascade.steered_by(steered)


class SketchedField:
    """A field of one world that has given heights in some cells."""

    def __init__(
        self,
        field: Field,
        controls: Controls,
        reach: float,
        sides: LandSides,
        world: World,
        tick: Callable[[], None] = lambda: None,
    ) -> None:
        """Take a field, the heights it shall have, how many cells around they count, and sides of lines."""
        self._field, self._controls, self._sides = field, controls, sides
        down, right = offsets(int(reach))
        self._stamp = likeness(np.sqrt(down**2 + right**2) / reach)
        self._footprints = Footprints(controls.rows, controls.cols, int(reach))
        errors = controls.heights - _looked_up(field, controls, world, tick)
        self._weights = _stamp_weights(controls, errors, reach)

    def window(self, world: World, row: int, col: int, side: int) -> np.ndarray:
        """Return the square window at (row, col), float32 (side, side), of the world that was given."""
        land = self._field.window(world, row, col, side).astype(np.float64)
        for index, into, of in self._footprints.over(row, col, side):
            land[into] += self._weights[index] * self._stamp[of]
        self._sides.turn(land, row, col)
        rows, cols = self._controls.rows - row, self._controls.cols - col
        inside = (rows >= 0) & (rows < side) & (cols >= 0) & (cols < side)
        land[rows[inside], cols[inside]] = self._controls.heights[inside]
        return land.astype(np.float32)


def _stamp_weights(controls: Controls, errors: np.ndarray, reach: float) -> np.ndarray:
    """Return how much of the stamp each control needs, so that together they make up for the errors."""
    if not len(controls):
        return errors
    places = np.stack([controls.rows, controls.cols], 1).astype(np.float64)
    tree = cKDTree(places)
    alike = tree.sparse_distance_matrix(tree, reach, output_type="coo_matrix").tocsr()
    alike.data = likeness(alike.data / reach)
    alike.setdiag(1.0)
    # Not by elimination: the layout's cells of a wide river network are alike by the hundreds.
    weights, is_unsolved = cg(alike, errors, rtol=_TOLERANCE, maxiter=_MOST_ROUNDS)
    if is_unsolved:
        raise GeoGanError(
            "The elevations of the sketch are too many and too close together to be met. Thin them out."
        )
    return weights


def _looked_up(field: Field, controls: Controls, world: World, tick: Callable[[], None]) -> np.ndarray:
    """Return the heights of a field in the cells of the controls, float64."""
    heights = np.empty(len(controls))
    if not len(controls):
        return heights
    cells = np.stack([controls.rows, controls.cols])
    blocks, of = np.unique(cells // _GATHERED, axis=1, return_inverse=True)
    order = np.argsort(of.reshape(-1), kind="stable")
    ends = np.cumsum(np.bincount(of.reshape(-1)))
    for (row, col), here in zip((blocks.T * _GATHERED).tolist(), np.split(order, ends[:-1])):
        tick()
        window = field.window(world, row, col, _GATHERED)
        heights[here] = window[controls.rows[here] - row, controls.cols[here] - col]
    return heights
