# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import numpy as np
import pytest
from geogan.realism import spectrum
from geogan.realism.spectrum import radial_power_spectrum, spectral_distance, without_plane


def _falls_as(power):
    """The exponent of a power law, fitted where neither the window nor the corner of the grid is felt."""
    waves = np.arange(1, len(power) + 1)
    fitted = slice(4, len(power) * 3 // 4)
    return np.polyfit(np.log(waves[fitted]), np.log(power[fitted]), 1)[0]


@pytest.mark.parametrize("window_px", [64, 128])
def test_white_noise_has_its_variance_at_every_wavelength(window_px):
    noise = 3.0 * np.random.default_rng(8).normal(size=(700, 900))
    power = radial_power_spectrum([noise], window_px)
    assert power.shape == (window_px // 2,)
    np.testing.assert_allclose(power[3:], 9.0, rtol=0.15)
    assert power[3:].mean() == pytest.approx(9.0, rel=0.02)


@pytest.mark.parametrize("exponent", [2.0, 3.0, 4.0])
def test_power_law_noise_has_its_exponent(power_law_noise, exponent):
    power = radial_power_spectrum([power_law_noise((600, 500), exponent, seed=9)])
    assert _falls_as(power) == pytest.approx(-exponent, abs=0.15)


def test_a_wave_has_its_power_at_its_wavelength():
    rows = np.arange(400)[:, None]
    power = radial_power_spectrum([np.sin(2 * np.pi * rows / 8.0) * np.ones(300)])
    assert np.argmax(power) + 1 == 128 / 8
    elsewhere = power[np.abs(np.arange(1, 65) - 16) > 2]
    assert elsewhere.max() < 0.02 * power.max()  # the plane fitted to a wave is not quite level
    assert elsewhere[4:].max() < 1e-6 * power.max()


def test_a_plane_is_removed_from_every_window():
    rows, cols = np.mgrid[0:70, 0:64].astype(float)
    np.testing.assert_allclose(without_plane(500 + 3 * rows - 7 * cols), 0, atol=1e-9)
    noise = np.random.default_rng(10).normal(size=(200, 200))
    rows, cols = np.mgrid[0:200, 0:200]
    np.testing.assert_allclose(
        radial_power_spectrum([noise + 900 + 3 * rows - 7 * cols]), radial_power_spectrum([noise])
    )


def test_windows_that_touch_a_void_are_left_out():
    noise = np.random.default_rng(11).normal(size=(128, 320))
    holed = noise.copy()
    holed[100, 250] = np.nan  # touches the windows at columns 128 and 192, not those at 0 and 64
    np.testing.assert_array_equal(radial_power_spectrum([holed]), radial_power_spectrum([noise[:, :192]]))


def test_a_field_without_a_whole_window_has_no_spectrum():
    assert radial_power_spectrum([np.zeros((127, 900))]) is None
    assert radial_power_spectrum([]) is None
    assert radial_power_spectrum([np.full((200, 200), np.nan)]) is None


def test_fewer_windows_of_a_large_field_give_the_same_spectrum(power_law_noise, monkeypatch):
    field = power_law_noise((900, 900), 3.0, seed=12)
    every = radial_power_spectrum([field])
    monkeypatch.setattr(spectrum, "_MOST_WINDOWS", 40)
    assert 0 < spectral_distance(radial_power_spectrum([field]), every) < 0.05


def test_twice_the_height_is_four_times_the_power_and_a_distance_of_log10_of_4(power_law_noise):
    field = power_law_noise((300, 300), 3.0, seed=13)
    single, double = radial_power_spectrum([field]), radial_power_spectrum([2 * field])
    assert spectral_distance(single, double) == pytest.approx(np.log10(4))
    assert spectral_distance(double, single) == pytest.approx(np.log10(4))
    assert spectral_distance(single, single) == 0


def test_a_level_field_is_finitely_far_from_any_other(power_law_noise):
    level = radial_power_spectrum([np.zeros((128, 128))])
    land = radial_power_spectrum([power_law_noise((128, 128), 3.0, seed=14)])
    assert 5 < spectral_distance(land, level) <= 12
    assert spectral_distance(level, level) == 0
