# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import numpy as np
import pytest
from geogan.realism import random_phases as module
from geogan.realism.random_phases import random_phases
from geogan.realism.spectrum import radial_power_spectrum, spectral_distance, without_plane
from scipy import ndimage, stats


@pytest.fixture(scope="module")
def land():
    """Sharp crests on a tilt: opposite rims do not fit."""
    rows, cols = np.indices((300, 400))
    bumps = ndimage.gaussian_filter(np.random.default_rng(51).normal(size=(300, 400)), 6)
    return 900.0 - 50.0 * np.abs(bumps / bumps.std()) + 0.5 * rows - 0.2 * cols


def test_noise_has_the_spectrum_of_the_land(land):
    spectra = [radial_power_spectrum([each]) for each in (random_phases(land, 1), land)]
    assert spectral_distance(*spectra) < 0.06


def test_repeating_land_keeps_every_amplitude():
    waves = np.fft.ifft2(np.fft.fft2(np.random.default_rng(52).normal(size=(64, 81)))).real
    rows = np.arange(64)[:, None]
    waves = 5.0 * np.sin(2 * np.pi * rows / 16) + 0.1 * (waves - waves.mean())
    inside = np.abs(np.fft.fft2(random_phases(waves, 1)))[3:6, :3]
    assert np.unravel_index(np.argmax(inside), inside.shape) == (1, 0)
    assert inside[1, 0] == pytest.approx(np.abs(np.fft.fft2(waves))[4, 0], rel=0.02)


def test_mean_and_tilt_are_those_of_the_land(land):
    noise = random_phases(land, 2)
    assert noise.mean() == pytest.approx(land.mean())
    plane = np.add.outer(3.0 * np.arange(50), -7.0 * np.arange(60))
    np.testing.assert_allclose(random_phases(plane, 1), plane, atol=1e-9)


def test_noise_has_no_forms(land):
    laplacian = [
        np.diff(each, 2, axis=0)[:, 1:-1] + np.diff(each, 2, axis=1)[1:-1]
        for each in (land, random_phases(land, 3))
    ]
    skewed, symmetric = (abs(stats.skew(each, axis=None)) for each in laplacian)
    assert skewed > 1
    assert symmetric < 0.1


def test_jumps_between_opposite_rims_are_not_taken_for_relief():
    bent = 40.0 * np.linspace(0, 1, 400) ** 3 + 0.01 * np.random.default_rng(53).normal(size=(300, 400))
    tilt = bent - without_plane(bent)
    power = np.abs(np.fft.fft2(random_phases(bent, 4) - tilt)) ** 2
    # Without care the jump has power at all wave numbers along the rows, many times that of the other waves.
    assert np.median(power[0, 60:200]) < 200 * np.median(power[2:6, 60:200])


def test_seeds_differ_and_the_same_seed_does_not(land):
    np.testing.assert_array_equal(random_phases(land, 5), random_phases(land, 5))
    first, second, real = (
        without_plane(each) for each in (random_phases(land, 5), random_phases(land, 6), land)
    )
    for one, other in ((first, second), (first, real)):
        assert abs(np.corrcoef(one.ravel(), other.ravel())[0, 1]) < 0.3


def test_the_largest_square_without_voids_is_used(land):
    holed = land.copy()
    holed[:, 100] = np.nan
    holed[250, 300] = np.nan
    noise = random_phases(holed, 7)
    assert noise.shape == (249, 249)
    part = land[:249, 101:350]
    assert noise.mean() == pytest.approx(part.mean())
    assert np.isfinite(noise).all()


def test_large_fields_give_the_noise_of_their_middle(land, monkeypatch):
    monkeypatch.setattr(module, "_MOST_ROWS_AND_COLS", 100)
    np.testing.assert_array_equal(random_phases(land, 8), random_phases(land[100:200, 150:250], 8))


def test_the_type_of_the_heights_stays(land):
    assert random_phases(land.astype(np.float32), 9).dtype == np.float32


@pytest.mark.parametrize("shape", [(0, 0), (0, 5), (1, 1), (1, 9), (2, 2)])
def test_small_and_void_fields_are_accepted(shape):
    assert random_phases(np.ones(shape), 10) == pytest.approx(np.ones(shape))
    assert random_phases(np.full(shape, np.nan), 10).size == 0
