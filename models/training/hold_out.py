# SPDX-License-Identifier: GPL-3.0-or-later
"""Keeps a part of each area from the training, split by place, to score the model with."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from ..area import Area

# A narrower strip has no room for the windows that realism is measured in, and one below 128 px has none for
# those that water is followed in: texture alone, which noise passes, would choose the weights.
_LEAST_PX, _WIDE_PX = 64, 128
_WIDE_UP_TO = 1 / 3  # of a side: of a shorter one too much would be lost for the training
_NARROWEST = 1 / 2  # width of what is left, over its length: wide patches need room both ways


class Strip(NamedTuple):
    """The end of an area that is held out: its lines `first` to `end`, not included, along an axis."""

    axis: int  # 0: rows, 1: columns
    first: int
    end: int

    def to_json(self) -> dict[str, list[int]]:
        """Return it as plain data: {"rows": [first, end]}, or "cols"."""
        return {"cols" if self.axis else "rows": [self.first, self.end]}

    @classmethod
    def from_json(cls, plain: Mapping[str, Any]) -> Strip:
        """Return the strip that `to_json` was called on, whatever else was added."""
        axis = int("cols" in plain)
        return cls(axis, *plain["cols" if axis else "rows"])

    def of(self, values: np.ndarray) -> np.ndarray:
        """Return a view of the strip of an area's values, (rows, cols, ...)."""
        return values[:, self.first : self.end] if self.axis else values[self.first : self.end]

    def rest_of(self, values: np.ndarray) -> np.ndarray:
        """Return a view of an area's values without the strip."""
        rest = slice(self.end, None) if self.first == 0 else slice(0, self.first)
        return values[:, rest] if self.axis else values[rest]


def split_by_place(areas: Sequence[Area], share: float) -> tuple[list[Area], list[Area]]:
    """Return (training areas, held-out areas), split at the strips of `strips_to_hold_out`."""
    return split_at(areas, strips_to_hold_out(areas, share))


def split_at(areas: Sequence[Area], strips: Sequence[Strip | None]) -> tuple[list[Area], list[Area]]:
    """Return (training areas, held-out areas); an area without a strip is trained on whole."""
    training, held_out = [], []
    for area, strip in zip(areas, strips):
        if strip is None:
            training.append(area)
            continue
        training.append(area.mapped(strip.rest_of))
        held_out.append(area.mapped(strip.of))
    return training, held_out


def described(
    strips: Sequence[Strip | None], layers: Sequence[str], are_parts: Sequence[bool]
) -> list[dict[str, Any]]:
    """Return which strips were held out, by the names of their layers, as plain data for `model.json`.

    Parts of layers too large to be held whole are left out: it is not known here where they lie.
    """
    return [
        {"layer": layer, **strip.to_json()}
        for strip, layer, is_part in zip(strips, layers, are_parts)
        if strip and not is_part
    ]


def strips_to_hold_out(areas: Sequence[Area], share: float) -> list[Strip | None]:
    """Return the strip of each area that is held out: `share` of it, 0 to 1.

    A strip is the end of a side: 128 px of it where that is more than the share, and at most a third of it.
    Of the ends, the one is taken whose height varies most nearly as in the whole area: by land of another
    kind a model can't be scored. Ends of the shorter side count where what is left is no narrower than half
    its length. None where an area's share would be too narrow to measure, and where no end, or no rest, has
    its part of the land: such an area is trained on whole.
    """
    return [_strip_of(area.values, share) for area in areas]


def _strip_of(values: np.ndarray, share: float) -> Strip | None:
    likenesses = {strip: _unlikeness(strip, values) for strip in _ends(values.shape, share)}
    best = min(likenesses, key=likenesses.get, default=None)
    return None if best is None or np.isinf(likenesses[best]) else best


def _ends(shape: tuple[int, ...], share: float) -> Iterator[Strip]:
    """Yield the strips that may be held out, those of the longer side first."""
    longer = int(np.argmax(shape))
    for axis in (longer, 1 - longer):
        length, width = shape[axis], shape[1 - axis]
        strip = round(share * length)
        if strip and _WIDE_UP_TO * length >= _WIDE_PX:
            strip = max(strip, _WIDE_PX)
        if strip < _LEAST_PX:
            continue
        if axis == longer or length - strip >= _NARROWEST * width:
            yield Strip(axis, 0, strip)
            yield Strip(axis, length - strip, length)


def _unlikeness(strip: Strip, whole: np.ndarray) -> float:
    """Return |ln ratio| of the mean step to a neighbour; infinite where part or rest has hardly any land."""
    part, rest = strip.of(whole), strip.rest_of(whole)
    land = np.isfinite(whole)
    if np.isfinite(part).mean() < 0.5 * land.mean() or np.isfinite(rest).sum() < 0.5 * land.sum():
        return np.inf
    steps = [np.nanmean(np.abs(np.diff(field, axis=0))) + 1e-9 for field in (part, whole)]
    return abs(float(np.log(steps[0] / steps[1])))
