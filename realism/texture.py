# SPDX-License-Identifier: GPL-3.0-or-later
"""The texture score: how like the real ones the slopes, curvatures, reliefs and spectra of fields are.

Noise with the spectrum of the land passes as texture: whether water finds its way is not asked here.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Callable

import numpy as np

from .distributions import mean_size, quantiles, wasserstein
from .relief import curvature, local_relief, slope, strict_minima
from .source_precision import rounded
from .spectrum import radial_power_spectrum, spectral_distance

Fields = Sequence[np.ndarray]  # heights (rows, cols), NaN for voids; any number and sizes

_STRIP_ROWS = 256  # fields are measured in strips of this many rows, to bound memory
_MOST_VALUES = 250_000  # about, of one distribution: pixels lie further apart in fields that have more
_SPECTRUM_WINDOWS_PX = (128, 64)  # the first for which all that is compared has a window without voids
_SMALLEST_DISTANCE = 0.01  # added to distances and floors: less is no difference that anyone would see
_SMALLEST_PIT_SHARE = 1e-5  # added to shares of pits, because land that was filled has none


@dataclass(frozen=True)
class _Measure:
    """A measure of every pixel, taken from its neighbourhood."""

    of: Callable[[np.ndarray, float], np.ndarray]  # heights, pixel size -> values
    lost_px: int  # by how much the values have fewer rows than the heights


def _curvature_at(step_px: int) -> _Measure:
    return _Measure(lambda field, pixel_size: curvature(field, pixel_size, step_px), 2 * step_px)


def _relief_in(window_px: int) -> _Measure:
    return _Measure(lambda field, _: local_relief(field, window_px), window_px - 1)


_MEASURES = {
    "slope": _Measure(slope, 2),
    "curvature_1": _curvature_at(1),
    "curvature_2": _curvature_at(2),
    "curvature_4": _curvature_at(4),
    "relief_16": _relief_in(16),
    "relief_64": _relief_in(64),
}
_MINIMA = _Measure(lambda field, _: strict_minima(field), 2)

TEXTURE = (*_MEASURES, "spectrum")  # the names of the distances that make the score


@dataclass(frozen=True)
class Score:
    """How far synthetic fields are from real ones, beside how far real parts are from each other."""

    value: float  # 1 = as near as real parts are to each other, larger is worse, never 0
    distances: dict[str, float]  # synthetic to real, by name: those of TEXTURE, and "pits"
    floors: dict[str, float]  # the median of real parts to each other, by the same names


@dataclass(frozen=True)
class _Summary:
    """What is kept of a group of fields to compare it with others."""

    distributions: dict[str, np.ndarray]  # quantiles by the names of _MEASURES
    spectrum: np.ndarray
    pit_share: float


def texture_score(real: Fields, synthetic: Fields, pixel_size: float, precision: float = 0.0) -> Score | None:
    """Compare the texture of synthetic with that of real fields of the same pixel size.

    The distances, without a unit and 0 for equal fields, are

    - slope, curvature_1, _2, _4 (step in pixels), relief_16, _64 (window in pixels): Wasserstein-1 distance
      over the mean of all the real ones (of curvature: the mean absolute value);
    - spectrum: mean |log10 ratio| of the radial power spectra, of 128 px windows, or of 64 px windows
      where one of the fields or parts compared has none of 128 px;
    - pits: |ln ratio| of the shares of strict local minima. It is no part of the value.

    A floor is the median distance of four pairs of disjoint parts of the real fields: left and right, top
    and bottom, and both pairs of opposite quadrants. The parts of several fields are pooled: all left
    halves against all right ones. The value is the geometric mean of (distance + 0.01) / (floor + 0.01).

    Parts are smaller than fields and so scatter more: a real field scores below 1 against itself, and
    scores of small fields scatter by several tenths. Compare scores of equally large fields only.

    Args:
        real: heights (rows, cols), NaN for voids; any number and sizes.
        synthetic: the same; as much ground as the real fields, or more, is best.
        pixel_size: side of the pixels of all fields, in the unit of height. Every distance is a ratio of
            like quantities, so that a wrong one changes nothing but the rounding of the last digits.
        precision: what the heights of all fields are rounded to before they are compared, in the unit of
            height (see `guessed_precision`); 0 leaves them.

    Returns:
        The score; or None if the fields are too small to measure. Too small are real fields of which no
        two opposite halves or quadrants both have a 64 x 64 px window without voids (the least is
        64 x 128 px), synthetic fields without such a window, and real fields without any slope or
        curvature.
    """
    real = [rounded(field, precision) for field in real]
    synthetic = [rounded(field, precision) for field in synthetic]
    compared, *halves = _summary_pairs([(real, synthetic), *_opposite_parts(real)], pixel_size)
    pairs_of_parts = [pair for pair in halves if pair]
    if not compared or not pairs_of_parts:
        return None
    mean_sizes = {name: mean_size(compared[0].distributions[name]) for name in _MEASURES}
    if not all(mean_sizes.values()):
        return None
    distances = _distances(*compared, mean_sizes)
    apart = [_distances(*parts, mean_sizes) for parts in pairs_of_parts]
    floors = {name: float(np.median([each[name] for each in apart])) for name in distances}
    return Score(_mean_ratio(distances, floors, TEXTURE), distances, floors)


def _opposite_parts(fields: Fields) -> list[tuple[Fields, Fields]]:
    """Return the four pairs of disjoint parts, each pooled over the fields; views, nothing is copied."""
    pairs = ([], []), ([], []), ([], []), ([], [])
    for field in fields:
        top, bottom = np.array_split(field, 2, axis=0)
        left, right = np.array_split(field, 2, axis=1)
        northwest, northeast = np.array_split(top, 2, axis=1)
        southwest, southeast = np.array_split(bottom, 2, axis=1)
        opposites = (left, right), (top, bottom), (northwest, southeast), (northeast, southwest)
        for pool, parts in zip(pairs, opposites):
            pool[0].append(parts[0])
            pool[1].append(parts[1])
    return list(pairs)


def _summary_pairs(
    pairs: Sequence[tuple[Fields, Fields]], pixel_size: float
) -> list[tuple[_Summary, _Summary] | None]:
    """Summarise pairs of groups of fields, all with the same spectrum window; None for a pair too small."""
    for window_px in _SPECTRUM_WINDOWS_PX:
        spectra = [[radial_power_spectrum(group, window_px) for group in pair] for pair in pairs]
        measurable = [all(spectrum is not None for spectrum in two) for two in spectra]
        if all(measurable):
            break
    return [
        tuple(_summary(group, spectrum, pixel_size) for group, spectrum in zip(pair, two)) if enough else None
        for pair, two, enough in zip(pairs, spectra, measurable)
    ]


def _summary(fields: Fields, spectrum: np.ndarray, pixel_size: float) -> _Summary:
    spacing = sum(field.size for field in fields) // _MOST_VALUES
    spacing |= 1  # odd, so that no pattern of 2, 4 or 8 px, which networks leave, hides between the samples
    distributions = {
        name: quantiles(np.concatenate(list(_values(measure, fields, pixel_size, spacing))))
        for name, measure in _MEASURES.items()
    }
    pits, pixels = np.sum([(each.sum(), each.size) for each in _values(_MINIMA, fields, pixel_size)], axis=0)
    return _Summary(distributions, spectrum, float(pits / pixels))


def _values(measure: _Measure, fields: Fields, pixel_size: float, spacing: int = 1) -> Iterator[np.ndarray]:
    """Yield every `spacing`-th value of a measure without voids, 1-D, strip by strip."""
    for field in fields:
        for top in range(0, field.shape[0] - measure.lost_px, _STRIP_ROWS):
            values = measure.of(field[top : top + _STRIP_ROWS + measure.lost_px], pixel_size)
            yield values[~np.isnan(values)][::spacing].copy()  # a view would keep the whole strip


def _distances(first: _Summary, second: _Summary, mean_sizes: dict[str, float]) -> dict[str, float]:
    """Return the distances of two groups by name; those of _MEASURES over their `mean_sizes`."""
    distances = {
        name: wasserstein(first.distributions[name], second.distributions[name]) / mean_sizes[name]
        for name in _MEASURES
    }
    distances["spectrum"] = spectral_distance(first.spectrum, second.spectrum)
    shares = (first.pit_share + _SMALLEST_PIT_SHARE) / (second.pit_share + _SMALLEST_PIT_SHARE)
    distances["pits"] = abs(float(np.log(shares)))
    return distances


def _mean_ratio(distances: dict[str, float], floors: dict[str, float], names: Sequence[str]) -> float:
    """Return the geometric mean of (distance + 0.01) / (floor + 0.01) of the named distances."""
    ratios = [(distances[name] + _SMALLEST_DISTANCE) / (floors[name] + _SMALLEST_DISTANCE) for name in names]
    return float(np.exp(np.mean(np.log(ratios))))
