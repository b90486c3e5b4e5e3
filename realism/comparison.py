# SPDX-License-Identifier: GPL-3.0-or-later
"""Compares synthetic with real land: how far each measure is apart, and two scores, texture and land."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from .measures import FIGURES, LAND, LEVEL_SHARE, MEASURES, TEXTURE, Fields, Ground, Measure
from .random_phases import random_phases
from .source_precision import rounded
from .water import without_level_water

_SMALLEST_DISTANCE = 0.01  # added to distances and floors: less is no difference that anyone would see
_FEWEST_PX = 64 * 64  # of a part of the real land that is compared with its opposite
_MOST_PX_OF_A_PART = 1 << 18  # for the slow measures: there are eight parts


@dataclass(frozen=True)
class Comparison:
    """How far synthetic fields are from real ones, beside how far real parts are from each other.

    A score is the geometric mean of (distance + 0.01) / (floor + 0.01): 1 = as near as real parts are to each
    other, larger is worse, never 0.
    """

    texture: float  # the score over TEXTURE
    land: float | None  # the score over LAND; None where the fields are too small for windows of flow
    distances: dict[str, float]  # synthetic to real, by the names of MEASURES, where measurable
    floors: dict[str, float]  # the median of opposite real parts to each other, by the same names
    noise: dict[str, float]  # random phases with the real spectrum to real; {} unless asked for
    noise_texture: float | None
    noise_land: float | None
    windows: dict[str, int]  # sides in pixels of those that some measures are taken in; compare equal ones
    real: dict[str, float]  # plain figures, by the names of FIGURES where measurable, and LEVEL_SHARE
    synthetic: dict[str, float]
    noise_figures: dict[str, float]  # {} unless asked for

    @property
    def realism(self) -> float:
        """The geometric mean of texture and land, or texture alone where land was not measured."""
        return self.texture if self.land is None else float(np.sqrt(self.texture * self.land))

    def ratio(self, name: str) -> float:
        """Return the distance of one measure over its floor, as it counts in the scores."""
        return over_floor(self.distances[name], self.floors[name])


def over_floor(distance: float, floor: float) -> float:
    """Return how many times as far from real land something is as parts of that are from each other."""
    return (distance + _SMALLEST_DISTANCE) / (floor + _SMALLEST_DISTANCE)


def compare(
    real: Fields,
    synthetic: Fields,
    pixel_size: float,
    precision: float = 0.0,
    *,
    floor_of: Fields | None = None,
    with_noise: bool = False,
) -> Comparison | None:
    """Compare synthetic with real fields of the same pixel size; see `Reference` and its `compare`."""
    return Reference(real, pixel_size, precision, floor_of=floor_of).compare(synthetic, with_noise=with_noise)


class Reference:
    """Real land, measured once, to compare any synthetic land with.

    A floor is the median distance of four pairs of disjoint parts of the real land: left and right, top and
    bottom, and both pairs of opposite quadrants. The parts of several fields are pooled: all left halves
    against all right ones.

    Parts are smaller than fields and so scatter more: a real field scores below 1 against itself, and scores
    of small fields scatter by several tenths. Compare scores of equally large fields only.
    """

    def __init__(
        self, real: Fields, pixel_size: float, precision: float = 0.0, *, floor_of: Fields | None = None
    ) -> None:
        """Measure the real land and its parts.

        Args:
            real: heights (rows, cols), NaN for voids; any number and sizes.
            pixel_size: side of the pixels of all fields, in the unit of height.
            precision: what the heights of all fields are rounded to before they are compared, in the unit of
                height (see `guessed_precision`); 0 leaves them. Then level water is left out.
            floor_of: the fields whose parts give the floors, of the same landscape; the real ones if None. A
                training that holds out a narrow strip gives its whole areas here.
        """
        self.fields, self.floor_of = real, floor_of
        self.pixel_size, self.precision = pixel_size, precision
        self._real = self._prepared(real)
        parts = _opposite_parts(self._real if floor_of is None else self._prepared(floor_of))
        ground = Ground(self._real, pixel_size)
        pairs = [[Ground(part, pixel_size, _MOST_PX_OF_A_PART) for part in pair] for pair in parts]
        yardsticks = {name: _yardstick(measures, ground, pairs) for name, measures in MEASURES.items()}
        self._yardsticks = {name: yardstick for name, yardstick in yardsticks.items() if yardstick}
        summaries = {name: yardstick.summary for name, yardstick in self._yardsticks.items()}
        self._of_real = _Measured(summaries, _level_share(real, self._real))

    @property
    def held_out(self) -> Fields | None:
        """The real fields where they are parts of others, that a training did not see; else None."""
        return None if self.floor_of is None else self.fields

    def compare(self, synthetic: Fields, *, with_noise: bool = False) -> Comparison | None:
        """Compare synthetic with the real fields.

        Args:
            synthetic: heights (rows, cols), NaN for voids; as much ground as the real, or more, is best.
            with_noise: compare noise with the real spectrum as well, once for all comparisons.

        Returns:
            The comparison; or None where a measure of texture can't be taken. Real land needs two opposite
            parts with 64 x 64 px each without voids and level water (the least is 64 x 128 px), and a slope
            and a curvature; synthetic land as much, or 128 x 128 px where all real parts have that.
        """
        measured = self._measured(synthetic)
        distances = self._distances(measured.summaries)
        texture = self._score(distances, TEXTURE)
        if texture is None:
            return None
        of_noise = self._noise if with_noise else None
        noise = self._distances(of_noise.summaries) if of_noise else {}
        return Comparison(
            texture=texture,
            land=self._score(distances, LAND),
            distances=distances,
            floors={name: self._yardsticks[name].floor for name in distances},
            noise=noise,
            noise_texture=self._score(noise, TEXTURE),
            noise_land=self._score(noise, LAND),
            windows=self._windows,
            real=self._of_real.figures(),
            synthetic=measured.figures(),
            noise_figures=of_noise.figures() if of_noise else {},
        )

    def compare_all(self, synthetic: Fields, *, with_noise: bool = False) -> Comparison | None:
        """Compare by all scores that the real fields are large enough for; None where one can't be taken.

        Texture alone would be no fair score beside one of texture and land.
        """
        found = self.compare(synthetic, with_noise=with_noise)
        return None if found and found.land is None and "land" in self.measures else found

    @property
    def measures(self) -> frozenset[str]:
        """Which of "texture" and "land" the real fields are large enough for."""
        scores = {"texture": TEXTURE, "land": LAND}
        return frozenset(each for each, names in scores.items() if set(names) <= self._yardsticks.keys())

    def _prepared(self, fields: Fields) -> list[np.ndarray]:
        floating = (field.astype(np.result_type(field, np.float32), copy=False) for field in fields)
        return [without_level_water(rounded(field, self.precision)) for field in floating]

    @property
    def _windows(self) -> dict[str, int]:
        sides = {name: yardstick.measure.window_px for name, yardstick in self._yardsticks.items()}
        return {name: side for name, side in sides.items() if side is not None}

    def _measured(self, fields: Fields) -> _Measured:
        prepared = self._prepared(fields)
        ground = Ground(prepared, self.pixel_size)
        summaries = {name: each.measure.summary(ground) for name, each in self._yardsticks.items()}
        return _Measured(summaries, _level_share(fields, prepared))

    def _distances(self, summaries: Mapping[str, Any]) -> dict[str, float]:
        """Return the distances to the real land, of the measures that the ground is large enough for."""
        distances = {}
        for name, yardstick in self._yardsticks.items():
            distance = _apart(yardstick.measure, summaries.get(name), yardstick.summary, yardstick.summary)
            if distance is not None:
                distances[name] = distance
        return distances

    @cached_property
    def _noise(self) -> _Measured:
        """Noise with the spectrum of each real field."""
        return self._measured([random_phases(land, seed) for seed, land in enumerate(self._real)])

    def _score(self, distances: Mapping[str, float], names: Iterable[str]) -> float | None:
        """Return the geometric mean of the distances over their floors; None where one is missing."""
        if not all(name in distances for name in names):
            return None
        ratios = [over_floor(distances[name], self._yardsticks[name].floor) for name in names]
        return float(np.exp(np.mean(np.log(ratios))))


@dataclass(frozen=True)
class _Measured:
    """What was measured of a group of fields."""

    summaries: dict[str, Any]  # by the names of MEASURES
    level_share: float

    def figures(self) -> dict[str, float]:
        """Return the plain figures, by the names of FIGURES where measurable, and LEVEL_SHARE."""
        figures = {
            figure: plain(self.summaries[name])
            for figure, (name, plain) in FIGURES.items()
            if self.summaries.get(name) is not None
        }
        return {**figures, LEVEL_SHARE: self.level_share}


@dataclass(frozen=True)
class _Yardstick:
    """What the distances of one measure are held against."""

    measure: Measure
    summary: Any  # of the real land
    floor: float
    pairs: int  # of real parts that gave the floor


def _yardstick(
    measures: Sequence[Measure], real: Ground, pairs: Sequence[tuple[Ground, Ground]]
) -> _Yardstick | None:
    """Return that of the first measure that all pairs of parts are large enough for, or else of the best."""
    best = None
    for measure in measures:
        reference = measure.summary(real)
        if reference is None:
            continue
        apart = [_apart(measure, *(measure.summary(part) for part in pair), reference) for pair in pairs]
        known = [distance for distance in apart if distance is not None]
        if known and (best is None or len(known) > best.pairs):
            best = _Yardstick(measure, reference, float(np.median(known)), len(known))
        if len(known) == len(pairs):
            break
    return best


def _apart(measure: Measure, first: Any, second: Any, reference: Any) -> float | None:
    """Return the distance of two summaries, or None where there is not enough to measure."""
    if first is None or second is None or reference is None:
        return None
    return measure.distance(first, second, reference)


def _level_share(fields: Fields, prepared: Fields) -> float:
    """Return the share of the land that was left out as level water."""
    known, left = (sum(int(np.isfinite(field).sum()) for field in each) for each in (fields, prepared))
    return 1.0 - left / known if known else 0.0


def _opposite_parts(fields: Fields) -> Iterator[tuple[Fields, Fields]]:
    """Yield the pairs of disjoint parts, each pooled over the fields; views, nothing is copied.

    A pair of which one part is nearly all void is left out.
    """
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
    for pair in pairs:
        if all(sum(np.isfinite(part).sum() for part in parts) >= _FEWEST_PX for parts in pair):
            yield pair
