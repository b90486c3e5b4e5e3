# SPDX-License-Identifier: GPL-3.0-or-later
"""Which numbers of a raster are no heights, though it does not declare them as no data."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from ..reading.as_shown import Values, are_among
from ..reading.cleaning import SENTINELS, fence_without
from ..reading.sampling import sample_raw_values
from ..reading.source import Source


class NoHeights:
    """What is infinite, what the user named, and undeclared nodata that no sample of the raster has met.

    Infinite may be stored so, or be nodata that float32 cannot hold: -1.8e308.

    Attributes:
        met: the undeclared ones found so far.
    """

    def __init__(self, source: Source, named: Sequence[Values]) -> None:
        self._source, self._named = source, named
        self._fence = fence_without(sample_raw_values(source))
        self.met: set[float] = set()

    def among(self, heights: np.ndarray, original: Callable[[], np.ndarray]) -> np.ndarray:
        """Return which heights in metres are none; `original` returns their values as they are stored."""
        is_none = np.isinf(heights)
        if self._named:
            is_none |= are_among(original(), self._source.scale, self._source.offset, self._named)
        scale, offset = self._source.to_metres
        lowest, highest = sorted((self._fence.low * scale + offset, self._fence.high * scale + offset))
        if ((heights < lowest) | (heights > highest)).any():
            raw = original().astype(np.float64)
            is_sentinel = np.isin(raw, SENTINELS) & np.isfinite(heights)
            is_sentinel &= (raw < self._fence.low) | (raw > self._fence.high)
            self.met.update(raw[is_sentinel].tolist())
            is_none |= is_sentinel
        return is_none
