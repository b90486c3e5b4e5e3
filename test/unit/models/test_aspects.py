# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf
from geogan.models.aspects import ASPECTS_STATISTICS, aspects
from geogan.models.pyramid import pyramid
from scipy.ndimage import gaussian_filter


def _found(heights, octaves=0):
    """Return what is found of one field, of slopes and of bends, each by level, coarse to fine."""
    field = np.asarray(heights, np.float32)[None, :, :, None]
    return aspects(pyramid(field, octaves)).numpy()[0].reshape(ASPECTS_STATISTICS, octaves + 1)


def _waves(down, right, side=64):
    rows, cols = np.mgrid[:side, :side]
    return np.sin(down * rows + right * cols)


def _noise(*shape):
    return gaussian_filter(np.random.default_rng(5).normal(size=shape), 2.0)


@pytest.mark.parametrize(
    ("down", "right", "share"), [(0.5, 0.0, 1.0), (0.0, 0.5, 1.0), (0.5, 0.5, 0.0), (-0.5, 0.5, 0.0)]
)
def test_waves_along_rows_or_columns_have_all_and_diagonal_ones_nothing(down, right, share):
    np.testing.assert_allclose(_found(_waves(down, right))[:, 0], share, atol=0.02)


@pytest.mark.parametrize("turned", np.deg2rad([10.0, 22.5, 40.0]))
def test_waves_between_them_have_what_their_direction_has(turned):
    waves = _waves(0.2 * np.cos(turned), 0.2 * np.sin(turned), side=256)
    assert _found(waves)[0, 0] == pytest.approx(0.5 + 0.5 * np.cos(4.0 * turned), abs=0.02)
    assert _found(waves)[1, 0] == pytest.approx(0.5 + 0.5 * np.cos(4.0 * turned), abs=0.02)


def test_land_without_a_direction_is_half_way():
    np.testing.assert_allclose(_found(_noise(512, 512))[:, 0], 0.5, atol=0.03)


def test_of_bends_white_noise_has_more():
    white = np.random.default_rng(5).normal(size=(512, 512))
    np.testing.assert_allclose(_found(white)[:, 0], [0.5, 0.8], atol=0.01)


def test_spurs_straight_down_hillsides_that_face_along_rows_make_slopes_that_face_between():
    rows, cols = np.mgrid[:64, :64]
    spurs = 0.5 * rows + np.sin(0.5 * cols)
    slopes, bends = _found(spurs)[:, 0]
    assert slopes < 0.4
    assert bends > 0.95


def test_it_is_found_at_the_resolution_of_its_forms():
    land = 0.02 * _noise(128, 128) + np.kron(_noise(32, 32), np.ones((4, 4)))
    land += np.kron(10.0 * _waves(0.9, 0.9, side=16), np.ones((8, 8)))
    slopes, bends = _found(land, octaves=3)
    assert max(slopes[0], bends[0]) < 0.1  # cells of eight pixels
    assert slopes[-1] > 0.5  # between them, steps along rows and columns


def test_it_is_the_same_however_a_field_is_turned_or_mirrored_and_in_whatever_unit():
    field = gaussian_filter(_noise(65, 65), (0.5, 1.0))
    for other in (np.rot90(field), field[::-1], field.T, 7.0 * field + 30.0):
        np.testing.assert_allclose(_found(other), _found(field), rtol=5e-3)


def test_level_land_has_none_and_pulls_at_nothing():
    level = tf.fill([1, 32, 32, 1], 5.0)
    with tf.GradientTape() as tape:
        tape.watch(level)
        found = aspects(pyramid(level, 1))
    assert ((found.numpy() > 0.0) & (found.numpy() < 0.002)).all(), "its logarithm is wanted"
    assert (tape.gradient(found, level).numpy() == 0.0).all()
