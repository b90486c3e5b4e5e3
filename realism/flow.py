# SPDX-License-Identifier: GPL-3.0-or-later
"""Where water goes: depressions filled until they spill, and what drains through every cell.

Made for windows of some hundred pixels: all of a field is held in memory, many times over.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import ndimage, sparse
from scipy.sparse import csgraph

_NEIGHBOURS = ((-1, -1), (-1, 0), (-1, 1), (0, -1), (0, 1), (1, -1), (1, 0), (1, 1))  # rows down, cols right
_NONE = -1  # no cell: where a void drains to


@dataclass(frozen=True)
class FilledTerrain:
    """Terrain without depressions, and the way that water takes over it."""

    heights: np.ndarray  # float64 (rows, cols), NaN for voids
    receivers: np.ndarray  # int64 (rows * cols,): the cell each drains to; rows * cols = outside, -1 = void
    levels: tuple[np.ndarray, ...]  # cells that are equally many steps from outside, the farthest first


def fill_depressions(field: np.ndarray) -> FilledTerrain:
    """Raise every cell to the least height from which water finds its way out, and say which way.

    Water leaves at the rim and next to voids. The filled height of a cell is the least, over all ways out
    through 8-neighbours, of the highest cell on the way, itself included: what the priority-flood gives
    (Barnes, Lehman & Mulla 2014). It is read off a minimum spanning tree, whose paths are such ways (Hu
    1961), because SciPy makes one many times faster than Python empties a priority queue.

    Each cell drains to the neighbour with the steepest descent on the filled heights (D8, O'Callaghan &
    Mark 1984); where none is lower, along the tree, which follows the bed of what was filled, as a
    least-cost search does (Ehlschlaeger 1989).

    Args:
        field: heights (rows, cols), NaN for voids.
    """
    heights = np.asarray(field, np.float64)
    parents = _spanning_tree(heights)
    filled = _highest_on_the_way(heights, parents)
    downhill = _steepest_descent(filled)
    # No circles: every step lowers the filled height, or keeps it and comes nearer to the root of the tree.
    receivers = np.where(downhill == _NONE, parents, downhill)
    return FilledTerrain(filled, receivers, _levels(receivers))


def _spanning_tree(heights: np.ndarray) -> np.ndarray:
    """Return each cell's parent in the minimum spanning tree, int64 (rows * cols,); -1 for voids.

    Edges join 8-neighbours and are as high as the higher of the two, those as high ordered by the lower one:
    no two are equal, so that the tree is the same on every machine. The root, rows * cols, is outside.
    """
    size = heights.size
    # Ranks, because two of them make one exact number. Weights are above 1, because SciPy drops edges of 0.
    ranks = np.empty(size)
    ranks[np.argsort(heights, axis=None, kind="stable")] = np.arange(size)
    ranks = np.where(np.isnan(heights), np.nan, ranks.reshape(heights.shape))
    cells = np.arange(size).reshape(heights.shape)
    forward = [step for step in _NEIGHBOURS if step > (0, 0)]  # each edge once
    others = np.stack([_neighbour(ranks, step) for step in forward], axis=-1)
    weights = np.maximum(ranks[..., None], others) * size + np.minimum(ranks[..., None], others) + 2
    ends = np.stack([cells + down * heights.shape[1] + right for down, right in forward], axis=-1)
    edges = ~np.isnan(weights)
    ways_out = cells[_ways_out(heights)]
    counts = np.append(edges.sum(axis=-1), ways_out.size)
    graph = sparse.csr_matrix(
        (
            np.append(weights[edges], np.ones(ways_out.size)),  # to leave is easier than to go on
            np.append(ends[edges], ways_out),
            np.append(0, np.cumsum(counts)),
        ),
        shape=(size + 1, size + 1),
    )
    tree = csgraph.minimum_spanning_tree(graph)
    parents = csgraph.breadth_first_order(tree, size, directed=False)[1][:size]
    return np.where(parents < 0, _NONE, parents).astype(np.int64)


def _ways_out(heights: np.ndarray) -> np.ndarray:
    """Return whether water leaves at each cell: at the rim and next to voids; bool (rows, cols)."""
    voids = np.isnan(heights)
    return ndimage.binary_dilation(voids, np.ones((3, 3)), border_value=1) & ~voids


def _neighbour(values: np.ndarray, step: tuple[int, int]) -> np.ndarray:
    """Return each cell's neighbour's value, one (rows down, cols right) away; NaN beyond the rim."""
    rows, cols = values.shape
    down, right = step
    return np.pad(values, 1, constant_values=np.nan)[1 + down :, 1 + right :][:rows, :cols]


def _highest_on_the_way(heights: np.ndarray, parents: np.ndarray) -> np.ndarray:
    """Return the highest of each cell and its ancestors in the tree, float64 (rows, cols)."""
    highest = np.append(heights, -np.inf)
    ahead = _with_outside(parents)
    while np.any(ahead != parents.size):  # looks 1, 2, 4, 8 steps ahead
        highest = np.maximum(highest, highest[ahead])
        ahead = ahead[ahead]
    return highest[:-1].reshape(heights.shape)


def _with_outside(receivers: np.ndarray) -> np.ndarray:
    """Return receivers with outside appended, which it and voids drain to: every index is valid."""
    outside = receivers.size
    return np.append(np.where(receivers == _NONE, outside, receivers), outside)


def _steepest_descent(heights: np.ndarray) -> np.ndarray:
    """Return the neighbour with the largest drop per distance, int64 (rows * cols,); -1 if none is lower."""
    cells = np.arange(heights.size).reshape(heights.shape)
    steepest = np.zeros(heights.shape)
    downhill = np.full(heights.shape, _NONE)
    for down, right in _NEIGHBOURS:
        descent = (heights - _neighbour(heights, (down, right))) / np.hypot(down, right)
        steeper = descent > steepest  # not if one of the two is NaN
        steepest[steeper] = descent[steeper]
        downhill[steeper] = cells[steeper] + (down * heights.shape[1] + right)
    return downhill.ravel()


def _levels(receivers: np.ndarray) -> tuple[np.ndarray, ...]:
    """Return the cells grouped by their steps to outside, most steps first; voids are in no group."""
    ahead = _with_outside(receivers)
    steps = np.append(receivers != _NONE, False).astype(np.int64)
    while np.any(ahead != receivers.size):
        steps = steps + steps[ahead]
        ahead = ahead[ahead]
    nearest_first = np.argsort(steps, kind="stable")
    return tuple(np.split(nearest_first, np.cumsum(np.bincount(steps))[:-1])[:0:-1])


def drainage_areas(filled: FilledTerrain) -> np.ndarray:
    """Return how many cells drain through each cell, itself included; float64 (rows, cols), NaN on voids."""
    return _summed_downstream(np.ones(filled.heights.shape), filled)


def whole_catchments(filled: FilledTerrain) -> np.ndarray:
    """Return where all that drains through a cell is sure to lie inside the field; bool (rows, cols).

    False where a cell at the rim or next to a void drains through, because more might come from beyond.
    """
    return _summed_downstream(_ways_out(filled.heights), filled) == 0


def _summed_downstream(values: np.ndarray, filled: FilledTerrain) -> np.ndarray:
    """Return for each cell the sum of its value and the values of all cells that drain through it."""
    sums = np.append(values.astype(np.float64), 0.0)
    for cells in filled.levels:
        np.add.at(sums, filled.receivers[cells], sums[cells])
    return _on_the_grid(sums, filled)


def flow_lengths(filled: FilledTerrain) -> np.ndarray:
    """Return the length of the longest way of water to each cell, in pixels; NaN on voids.

    Steps are 1 or sqrt(2) long; a cell that no other drains to has the length 0. float64 (rows, cols).
    """
    rows, cols = np.indices(filled.heights.shape).reshape(2, -1)
    lengths = np.zeros(filled.heights.size + 1)
    for cells in filled.levels[:-1]:  # those of the last level drain to outside
        receivers = filled.receivers[cells]
        steps = np.hypot(rows[cells] - rows[receivers], cols[cells] - cols[receivers])
        np.maximum.at(lengths, receivers, lengths[cells] + steps)
    return _on_the_grid(lengths, filled)


def _on_the_grid(values: np.ndarray, filled: FilledTerrain) -> np.ndarray:
    return np.where(np.isnan(filled.heights), np.nan, values[:-1].reshape(filled.heights.shape))
