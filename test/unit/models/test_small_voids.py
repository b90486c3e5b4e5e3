# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf
from geogan.models.area import Area, averaged
from geogan.models.training.patches import PatchSampler, count_places
from geogan.models.training.planning import planned_cascade
from geogan.models.training.small_voids import bridged
from geogan.models.training.training_land import TrainingLand
from geogan.worker.protocol import Message

PLANE = np.add.outer(2.0 * np.arange(80.0), np.arange(60.0)).astype(np.float32)


def _with_void(rows, cols, heights=PLANE):
    land = heights.copy()
    land[rows, cols] = np.nan
    return land


def test_land_without_voids_stays_as_it_is():
    area = Area(PLANE)
    assert bridged(area) is area


def test_a_small_void_is_bridged_as_its_rim_goes_on_and_nothing_else_changes():
    land = _with_void(slice(30, 42), slice(20, 25))
    found = bridged(Area(land, 2))
    np.testing.assert_allclose(found.values, PLANE, atol=1e-3)
    np.testing.assert_array_equal(found.values[np.isfinite(land)], land[np.isfinite(land)])
    np.testing.assert_array_equal(found.is_bridge, np.isnan(land))
    assert found.landscape == 2


def test_a_wide_void_and_one_at_the_rim_stay_void():
    land = _with_void(slice(30, 43), slice(20, 40))
    land[0:3, 10:13] = np.nan
    land[60:62, 50:52] = np.nan
    found = bridged(Area(land))
    assert np.isnan(found.values[30:43, 20:40]).all()
    assert np.isnan(found.values[0:3, 10:13]).all()
    assert np.isfinite(found.values[60:62, 50:52]).all()


def test_pixels_are_never_learnt_from_a_bridge_but_means_and_margins_are():
    rough = PLANE + np.random.default_rng(2).normal(size=PLANE.shape).astype(np.float32)
    land = _with_void(slice(32, 40), slice(20, 28), rough)
    found = bridged(Area(land))
    assert averaged(found, 1) is found
    assert count_places([found], 16) == count_places([Area(land)], 16)
    patches, _ = PatchSampler([found], 16, margin=4).draw(512, tf.random.Generator.from_seed(1))
    patches, on_land = patches.numpy()[..., 0], land[np.isfinite(land)]
    assert np.isin(patches[:, 4:-4, 4:-4], on_land).all()
    assert not np.isin(patches, on_land).all()
    assert count_places([found], 16, 4) > 1.1 * count_places([found], 16)
    assert np.isfinite(averaged(found, 4).values).all()
    assert np.isnan(averaged(Area(land), 4).values).any()


@pytest.fixture(scope="module")
def holed():
    """Return 1100 x 900 px of rough land, every 120 px of which a void of 5 x 5 px."""
    land = np.random.default_rng(5).normal(0.0, 30.0, (1100, 900)).astype(np.float32)
    for row in range(30, 1090, 120):
        for col in range(30, 890, 120):
            land[row : row + 5, col : col + 5] = np.nan
    return land


def test_scattered_voids_do_not_take_away_the_room_for_valleys(holed):
    def stages(area):
        cascade = planned_cascade([area], "fast", 32, lambda *said, **values: None)
        return [stage.name for stage in cascade.stages]

    assert stages(bridged(Area(holed))) == ["layout", "valleys", "detail"]
    assert stages(Area(holed)) != stages(bridged(Area(holed)))


def test_a_training_learns_from_bridges_and_is_scored_on_land_with_its_voids(holed):
    fields = {"area_landscapes": [0], "hold_out": 0.2, "conditions": []}
    land = TrainingLand(Message("train", fields, {"area0": holed}), None, [])
    assert np.isfinite(land.learnt[0].values).all()
    for scored in (land.whole[0], land.held_out[0]):
        assert np.isnan(scored.values).any()
        assert scored.is_bridge is None
    assert land.value_range == (np.nanmin(land.learnt[0].values), np.nanmax(land.learnt[0].values))
