# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import numpy as np
import pytest
from geogan.realism.straightness import straightness
from scipy import ndimage

ROWS, COLS = np.mgrid[0:264, 0:264].astype(float)


def _crests(degrees: float) -> np.ndarray:
    """Return crests every 24 px that run so many degrees off the rows."""
    across = ROWS * np.cos(np.radians(degrees)) - COLS * np.sin(np.radians(degrees))
    return np.abs(across % 24 - 12.0)


def test_where_all_crests_follow_rows_or_columns_all_bends_are_straight():
    assert straightness([_crests(0)]) == pytest.approx(1.0)
    assert straightness([_crests(90)]) == pytest.approx(1.0)


def test_the_farther_crests_turn_from_the_rows_the_less_is_straight():
    shares = [straightness([_crests(degrees)]) for degrees in (0, 4, 10, 45)]
    assert shares == sorted(shares, reverse=True)
    assert shares[-1] < 0.02


def test_where_each_cell_bends_by_chance_a_sixteenth_is_straight():
    noise = np.random.default_rng(3).normal(size=(1024, 1024))
    assert straightness([noise]) == pytest.approx(1 / 16, rel=0.05)


def test_crests_that_wind_are_less_straight_than_crests_that_do_not():
    winding = ndimage.map_coordinates(_crests(0), [ROWS + 12 * np.sin(COLS / 15), COLS], mode="wrap")
    assert straightness([winding]) < 0.5 * straightness([_crests(0)])


def test_height_and_tilt_do_not_count():
    land = ndimage.gaussian_filter(np.random.default_rng(4).normal(size=(264, 264)), 6)
    assert straightness([700 + 50 * land + 3 * ROWS - COLS]) == pytest.approx(straightness([land]))


def test_a_tall_field_measured_in_strips_is_what_its_strips_are():
    tall = np.random.default_rng(5).normal(size=(2048 + 8, 80))
    strips = [tall[: 1024 + 8], tall[1024:]]
    assert straightness([tall]) == pytest.approx(straightness(strips), rel=1e-12)


def test_fields_are_pooled_by_how_much_they_bend():
    flat, rough = _crests(0) / 1000, np.random.default_rng(6).normal(size=(264, 264))
    assert straightness([flat, rough]) == pytest.approx(straightness([rough]), rel=0.01)


def test_a_void_takes_its_runs_and_leaves_the_others():
    land = _crests(0)
    land[100:140, 100:140] = np.nan
    assert straightness([land]) == pytest.approx(1.0)


@pytest.mark.parametrize(
    "land", [np.zeros((200, 200)), np.full((200, 200), np.nan), np.ones((60, 60)), np.ones((0, 0))]
)
def test_land_without_bends_or_runs_has_none(land):
    assert straightness([land]) is None


def test_no_fields_have_none():
    assert straightness([]) is None
