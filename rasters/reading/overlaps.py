# SPDX-License-Identifier: GPL-3.0-or-later
"""Layers that lie over one another, of which one can show what is held out of another."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations

from ...errors import GeoGanError
from ..crs import bounds_in, read_crs
from ..gdal_guard import gdal_checked
from .source import CANNOT_READ, Source

# Pixels that neighbouring tiles may share: the margin of tiles is a few wide at most.
_MARGIN_PX = 16


def overlapping(sources: Sequence[Source]) -> Iterator[tuple[Source, Source]]:
    """Yield the pairs of layers whose extents share more than a margin."""
    for one, other in combinations(sources, 2):
        try:
            with gdal_checked(CANNOT_READ, layer=other.name):
                there = bounds_in(read_crs(one.crs_wkt), other.bounds, read_crs(other.crs_wkt))
        except GeoGanError:  # as a quarter of the Earth away, where a UTM zone has no coordinates
            continue
        shared = [
            min(one.bounds[side + 2], there[side + 2]) - max(one.bounds[side], there[side]) for side in (0, 1)
        ]
        if all(length > _MARGIN_PX * pixel for length, pixel in zip(shared, one.pixel_sides)):
            yield one, other
