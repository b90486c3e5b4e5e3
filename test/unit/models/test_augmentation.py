# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf
from geogan.models.augmentation import changed, share_of_changed
from geogan.models.scaling import scaling_of

from .conftest import STATISTICS

SIDE, COUNT = 32, 64


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
    shares = [share_of_changed(patches * 64.0**2, 64) for patches in (10, 100, 1000, 10_000)]
    assert shares == sorted(shares, reverse=True)
    assert shares[0] > 0.6
    assert shares[-1] == 0.0


def test_none_is_changed_where_none_shall_be(patches, scaling, random):
    np.testing.assert_allclose(changed(patches, scaling, 0.0, random), patches, atol=1e-3)


def test_as_many_are_changed_as_shall_be_each_in_its_own_way(patches, scaling, random):
    differences = tf.abs(changed(patches, scaling, 0.5, random) - patches)
    is_changed = tf.reduce_max(differences, [1, 2, 3]) > 0.1
    assert np.mean(is_changed) == pytest.approx(0.75, abs=0.15)  # by either of the two changes


def test_changed_land_has_heights_of_its_own_land_lifted_and_stretched(patches, scaling, random):
    heights = changed(patches, scaling, 1.0, random).numpy()
    relief, before = (np.ptp(field, axis=(1, 2, 3)) for field in (heights, patches.numpy()))
    assert (relief < 2.5 * before).all()
    lifts = heights.mean((1, 2, 3)) - patches.numpy().mean((1, 2, 3))
    assert 0.1 < lifts.std() / STATISTICS["detail"][0].low_deviation < 1.0


def test_a_plane_stays_a_plane_of_another_direction(scaling, random):
    plane = np.add.outer(np.arange(SIDE), 0.5 * np.arange(SIDE)).astype(np.float32)
    turned = changed(tf.constant(np.repeat(plane[None, :, :, None], COUNT, 0)), scaling, 1.0, random).numpy()
    middle = turned[:, 12:20, 12:20, 0]  # farther out a patch goes on as its mirror image
    down, right = np.diff(middle, axis=1), np.diff(middle, axis=2)
    assert np.ptp(down, axis=(1, 2)).max() < 1e-3
    angles = np.arctan2(down.mean((1, 2)), right.mean((1, 2)))
    assert np.ptp(angles) > np.pi


def test_what_is_seen_of_generated_land_pulls_on_every_pixel(patches, scaling, random):
    with tf.GradientTape() as tape:
        tape.watch(patches)
        total = tf.reduce_sum(changed(patches, scaling, 0.5, random))
    gradient = tape.gradient(total, patches).numpy()
    assert np.isfinite(gradient).all()
    assert gradient.sum() == pytest.approx(COUNT * SIDE**2, rel=0.05)
