# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import numpy as np
import pytest
from geogan.realism import sliced_wasserstein as module
from geogan.realism.random_phases import random_phases
from geogan.realism.sliced_wasserstein import patch_distributions, sliced_wasserstein
from scipy import ndimage


@pytest.fixture(scope="module")
def bumps():
    """Smoothed noise: alike upside down."""
    smooth = ndimage.gaussian_filter(np.random.default_rng(41).normal(size=(300, 320)), 8)
    return smooth / smooth.std()


@pytest.fixture(scope="module")
def land(bumps):
    """Sharp crests between round hollows: not alike upside down."""
    return -np.abs(bumps)


def _distance(first, second, reference=None):
    first, second = patch_distributions([first]), patch_distributions([second])
    return sliced_wasserstein(
        first, second, second if reference is None else patch_distributions([reference])
    )


def test_a_field_has_no_distance_from_itself(land):
    assert _distance(land, land.copy()) == 0


def test_neither_a_shift_nor_a_tilt_of_all_heights_counts(land):
    rows, cols = np.indices(land.shape)
    assert _distance(land + 5000.0 + 3.0 * rows - 7.0 * cols, land) == pytest.approx(0, abs=1e-2)
    assert _distance(land + 5000.0, land) == pytest.approx(0, abs=1e-3)


def test_twice_the_height_is_a_distance_of_the_mean_size_of_a_normal_value():
    noise = np.random.default_rng(42).normal(size=(300, 300))
    # Projections of white patches are normal with the deviation s on every level: E|2 x - x| / s = E|x| / s.
    assert _distance(2 * noise, noise) == pytest.approx(np.sqrt(2 / np.pi), rel=0.05)


def test_the_unit_of_height_does_not_matter(land):
    other = land[::-1] ** 2
    assert _distance(land / 0.3048, other / 0.3048) == pytest.approx(_distance(land, other), rel=1e-3)


def test_the_distance_is_told_in_the_size_of_the_reference(land):
    noise = np.random.default_rng(43).normal(size=land.shape)
    assert _distance(noise, land, 10 * land) == pytest.approx(_distance(noise, land) / 10, rel=1e-3)


def test_forms_count_that_no_spectrum_tells_apart(land, bumps):
    assert _distance(-land, land) > 0.1
    assert _distance(random_phases(land, 44), land) > 0.1
    assert _distance(-bumps, bumps) < 0.05


def test_noise_of_the_same_kind_is_near_and_smoothed_noise_is_far(power_law_noise):
    first, second = (power_law_noise((300, 300), 2.0, seed) for seed in (45, 46))
    smooth = (second + np.roll(second, 1, 0) + np.roll(second, 1, 1)) / 3
    assert _distance(second, first) < 0.06
    assert _distance(smooth, first) > 0.1


def test_a_turned_field_is_as_far_as_that_field(land):
    noise = np.random.default_rng(47).normal(size=land.shape)
    assert _distance(np.rot90(land, 2), np.rot90(noise, 2)) == pytest.approx(_distance(land, noise), rel=0.05)


@pytest.mark.parametrize(("wavelength_px", "level"), [(3, 0), (6, 1), (12, 2), (24, 3)])
def test_each_level_shows_the_forms_of_one_size(wavelength_px, level):
    waves = np.sin(2 * np.pi * np.arange(300) / wavelength_px) * np.ones((300, 1))
    assert np.argmax([each.deviation for each in patch_distributions([waves])]) == level


def test_a_chessboard_is_seen_on_the_finest_level_alone():
    deviations = [each.deviation for each in patch_distributions([np.indices((200, 200)).sum(0) % 2.0])]
    assert deviations == pytest.approx([0.5, 0, 0, 0], abs=1e-6)


def test_patches_that_touch_voids_are_left_out(land):
    holed = land.copy()
    holed[100:140, 150:200] = np.nan
    holed[7, 9] = np.nan
    assert _distance(holed, land) < 0.05
    assert np.isfinite(patch_distributions([holed])[0].quantiles).all()
    holed[::7] = np.nan  # no patch fits between
    assert patch_distributions([holed]) == [None] * 4


def test_levels_that_a_field_is_too_small_for_are_left_out_alike(land):
    small = patch_distributions([land[:30, :30]])
    assert [level is None for level in small] == [False, False, True, True]
    whole = patch_distributions([land])
    two = sliced_wasserstein(small[:2], whole[:2], whole[:2])
    assert sliced_wasserstein(small, whole, whole) == two


@pytest.mark.parametrize("shape", [(0, 0), (1, 50), (6, 300), (9, 9)])
def test_a_field_without_a_patch_cannot_be_compared(land, shape):
    assert patch_distributions([land[: shape[0], : shape[1]]]) == [None] * 4
    assert _distance(land[: shape[0], : shape[1]], land) is None
    assert patch_distributions([]) == [None] * 4


def test_a_level_reference_has_no_unit(land):
    assert _distance(land, np.zeros((200, 200))) is None
    assert _distance(np.zeros((200, 200)), land) > 0.3


def test_about_as_many_patches_are_taken_of_any_ground(land):
    for fields in ([land], [land] * 9, [np.tile(land, (5, 5))]):
        bands = [next(module._bands(window)) for window in module._windows(fields)]
        taken = [module._spread_patches(band, module._MOST_PATCHES / len(bands)) for band in bands]
        assert 0.4 < sum(map(len, taken)) / module._MOST_PATCHES < 2.5


def test_fewer_windows_of_a_large_field_give_nearly_the_same(monkeypatch):
    large = ndimage.gaussian_filter(np.random.default_rng(48).normal(size=(1500, 1600)), 4)
    every = patch_distributions([large])
    monkeypatch.setattr(module, "_MOST_WINDOWS", 9)
    assert len(list(module._windows([large]))) <= 16
    assert sliced_wasserstein(patch_distributions([large]), every, every) < 0.08
