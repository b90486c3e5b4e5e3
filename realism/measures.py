# SPDX-License-Identifier: GPL-3.0-or-later
"""The measures of realism: what each keeps of a group of fields, and how far two groups are apart.

TEXTURE asks how the land looks close by; noise with its spectrum passes. LAND asks whether it has crests and
valleys that water runs through; noise fails. LINES, which networks draw along rows and columns, and EXPONENTS
are told beside them and are in neither score.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Callable

import numpy as np

from .distributions import mean_size, quantiles, wasserstein
from .drainage import Drainage, drainage
from .geomorphons import geomorphon_shares
from .relief import curvature, local_relief, slope, strict_minima
from .sliced_wasserstein import patch_distributions, sliced_wasserstein
from .spectrum import radial_power_spectrum, spectral_distance
from .straightness import straightness

Fields = Sequence[np.ndarray]  # heights (rows, cols), NaN for voids; any number and sizes

_STRIP_ROWS = 256  # fields are measured in strips of this many rows, to bound memory
_MOST_VALUES = 100_000  # about, of one distribution: pixels lie further apart in fields that have more
_SPECTRUM_WINDOWS_PX = (128, 64)
_DRAINAGE_WINDOWS_PX = (256, 128)
_SMALLEST_SHARE = 1e-5  # added to shares of pits and of fill, because land that was filled has neither


@dataclass(frozen=True, eq=False)
class Ground:
    """A group of fields, measured as one."""

    fields: Fields
    pixel_size: float  # in the unit of height
    most_px: int = 1 << 20  # about: as many are looked at by the slow measures, geomorphons and drainage
    _drainage: dict[int, Drainage | None] = field(default_factory=dict)

    def drainage(self, window_px: int) -> Drainage | None:
        """Follow the water in windows of this side, once for all the measures that ask."""
        if window_px not in self._drainage:
            self._drainage[window_px] = drainage(self.fields, self.most_px // window_px**2, window_px)
        return self._drainage[window_px]


@dataclass(frozen=True)
class Measure:
    """A property of land: what is kept of it, and how far two groups of fields are apart.

    A summary is whatever `distance` can compare, or None where the ground is too small for this measure. A
    distance is 0 for equal summaries and has no unit. It is given the summaries of the two groups, and that
    of the real land, in whose size it is told; it is None where the real land has none (no slope at all).
    """

    summary: Callable[[Ground], Any]
    distance: Callable[[Any, Any, Any], float | None]
    window_px: int | None = None  # side of the windows it is measured in, where the result depends on it


def _of_every_pixel(values: Callable[[np.ndarray, float], np.ndarray], lost_px: int) -> Measure:
    """Return the measure of a distribution of values, which have `lost_px` fewer rows than the heights."""

    def summary(ground: Ground) -> np.ndarray | None:
        spacing = sum(each.size for each in ground.fields) // _MOST_VALUES
        spacing |= 1  # odd, so that no pattern of 2, 4 or 8 px, which networks leave, hides between samples
        sample = [strip[::spacing].copy() for strip in _known_values(ground, values, lost_px)]  # not views
        return quantiles(np.concatenate(sample)) if sum(map(len, sample)) else None

    return Measure(summary, _relative_wasserstein)


def _known_values(
    ground: Ground, values: Callable[[np.ndarray, float], np.ndarray], lost_px: int
) -> Iterator[np.ndarray]:
    """Yield the values of a measure without voids, 1-D, strip by strip."""
    for heights in ground.fields:
        for top in range(0, heights.shape[0] - lost_px, _STRIP_ROWS):
            strip = values(heights[top : top + _STRIP_ROWS + lost_px], ground.pixel_size)
            yield strip[~np.isnan(strip)]


def _relative_wasserstein(first: np.ndarray, second: np.ndarray, reference: np.ndarray) -> float | None:
    size = mean_size(reference)
    return wasserstein(first, second) / size if size else None


def _spectrum_in(window_px: int) -> Measure:
    return Measure(
        lambda ground: radial_power_spectrum(ground.fields, window_px),
        lambda first, second, _: spectral_distance(first, second),
        window_px,
    )


def _total_variation(first: np.ndarray, second: np.ndarray, _reference: np.ndarray) -> float:
    """Return half the sum of |p - q| of two sets of shares: what of one would have to change its class.

    The total variation distance, in the form of Levin, Peres & Wilmer (2009, proposition 4.2).
    """
    return float(np.sum(np.abs(first - second)) / 2)


def _pit_share(ground: Ground) -> float | None:
    counts = [
        (pits.sum(), pits.size)
        for pits in _known_values(ground, lambda heights, _: strict_minima(heights), 2)
    ]
    pits, pixels = np.sum(counts, axis=0) if counts else (0, 0)
    return float(pits / pixels) if pixels else None


def _log_ratio(first: float, second: float, _reference: float) -> float:
    """Return |ln (first / second)| of two shares, a difference that is the same either way.

    Törnqvist, Vartia & Vartia (1985) show that of all relative differences only this one is, and adds up.
    """
    return abs(float(np.log((first + _SMALLEST_SHARE) / (second + _SMALLEST_SHARE))))


def _difference(first: float, second: float, _reference: float) -> float:
    return abs(first - second)


def _of_drainage(name: str, distance: Callable[[float, float, float], float]) -> tuple[Measure, ...]:
    """Return the measure of one attribute of Drainage, in the windows that may serve."""

    def summary(ground: Ground, window_px: int) -> float | None:
        found = ground.drainage(window_px)
        return getattr(found, name, None)

    return tuple(Measure(partial(summary, window_px=side), distance, side) for side in _DRAINAGE_WINDOWS_PX)


# Each with its alternatives, the best first. What is measured in windows depends on their side: one
# alternative must serve for all that is compared, the first that the real parts are large enough for.
TEXTURE: dict[str, tuple[Measure, ...]] = {
    "slope": (_of_every_pixel(slope, 2),),
    "curvature_1": (_of_every_pixel(partial(curvature, step_px=1), 2),),
    "curvature_2": (_of_every_pixel(partial(curvature, step_px=2), 4),),
    "curvature_4": (_of_every_pixel(partial(curvature, step_px=4), 8),),
    "relief_16": (_of_every_pixel(lambda heights, _: local_relief(heights, 16), 15),),
    "relief_64": (_of_every_pixel(lambda heights, _: local_relief(heights, 64), 63),),
    "spectrum": tuple(_spectrum_in(window_px) for window_px in _SPECTRUM_WINDOWS_PX),
    "patches": (Measure(lambda ground: patch_distributions(ground.fields), sliced_wasserstein),),
}
LAND: dict[str, tuple[Measure, ...]] = {
    "geomorphons": (
        Measure(
            lambda ground: geomorphon_shares(ground.fields, ground.pixel_size, ground.most_px),
            _total_variation,
        ),
    ),
    "pits": (Measure(_pit_share, _log_ratio),),
    "fill": _of_drainage("fill_depth", _log_ratio),
}
LINES = {"straightness": (Measure(lambda ground: straightness(ground.fields), _log_ratio),)}
EXPONENTS = {name: _of_drainage(name, _difference) for name in ("drainage_exponent", "hack_exponent")}
MEASURES = {**TEXTURE, **LAND, **LINES, **EXPONENTS}

#: Plain figures that a reader knows: name -> the measure, and what to take from its summary.
FIGURES: dict[str, tuple[str, Callable[[Any], float]]] = {
    "mean_slope": ("slope", mean_size),
    "pit_share": ("pits", float),
    "fill_depth": ("fill", float),
    "straightness": ("straightness", float),
    "drainage_exponent": ("drainage_exponent", float),
    "hack_exponent": ("hack_exponent", float),
}

#: Beside them, of land before level water is left out: what share of it that is.
LEVEL_SHARE = "level_share"
