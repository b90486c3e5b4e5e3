# SPDX-License-Identifier: GPL-3.0-or-later
"""Which cascade the layers have room for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Callable

import numpy as np

from ..errors import GeoGanError
from .architecture import CascadeArchitecture, StageArchitecture, stage_of
from .patches import averaged, count_places

# Factor of the coarse field and patch of the layout stage, the widest view first: a layout patch spans
# factor * patch pixels.
_LAYOUTS = ((8, 64), (4, 64), (4, 32), (2, 32))
# How many places a layout patch must have, as a share of its own cells: one area has room enough when it is a
# third wider and higher than the patch.
_PLACES_PER_CELL = 1 / 8


def planned_cascade(
    areas: Sequence[np.ndarray], preset: str, patch: int, log: Callable[..., None]
) -> CascadeArchitecture:
    """Return the widest cascade that the layers have room for; logs when it is a smaller one.

    Raises:
        GeoGanError: there is not even room for one stage.
    """
    for i, (factor, layout_patch) in enumerate(_LAYOUTS):
        layout = stage_of(preset, "layout", 8, False, min(layout_patch, patch))
        detail = stage_of(preset, "detail", factor, True, patch)
        coarse = [averaged(area, factor) for area in areas]
        has_room = count_places(coarse, layout.patch) >= layout.patch**2 * _PLACES_PER_CELL
        if has_room and count_places(areas, needed_patch(detail)):
            if i:
                log(
                    "The layers are small: the model sees forms of up to {span} pixels at once, instead of "
                    "{widest}. Larger layers give larger forms.",
                    span=factor * layout.patch,
                    widest=_LAYOUTS[0][0] * _LAYOUTS[0][1],
                )
            return CascadeArchitecture((layout, detail))
    for single_patch in sorted({patch, 64, 32}, reverse=True):
        stage = stage_of(preset, "layout", 8, False, single_patch)
        if single_patch <= patch and count_places(areas, single_patch) >= single_patch:
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


def needed_patch(stage: StageArchitecture) -> int:
    """Return the side, in pixels, of the patches that a stage trains on, its guide's margin included."""
    return stage.patch + (2 * stage.guide_margin * stage.factor if stage.guided else 0)
