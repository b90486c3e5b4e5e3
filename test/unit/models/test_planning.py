# SPDX-License-Identifier: GPL-3.0-or-later
"""The cascade that is planned for layers, by the room that they have."""

from __future__ import annotations

import numpy as np
import pytest
from geogan.errors import GeoGanError
from geogan.models.area import Area
from geogan.models.training.planning import needed_patch, planned_cascade

from .conftest import silent


def _land(rows, cols):
    return Area(np.add.outer(np.sin(np.arange(rows) / 9.0), np.cos(np.arange(cols) / 7.0)).astype(np.float32))


@pytest.mark.parametrize(
    ("rows", "cols", "stages"),
    [
        (1500, 1440, [("layout", 4, 64), ("valleys", 4, 64), ("detail", 4, 64)]),
        (1100, 900, [("layout", 4, 32), ("valleys", 4, 64), ("detail", 4, 64)]),
        (560, 540, [("layout", 4, 64), ("detail", 4, 64)]),
        (200, 180, [("layout", 4, 32), ("detail", 4, 64)]),
        (130, 128, [("layout", 4, 32), ("detail", 2, 64)]),
        (90, 80, [("layout", 8, 64)]),
        (60, 50, [("layout", 8, 32)]),
    ],
)
def test_smaller_layers_get_a_smaller_cascade_and_the_log_says_so(rows, cols, stages):
    logged = []
    cascade = planned_cascade(
        [_land(rows, cols)], "fast", 64, lambda template, **values: logged.append(template)
    )
    assert [(stage.name, stage.factor, stage.patch) for stage in cascade.stages] == stages
    assert bool(logged) == (rows < 1500)


def test_voids_count_as_lack_of_room():
    land = _land(560, 540)
    land.values[::50] = np.nan  # no 64 px anywhere without a void, but 32 px
    cascade = planned_cascade([land], "fast", 64, silent)
    assert [stage.patch for stage in cascade.stages] == [32]


def test_layers_without_any_room_are_refused():
    land = _land(100, 100)
    land.values[::20] = np.nan
    with pytest.raises(GeoGanError, match="too small or have too many voids"):
        planned_cascade([land], "fast", 64, silent)


def test_a_guided_stage_needs_room_around_its_patches(architecture):
    layout, detail = architecture.stages
    assert needed_patch(layout) == layout.patch + layout.factor  # by which patches are shifted
    assert needed_patch(detail) == detail.patch + detail.factor + 2 * detail.guide_margin * detail.factor
