# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from geogan.realism import geomorphons as module
from geogan.realism.geomorphons import FORMS, geomorphon_shares, geomorphons
from hypothesis import given, settings
from hypothesis import strategies as st
from osgeo import gdal

ROWS, COLS = np.mgrid[0:61, 0:71].astype(float)
SAMPLE = Path(__file__).parents[3] / "resources" / "sample" / "jacksboro_fault.tif"
FORM = {name: number for number, name in enumerate(FORMS, 1)}
UPSIDE_DOWN = np.array([0, 1, 10, 9, 8, 7, 6, 5, 4, 3, 2], np.uint8)  # peak becomes pit, and so on


@pytest.fixture(scope="module")
def real_land():
    return gdal.Open(str(SAMPLE)).ReadAsArray().astype(np.float32)


def _forms_by_name(field, pixel_size=1.0):
    forms = geomorphons(field, pixel_size)
    return {name: np.argwhere(forms == number) + 10 for name, number in FORM.items() if number in forms}


def _rises_and_falls(field, row, col, search_px, flat_degrees):
    """The definition of Jasiewicz & Stepinski 2013 with zenith and nadir angles, one pixel at a time."""
    rising = falling = 0
    for east, north in [(1, 0), (1, 1), (0, 1), (-1, 1), (-1, 0), (-1, -1), (0, -1), (1, -1)]:
        angles = []
        for steps in range(1, search_px + 1):
            distance = steps * math.sqrt(east**2 + north**2)
            if distance <= search_px:
                rise = field[row - steps * north, col + steps * east] - field[row, col]
                angles.append(math.degrees(math.atan2(rise, distance)))
        zenith, nadir = 90 - max(angles), 90 + min(angles)
        rising += nadir - zenith > flat_degrees
        falling += nadir - zenith < -flat_degrees
    return falling, rising


def test_level_land_is_flat():
    assert list(_forms_by_name(np.full((61, 71), 300.0))) == ["flat"]


@pytest.mark.parametrize(("east", "south"), [(1, 0), (0, 1), (0.7, 0.7), (-0.3, 0.5), (0.02, 0)])
def test_a_plane_is_slope_throughout(east, south):
    assert list(_forms_by_name(east * COLS + south * ROWS)) == ["slope"]


def test_a_plane_is_flat_where_its_diagonals_lean_less_than_half_the_flatness():
    # Uphill the elevation angles b and d are both the inclination, so that b + d is twice that.
    least = np.sqrt(2) * math.tan(math.radians(0.5))
    assert list(_forms_by_name(0.99 * least * COLS)) == ["flat"]
    assert list(_forms_by_name(1.01 * least * COLS)) == ["slope"]


def test_a_cone_has_one_peak_and_a_funnel_one_pit():
    cone = -np.hypot(ROWS - 30, COLS - 35)
    assert _forms_by_name(cone)["peak"].tolist() == [[30, 35]]
    assert _forms_by_name(-cone)["pit"].tolist() == [[30, 35]]


def test_a_roof_has_a_ridge_between_slopes_and_a_gutter_a_valley():
    roof = -np.abs(ROWS - 30)
    forms = geomorphons(roof, 1.0)
    assert (forms[20] == FORM["ridge"]).all()
    assert (forms[:10] == FORM["slope"]).all()
    assert (geomorphons(-roof, 1.0)[20] == FORM["valley"]).all()


def test_a_slope_ends_in_a_footslope_below_and_a_shoulder_above():
    assert (geomorphons(np.maximum(ROWS - 30, 0), 1.0)[20] == FORM["footslope"]).all()
    assert (geomorphons(np.minimum(ROWS - 30, 0), 1.0)[20] == FORM["shoulder"]).all()


def test_a_slope_folded_downwards_is_a_spur_and_upwards_a_hollow():
    fold = np.abs(COLS - 35)
    assert (geomorphons(ROWS - 0.5 * fold, 1.0)[:, 25] == FORM["spur"]).all()
    assert (geomorphons(ROWS + 0.5 * fold, 1.0)[:, 25] == FORM["hollow"]).all()


@given(seed=st.integers(0, 10**6), search_px=st.integers(2, 6), flat_degrees=st.floats(0.1, 20))
@settings(max_examples=25, deadline=None)
def test_every_pixel_has_the_form_of_its_rising_and_falling_directions(seed, search_px, flat_degrees):
    field = np.random.default_rng(seed).normal(size=(2 * search_px + 3, 2 * search_px + 4)).cumsum(axis=0)
    forms = geomorphons(field, 1.0, search_px, flat_degrees)
    for row, col in np.ndindex(*forms.shape):
        falling, rising = _rises_and_falls(field, row + search_px, col + search_px, search_px, flat_degrees)
        assert forms[row, col] == module._FORM[falling, rising]


def test_land_upside_down_has_the_opposite_forms():
    land = np.random.default_rng(1).normal(size=(60, 70)).cumsum(axis=0)
    forms = geomorphons(land, 3.0)
    assert len(np.unique(forms)) >= 7
    np.testing.assert_array_equal(geomorphons(-land, 3.0), UPSIDE_DOWN[forms])


@pytest.mark.parametrize("turns", range(4))
@pytest.mark.parametrize("mirror", [1, -1])
def test_turned_and_mirrored_land_has_the_same_forms(turns, mirror):
    land = np.random.default_rng(2).normal(size=(60, 70)).cumsum(axis=0)
    land[41, 23] = np.nan
    turned = np.rot90(land[::mirror], turns)
    np.testing.assert_array_equal(geomorphons(turned, 3.0), np.rot90(geomorphons(land, 3.0)[::mirror], turns))


def test_the_unit_of_height_and_of_the_pixel_may_be_any_one():
    land = np.random.default_rng(3).normal(size=(60, 70)).cumsum(axis=0)
    np.testing.assert_array_equal(geomorphons(1000 * land, 3000.0), geomorphons(land, 3.0))
    assert (geomorphons(land, 3.0) != geomorphons(land, 30.0)).any()


def test_a_void_hides_what_sees_it_and_changes_nothing_else():
    land = np.random.default_rng(4).normal(size=(61, 71))
    whole = geomorphons(land, 1.0)
    land[30, 35] = np.nan
    holed = geomorphons(land, 1.0)
    hidden = np.argwhere(holed == 0) - (20, 25)
    straight = {(sign * step, 0) for sign in (1, -1) for step in range(11)}
    diagonal = {(sign * step, step) for sign in (1, -1) for step in range(-7, 8)}  # 7 sqrt(2) = 9.9 px
    assert {tuple(place) for place in hidden} == straight | {(col, row) for row, col in straight} | diagonal
    np.testing.assert_array_equal(holed[holed > 0], whole[holed > 0])


def test_strips_do_not_show(monkeypatch):
    land = np.random.default_rng(5).normal(size=(90, 40)).astype(np.float32)
    whole = geomorphons(land, 1.0)
    monkeypatch.setattr(module, "_STRIP_ROWS", 7)
    np.testing.assert_array_equal(geomorphons(land, 1.0), whole)


@pytest.mark.parametrize("shape", [(20, 90), (90, 20), (5, 5), (0, 0)])
def test_fields_without_room_for_the_search_have_no_forms(shape):
    assert geomorphons(np.zeros(shape), 1.0).size == 0
    assert geomorphon_shares([np.zeros(shape)], 1.0) is None


def test_shares_count_every_pixel_that_sees_no_void():
    random = np.random.default_rng(6)
    fields = [random.normal(size=shape).cumsum(axis=0) for shape in ((300, 310), (600, 50), (21, 21))]
    fields[0][100:150, 200:220] = np.nan
    forms = np.concatenate([geomorphons(field, 5.0).ravel() for field in fields])
    expected = np.bincount(forms[forms > 0], minlength=11)[1:] / np.count_nonzero(forms)
    np.testing.assert_allclose(geomorphon_shares(fields, 5.0), expected)


def test_voids_alone_have_no_shares():
    assert geomorphon_shares([np.full((50, 50), np.nan)], 1.0) is None
    assert geomorphon_shares([], 1.0) is None


def test_a_few_windows_stand_for_a_large_field(power_law_noise):
    large = 100 * power_law_noise((700, 700), 3.0, seed=7)
    every, some = (geomorphon_shares([large], 30.0, most_pixels) for most_pixels in (500_000, 150_000))
    assert (every != some).any()
    np.testing.assert_allclose(some, every, atol=0.01)


@pytest.mark.parametrize("shapes", [[(4000, 4000)], [(300, 5000)] * 4, [(64, 64)] * 3000])
def test_about_as_many_pixels_are_classified_as_asked_for(shapes, monkeypatch):
    classified = []

    def counted(window, pixel_size):
        classified.append(window.size)
        return np.ones(1, np.uint8)

    monkeypatch.setattr(module, "geomorphons", counted)
    level = np.broadcast_to(np.float32(0), (5000, 5000))
    geomorphon_shares([level[:rows, :cols] for rows, cols in shapes], 30.0)
    assert 400_000 < sum(classified) < 1_100_000


def test_real_land_is_mostly_slopes_spurs_hollows_ridges_and_valleys(real_land):
    shares = dict(zip(FORMS, geomorphon_shares([real_land], 83.0)))
    assert sum(shares.values()) == pytest.approx(1)
    assert max(shares, key=shares.get) == "slope"
    assert shares["slope"] + shares["spur"] + shares["hollow"] > 0.5
    assert 0.1 < shares["ridge"] < 0.2
    assert 0.1 < shares["valley"] < 0.2
    assert max(shares["peak"], shares["pit"]) < 0.05


def test_noise_has_more_peaks_and_pits_than_real_land(real_land):
    noise = real_land.std() * np.random.default_rng(8).normal(size=real_land.shape)
    real, noisy = (dict(zip(FORMS, geomorphon_shares([field], 83.0))) for field in (real_land, noise))
    assert noisy["peak"] > 1.5 * real["peak"]
    assert noisy["pit"] > 1.5 * real["pit"]
