# SPDX-License-Identifier: GPL-3.0-or-later
"""Which cascade the layers have room for."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from typing import Callable

import numpy as np

from ...errors import GeoGanError
from ..architecture import STAGE_NAMES, CascadeArchitecture, StageArchitecture, layout_of, stage_of
from ..area import Area, averaged
from .patches import count_places

# Factors of the guided stages, coarse to fine, and patch of the layout stage, the widest view first. A layout
# patch spans the product of the factors times its cells. Factors of 4, not 8: in 600 steps of batch 8, one
# seed, a stage of 8 printed the cells of its guide where one of 4 made ridges.
_CASCADES = (((4, 4), 64), ((4, 4), 32), ((4,), 64), ((4,), 32), ((2,), 32))
# How many places a layout patch must have, as a share of its own cells: one area has room enough when the
# patch can be moved by a quarter of its side each way.
_PLACES_PER_CELL = 1 / 16
# Patches side by side that a layout must have to learn from. With 2.5 and 4, tiles of 20 and 90 km, its hills
# stood in rows along both diagonals after half an hour, whatever the scores said; with 24 they did not.
_FEWEST_PATCHES = 12.0
_SHARE_WITH_ROOM = 1 / 3  # of a landscape's pixels that must lie in areas with room for the patches


def planned_cascade(
    areas: Sequence[Area], preset: str, patch: int, log: Callable[..., None]
) -> CascadeArchitecture:
    """Return the widest cascade that the layers have room for; logs when it is a smaller one.

    Raises:
        GeoGanError: there is not even room for one stage.
    """
    areas = [area._replace(conditions=None) for area in areas]  # which take no room of their own
    for i, (factors, layout_patch) in enumerate(_CASCADES):
        cascade = _cascade_of(preset, factors, min(layout_patch, patch), patch)
        if _is_wide_enough(cascade, areas):
            if i:
                log(
                    "The layers are small: the model sees forms of up to {span} pixels at once, instead of "
                    "{widest}. Larger layers give larger forms.",
                    span=math.prod(factors) * min(layout_patch, patch),
                    widest=math.prod(_CASCADES[0][0]) * min(_CASCADES[0][1], patch),
                )
            return cascade
    for single_patch in sorted({patch, 64, 32}, reverse=True):
        stage = stage_of(preset, "layout", 8, False, single_patch)
        if single_patch <= patch and count_places(areas, needed_patch(stage)) >= single_patch:
            log(
                "The layers are too small for two stages: the model has one, and its forms are at most about "
                "{span} pixels wide. Larger layers give larger forms.",
                span=single_patch,
            )
            return CascadeArchitecture((stage,))
    raise GeoGanError(
        "The layers are too small or have too many voids: too few places of {size} x {size} pixels without "
        "voids were found. Choose larger layers or a smaller pixel size.",
        size=32,
    )


def _cascade_of(preset: str, factors: Sequence[int], layout_patch: int, patch: int) -> CascadeArchitecture:
    names = STAGE_NAMES[-len(factors) :]
    guided = [
        stage_of(preset, name, factor, True, patch, is_light=name == names[-1])
        for name, factor in zip(names, factors)
    ]
    return CascadeArchitecture((layout_of(preset, layout_patch), *guided))


def _is_wide_enough(cascade: CascadeArchitecture, areas: Sequence[Area]) -> bool:
    for i, stage in enumerate(cascade.stages):
        fields = [averaged(area, cascade.pixels_per_field_cell(i)) for area in areas]
        if not has_room(stage, fields, 1 if stage.guided else int(stage.patch**2 * _PLACES_PER_CELL)):
            return False
    return True


def has_room(stage: StageArchitecture, areas: Sequence[Area], places: int) -> bool:
    """Return whether each landscape has that many places for the stage's patches, in a third of its land.

    Args:
        areas: at the resolution of the stage's output.
    """
    for landscape in {area.landscape for area in areas}:
        own = [area for area in areas if area.landscape == landscape]
        counts = [count_places([area], needed_patch(stage), guide_margin_px(stage)) for area in own]
        with_room = sum(area.values.size for area, count in zip(own, counts) if count)
        pixels = sum(area.values.size for area in own)
        if sum(counts) < places or with_room < _SHARE_WITH_ROOM * pixels:
            return False
    return True


def has_enough_forms(stage: StageArchitecture, areas: Sequence[Area]) -> bool:
    """Return whether each landscape has enough patches for a stage that makes large forms of its own.

    Args:
        areas: at the resolution of the stage's output.
    """
    pixels: Counter[int] = Counter()
    for area in areas:
        pixels[area.landscape] += np.count_nonzero(np.isfinite(area.values))
    return min(pixels.values()) >= _FEWEST_PATCHES * stage.patch**2


def needed_patch(stage: StageArchitecture) -> int:
    """Return the side, in pixels, of what a stage trains on: a patch, room to shift it, a margin."""
    return stage.patch + stage.factor + 2 * guide_margin_px(stage)


def guide_margin_px(stage: StageArchitecture) -> int:
    """Return the margin of the guide in pixels of the stage's output, 0 for a stage without a guide."""
    return stage.guide_margin * stage.factor if stage.guided else 0
