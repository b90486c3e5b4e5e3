# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from geogan.realism import drainage as module
from geogan.realism.drainage import drainage
from osgeo import gdal

ROWS, COLS = np.mgrid[0:256, 0:256].astype(float)
BOWL = (ROWS - 127.5) ** 2 + (COLS - 127.5) ** 2
ROOF = -np.abs(ROWS - 127.5)
SAMPLE = Path(__file__).parents[3] / "resources" / "sample" / "jacksboro_fault.tif"


@pytest.fixture(scope="module")
def real_land():
    return gdal.Open(str(SAMPLE)).ReadAsArray().astype(np.float32)


@pytest.fixture(scope="module")
def directed_network():
    """Land that leans so much that all water runs down the rows, now to the left and now to the right.

    Such networks (Scheidegger 1967) have the exponents 1/3 and 2/3 (Takayasu et al. 1988).
    """
    return [np.random.default_rng(seed).random(size=(256, 256)) - ROWS for seed in range(8)]


def test_a_plane_has_no_depressions():
    assert drainage([3 * COLS - 0.1 * ROWS]).fill_depth == 0


def test_a_bowl_is_filled_to_its_rim():
    # Below the circle that touches the rim water stands (c^2 - r^2) deep, pi / 2 c^4 in all; the square has
    # (2 c)^2 pixels and the relief 2 c^2.
    assert drainage([BOWL]).fill_depth == pytest.approx(np.pi / 16, rel=0.01)


def test_fill_depth_is_the_mean_over_windows():
    assert drainage([BOWL, -BOWL]).fill_depth == pytest.approx(np.pi / 32, rel=0.01)
    assert drainage([BOWL, 1000 * BOWL + 7]).fill_depth == pytest.approx(drainage([BOWL]).fill_depth)


def test_ridges_that_drain_straight_have_the_hack_exponent_1():
    assert drainage([ROOF]).hack_exponent == pytest.approx(1.0, abs=0.05)


def test_areas_that_all_occur_alike_have_the_exponent_of_their_mean_logarithm():
    # From the ridge to the rim, areas are 1 to 128 px. The window cuts off the last and two columns of 256.
    exposure = 256 * np.sum(np.log(np.arange(16, 129) / 15.5))
    assert drainage([ROOF]).drainage_exponent == pytest.approx(254 * 112 / exposure)


def test_a_directed_network_has_its_exponents(directed_network):
    measured = drainage(directed_network)
    assert measured.fill_depth == 0
    assert measured.drainage_exponent == pytest.approx(1 / 3, abs=0.05)
    assert measured.hack_exponent == pytest.approx(2 / 3, abs=0.05)


@pytest.mark.parametrize("exponent", [0.3, 0.43, 0.6])
def test_areas_cut_off_by_the_window_do_not_change_the_exponent(exponent):
    random = np.random.default_rng(1)
    sizes = np.floor(15.5 * random.random(40_000) ** (-1 / exponent) + 0.5)
    seen = np.floor(15.5 * random.random(40_000) ** (-1 / 0.4) + 0.5)
    found = module._drainage_exponent(np.minimum(sizes, seen), sizes <= seen, largest=2048)
    assert found == pytest.approx(exponent, rel=0.05)


def test_real_land_drains_as_published(real_land):
    measured = drainage([real_land])
    assert (measured.windows, measured.window_px) == (1, 256)
    assert measured.fill_depth < 0.001
    assert 0.38 < measured.drainage_exponent < 0.48  # Rodriguez-Iturbe et al. 1992: 0.43
    assert 0.5 <= measured.hack_exponent < 0.6  # Hack 1957: 0.5 to 0.6


def test_windows_of_either_size_find_the_same_exponents(real_land):
    small, large = drainage([real_land], window_px=128), drainage([real_land])
    assert small.windows == 6
    assert small.drainage_exponent == pytest.approx(large.drainage_exponent, abs=0.04)
    assert small.hack_exponent == pytest.approx(large.hack_exponent, abs=0.04)


def test_noise_has_much_to_fill_and_winding_rivers(real_land, power_law_noise):
    real = drainage([real_land])
    for noise in (np.random.default_rng(2).normal(size=(512, 512)), power_law_noise((512, 512), 3.0, seed=3)):
        noisy = drainage([noise])
        assert noisy.fill_depth > 10 * real.fill_depth
        assert noisy.hack_exponent > real.hack_exponent + 0.05


def test_neither_the_unit_of_height_nor_the_way_up_of_the_map_matters(power_law_noise):
    land = power_law_noise((256, 256), 3.0, seed=4)
    measured = drainage([land])
    for same in (4 * land + 100, land.T, land[::-1], np.rot90(land)):
        other = drainage([same])
        assert other.fill_depth == pytest.approx(measured.fill_depth)
        # On filled lakes several ways are equally steep, and the first of them is taken.
        assert other.drainage_exponent == pytest.approx(measured.drainage_exponent, abs=0.01)
        assert other.hack_exponent == pytest.approx(measured.hack_exponent, abs=0.01)


def test_windows_find_their_place_beside_voids(power_law_noise):
    land = power_law_noise((400, 512), 3.0, seed=5)
    beside, below = land[:256].copy(), land[:, :256].copy()
    beside[200, 5] = np.nan
    below[3, 100] = np.nan
    assert drainage([beside]) == drainage([land[:256, 6:262]])
    assert drainage([below]) == drainage([land[32:288, :256]])  # the eighth part of a window further on
    framed = np.pad(land[:256, :256], ((64, 32), (13, 90)), constant_values=np.nan)
    assert drainage([framed]) == drainage([land[:256, :256]])


def test_windows_of_128_px_are_used_where_none_of_256_px_fits():
    land = np.random.default_rng(6).normal(size=(300, 255))
    assert drainage([land]).window_px == 128
    assert drainage([land]).windows == 2
    assert drainage([land, land.T[:, :256].repeat(2, axis=0)]).window_px == 256


@pytest.mark.parametrize(
    "fields",
    [[], [np.zeros((127, 900))], [np.full((300, 300), np.nan)], [np.full((300, 300), 5.0)]],
)
def test_without_a_window_or_any_relief_nothing_is_measured(fields):
    assert drainage(fields) is None


def test_level_windows_are_left_out():
    sea = np.zeros((256, 256))
    assert drainage([sea, BOWL, sea]) == drainage([BOWL])


def test_land_without_whole_catchments_has_no_exponents():
    measured = drainage([-ROWS])
    assert measured.drainage_exponent is None
    assert measured.hack_exponent is None


def test_many_windows_are_thinned_out_evenly(monkeypatch):
    corners = []

    def remember(windows, side):
        corners.extend(divmod(int(window[0, 0]), 10_000) for window in windows)

    monkeypatch.setattr(module, "_measured", remember)
    land = np.add.outer(10_000.0 * np.arange(2048), np.arange(2048))  # 16 windows in a row
    drainage([land], most_windows=16, window_px=128)
    assert len(set(corners)) == len(corners) == 16
    for place in zip(*corners):
        assert np.bincount(np.array(place) * 3 // 2048, minlength=3).min() >= 4  # in each third


def test_fewer_windows_of_a_large_field_give_about_the_same(power_law_noise):
    land = power_law_noise((640, 640), 3.0, seed=7)
    every, some = (drainage([land], most_windows, window_px=128) for most_windows in (25, 12))
    assert (every.windows, some.windows) == (25, 12)
    assert some.fill_depth == pytest.approx(every.fill_depth, rel=0.2)
    assert some.drainage_exponent == pytest.approx(every.drainage_exponent, abs=0.02)
    assert some.hack_exponent == pytest.approx(every.hack_exponent, abs=0.02)
