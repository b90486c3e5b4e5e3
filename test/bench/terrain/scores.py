# SPDX-License-Identifier: GPL-3.0-or-later
"""Measures the fields of one contestant against the part of the landscape that no training saw."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import numpy as np
from geogan.realism.comparison import Comparison, Reference
from geogan.realism.diversity import diversity
from geogan.realism.grid_artefact import PhaseDeviation, phase_variance
from geogan.realism.novelty import novelty

from .landscapes import Land
from .task import FIELD_PX

STRIDES = (4, 16, 64)  # in pixels: the cells of the detail, the valleys and the layout stage


def fields_needed(side_px: int, seeds: int) -> int:
    """Return how many fields of this side cover as much ground as `seeds` of 512 x 512 px."""
    return seeds * max(1, FIELD_PX // side_px) ** 2


def scored(
    land: Land,
    fields: Sequence[np.ndarray],
    seeds: int,
    *,
    has_seeds: bool,
    corners: Sequence[tuple[int, int]] | None,
) -> dict[str, Any]:
    """Return all figures of some fields as plain data.

    The first fields are compared with the held-out part: `by_seed`, each seed alone, as much of 512 x 512 px,
    and `pooled`, these seeds together. The floors come from the whole landscape. `novelty` is that of the
    same fields, held against the training part; `diversity` and `grid` are those of all fields, and
    `grid_of_worlds` is what their own cells leave in each of them.

    Args:
        fields: heights (rows, cols), all of one size, at least `fields_needed`.
        seeds: how many are compared.
        has_seeds: whether the fields are independent of one another; else they have no diversity.
        corners: where each field begins in the largest of the cells of the network that made it, in pixels;
            None if no network did: then they have no grid.

    Raises:
        ValueError: the held-out part, or a field, is too small to be measured.
    """
    each = fields_needed(min(fields[0].shape), 1)
    compared = list(fields[: each * seeds])
    reference = Reference(land.held_out, land.pixel_size, land.precision, floor_of=land.whole)
    by_seed = [reference.compare(compared[first : first + each]) for first in range(0, len(compared), each)]
    pooled = reference.compare(compared)
    if pooled is None or None in by_seed:
        raise ValueError("A field or the held-out part has too little land to be measured.")
    return {
        "by_seed": [_compared(comparison) for comparison in by_seed],
        "pooled": _compared(pooled),
        "floors": pooled.floors,
        "windows": pooled.windows,
        "real": pooled.real,
        "novelty": novelty(land.training, compared, land.held_out),
        "diversity": diversity(land.whole, fields) if has_seeds else None,
        "grid": {} if corners is None else _grid(fields),
        "grid_of_worlds": {} if corners is None else _grid(from_whole_cells(fields, corners)),
        "sizes": {
            "held_out": [list(field.shape) for field in land.held_out],
            "training": [list(field.shape) for field in land.training],
            "field": list(fields[0].shape),
            "fields": len(fields),
        },
    }


def from_whole_cells(fields: Sequence[np.ndarray], corners: Sequence[tuple[int, int]]) -> list[np.ndarray]:
    """Return the fields without what lies before the first of the largest cells that is whole."""
    largest = max(STRIDES)
    return [field[-row % largest :, -col % largest :] for field, (row, col) in zip(fields, corners)]


def _compared(comparison: Comparison) -> dict[str, Any]:
    return {name: getattr(comparison, name) for name in ("texture", "land", "distances", "synthetic")}


def _grid(fields: Sequence[np.ndarray]) -> dict[str, Any]:
    """Return for each stride the deviations of height and of bends, by name; {} where too few fields."""
    found = {}
    for stride in STRIDES:
        artefact = phase_variance(fields, stride)
        if artefact is not None:
            names = ("height", "bend_along_cols", "bend_along_rows")
            found[str(stride)] = {name: _deviation(getattr(artefact, name)) for name in names}
    return found


def _deviation(deviation: PhaseDeviation) -> dict[str, float]:
    return {**asdict(deviation), "ratio": deviation.ratio}
