# SPDX-License-Identifier: GPL-3.0-or-later
"""Which value marks voids in a file that has no mask, where the layer that it is made from has one."""

from __future__ import annotations

import math
from collections.abc import Iterable

import numpy as np

from ...errors import GeoGanError
from ..reading.source import Source
from ..writing.profile import NODATA

_SMALL_BYTES = 2  # of types whose values can all be counted


def dtype_of(source: Source) -> np.dtype:
    """Return NumPy's name for what a layer holds."""
    return np.dtype(source.data_type.lower().replace("byte", "uint8"))


def value_for_voids(source: Source, parts: Iterable[tuple[np.ndarray, bool]]) -> float | None:
    """Return nodata for a copy of a layer without its mask: a value that no known pixel has, or None.

    Args:
        parts: of the layer: the stored values that are known, and whether voids are to remain there.

    Raises:
        GeoGanError: voids are to remain, and all values of a small data type are taken.
    """
    candidates = _candidates(source)
    is_taken, has_voids = np.zeros(candidates.size, bool), False
    for known, has_more in parts:
        is_taken |= _found(candidates, known)
        has_voids |= has_more
    if not has_voids:
        is_declared = candidates == source.nodata
        return None if (is_taken & is_declared).any() else source.nodata
    if is_taken.all():
        raise GeoGanError(
            "No value is left to mark the voids of layer {layer} with, which has a mask instead. Convert it "
            "to a data type with more values first.",
            layer=source.name,
        )
    return float(candidates[~is_taken][0])


def _candidates(source: Source) -> np.ndarray:
    """Return the values that may mark voids, of the layer's type, best first."""
    dtype = dtype_of(source)
    declared = [] if source.nodata is None else [source.nodata]
    if not np.issubdtype(dtype, np.integer):
        usual = [*declared, NODATA, math.nan]
        return np.array([each for each in usual if not abs(each) > np.finfo(dtype).max], dtype)
    limits = np.iinfo(dtype)
    usual = [*declared, limits.min, limits.max, int(NODATA), -9999]
    if dtype.itemsize <= _SMALL_BYTES:
        usual += range(limits.min, limits.max + 1)
    held = (each for each in usual if limits.min <= each <= limits.max)
    return np.array([each for each in held if int(float(each)) == each], dtype)  # GDAL takes a float64


def _found(candidates: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Return which candidates are among values of the same type."""
    if candidates.dtype.kind == "f" or candidates.dtype.itemsize > _SMALL_BYTES:
        return np.array([(values == each).any() for each in candidates])
    lowest = int(np.iinfo(candidates.dtype).min)
    counts = np.bincount(values.astype(np.int64) - lowest, minlength=256**candidates.dtype.itemsize)
    return counts[candidates.astype(np.int64) - lowest] > 0
