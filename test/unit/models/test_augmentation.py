# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf
from geogan.models.area import Area
from geogan.models.networks.scaling import scaling_of
from geogan.models.training.augmentation import changed, share_of_changed
from geogan.models.training.batches import Batches

from .conftest import DETAIL, STATISTICS

SIDE, COUNT = 32, 64
NONE, HALF, ALL = (tf.fill([COUNT], share) for share in (0.0, 0.5, 1.0))


@pytest.fixture
def random():
    return tf.random.Generator.from_seed(5)


@pytest.fixture
def scaling():
    return scaling_of(STATISTICS["detail"], tf.zeros([COUNT], tf.int64))


@pytest.fixture
def patches(land):
    starts = np.random.default_rng(2).integers(0, 280 - SIDE, (COUNT, 2))
    return tf.constant(np.stack([land[r : r + SIDE, c : c + SIDE, None] for r, c in starts]))


def test_little_land_is_changed_more_often_than_much():
    shares = [share_of_changed(patches) for patches in (3, 30, 300, 3000)]
    assert shares == sorted(shares, reverse=True)
    assert shares[0] > 0.6
    assert shares[-1] == 0.0


def test_none_is_changed_where_none_shall_be(patches, scaling, random):
    np.testing.assert_allclose(changed(patches, scaling, NONE, random), patches, atol=1e-3)


def test_as_many_are_changed_as_shall_be_each_in_its_own_way(patches, scaling, random):
    differences = tf.abs(changed(patches, scaling, HALF, random) - patches)
    is_changed = tf.reduce_max(differences, [1, 2, 3]) > 0.1
    assert np.mean(is_changed) == pytest.approx(0.75, abs=0.15)  # by either of the two changes


def test_changed_land_has_heights_of_its_own_land_lifted_and_stretched(patches, scaling, random):
    heights = changed(patches, scaling, ALL, random).numpy()
    relief, before = (np.ptp(field, axis=(1, 2, 3)) for field in (heights, patches.numpy()))
    assert (relief < 2.5 * before).all()
    lifts = heights.mean((1, 2, 3)) - patches.numpy().mean((1, 2, 3))
    assert 0.1 < lifts.std() / STATISTICS["detail"][0].low_deviation < 1.0


def test_a_plane_stays_a_plane_of_another_direction(scaling, random):
    plane = np.add.outer(np.arange(SIDE), 0.5 * np.arange(SIDE)).astype(np.float32)
    turned = changed(tf.constant(np.repeat(plane[None, :, :, None], COUNT, 0)), scaling, ALL, random).numpy()
    middle = turned[:, 12:20, 12:20, 0]  # farther out a patch goes on as its mirror image
    down, right = np.diff(middle, axis=1), np.diff(middle, axis=2)
    assert np.ptp(down, axis=(1, 2)).max() < 1e-3
    angles = np.arctan2(down.mean((1, 2)), right.mean((1, 2)))
    assert np.ptp(angles) > np.pi


def test_each_landscape_is_changed_as_often_as_it_has_little_land(land):
    small = Area(land[:96, :96], 1)
    batches = Batches(DETAIL, [Area(np.tile(land, (4, 4))), small], 4, tf.random.Generator.from_seed(1))
    much, little = batches.shares_of_changed
    assert much < 0.1
    assert little > 0.5


def test_land_full_of_voids_counts_as_little(land):
    tiled = np.tile(land, (4, 4))
    holed = tiled.copy()
    holed[::16] = np.nan
    holed[:100, :100] = tiled[:100, :100]  # the only places for patches
    shares = [
        Batches(DETAIL, [Area(each)], 4, tf.random.Generator.from_seed(1)).shares_of_changed[0]
        for each in (tiled, holed)
    ]
    assert shares[0] < 0.1
    assert shares[1] > shares[0]


def test_changed_patches_pull_on_most_pixels_of_the_land_they_are_of(patches, scaling, random):
    with tf.GradientTape() as tape:
        tape.watch(patches)
        total = tf.reduce_sum(changed(patches, scaling, HALF, random) ** 2)
    gradient = tape.gradient(total, patches).numpy()
    assert np.isfinite(gradient).all()
    assert np.mean(gradient != 0.0) > 0.9
