# SPDX-License-Identifier: GPL-3.0-or-later
"""Guiding layers of any CRS and pixel size, read where the land of a training lies."""

from __future__ import annotations

import numpy as np
import pytest
from geogan.errors import Cancelled, GeoGanError
from geogan.rasters.reading.alignment import align
from geogan.rasters.reading.areas import read_areas
from geogan.rasters.reading.source import describe_source

UTM_33 = "EPSG:32633"
LAND = (500_000.0, 100.0, 0, 5_540_000.0, 0, -100.0)  # 15 to 15.4 degrees east, around 50 north


def _land(height=300, width=300):
    rows, cols = np.mgrid[:height, :width]
    return (800.0 + 50.0 * np.sin(rows / 9.0) + 40.0 * np.cos(cols / 7.0)).astype(np.float32)


def _areas(land, *layers, **options):
    guides = [describe_source(path, f"layer {number}") for number, path in enumerate(layers)]
    return list(read_areas(align([describe_source(land, "land")]), guides=guides, **options))


def test_without_guiding_layers_there_are_no_conditions(make_raster):
    (area,) = _areas(make_raster("land", _land(), UTM_33, LAND))
    assert area.conditions is None


def test_a_layer_on_the_same_pixels_keeps_its_numbers_and_others_come_in_their_order(make_raster):
    land, numbers = make_raster("land", _land(), UTM_33, LAND), 3.0 * _land()
    layers = [make_raster(name, values, UTM_33, LAND) for name, values in (("a", numbers), ("b", -numbers))]
    (area,) = _areas(land, *layers)
    assert area.conditions.shape == (300, 300, 2)
    np.testing.assert_array_equal(area.conditions[..., 0], numbers)
    np.testing.assert_array_equal(area.conditions[..., 1], -numbers)


def test_a_layer_in_degrees_with_coarse_pixels_lies_where_the_land_does(make_raster):
    rows, cols = np.mgrid[:60, :80]
    east = (14.9 + 0.01 * (cols + 0.5) + 0.0 * rows).astype(np.float32)  # each pixel's own longitude
    layer = make_raster("east", east, "EPSG:4326", (14.9, 0.01, 0, 50.2, 0, -0.01))
    (area,) = _areas(make_raster("land", _land(), UTM_33, LAND), layer)
    across = area.conditions[150, :, 0]
    assert np.all(np.diff(across) > 0)
    assert across[0] == pytest.approx(15.0, abs=2e-3)
    assert across[-1] == pytest.approx(15.0 + 30_000.0 / 71_700.0, abs=4e-3)  # a degree is 71.7 km wide there


def test_a_small_void_of_a_layer_is_filled_from_around(make_raster):
    numbers = np.full((300, 300), 5.0, np.float32)
    numbers[:, 150:] = 7.0
    numbers[100:120, 200:220] = np.nan
    layer = make_raster("layer", numbers, UTM_33, LAND)
    (area,) = _areas(make_raster("land", _land(), UTM_33, LAND), layer)
    np.testing.assert_array_equal(area.conditions[100:120, 200:220, 0], 7.0)


@pytest.mark.parametrize("moved", [20_000.0, 90_000.0])
def test_a_layer_that_covers_less_than_half_of_the_land_is_refused_by_name(make_raster, moved):
    layer = make_raster("layer", _land(), UTM_33, (LAND[0] + moved, *LAND[1:]))
    with pytest.raises(GeoGanError, match="guiding layer layer 0 covers less than half of the layer land"):
        _areas(make_raster("land", _land(), UTM_33, LAND), layer)


def test_windows_of_a_large_layer_have_the_numbers_of_their_own_place(make_raster):
    land = _land(600, 900)
    layer = make_raster("layer", 2.0 * land, UTM_33, LAND)
    areas = _areas(make_raster("land", land, UTM_33, LAND), layer, budget_px=2 * 600 * 600)
    assert areas
    for area in areas:
        assert area.is_part, "land and layer share the budget"
        np.testing.assert_array_equal(area.conditions[..., 0], 2.0 * area.values)


def test_windows_beyond_a_layer_are_left_out_and_only_where_it_covers_none_is_it_refused(make_raster):
    land = _land(600, 1200)
    half = make_raster("half", land[:, :700], UTM_33, LAND)
    areas = _areas(make_raster("land", land, UTM_33, LAND), half, budget_px=2 * 900_000, turn=0)
    assert areas
    for area in areas:
        np.testing.assert_array_equal(area.conditions[:, :20, 0], area.values[:, :20])
    elsewhere = make_raster("elsewhere", land, UTM_33, (LAND[0] + 900_000.0, *LAND[1:]))
    with pytest.raises(GeoGanError, match="covers less than half of the layer land"):
        _areas(make_raster("land", land, UTM_33, LAND), elsewhere, budget_px=2 * 600 * 600)


@pytest.mark.parametrize("number", [0.0, -1.0, 9999.0])
def test_numbers_that_are_rare_are_no_voids_as_they_would_be_of_heights(make_raster, number):
    numbers = 3.0 * _land()
    numbers[:150, :150] = number
    layer = make_raster("layer", numbers, UTM_33, LAND)
    (area,) = _areas(make_raster("land", _land(), UTM_33, LAND), layer)
    np.testing.assert_array_equal(area.conditions[..., 0], numbers)


def test_what_is_surely_no_number_is_filled(make_raster):
    numbers = np.full((300, 300), 5.0, np.float32)
    numbers[:150] = 6.0
    numbers[200:220, 200:220] = -9999.0
    layer = make_raster("layer", numbers, UTM_33, LAND)
    (area,) = _areas(make_raster("land", _land(), UTM_33, LAND), layer)
    assert (area.conditions[200:220, 200:220] == 5.0).all()


def test_a_wish_to_stop_is_heard_while_layers_are_read(make_raster):
    layer, heard = make_raster("layer", _land(), UTM_33, LAND), []

    def goes_on(_share):
        heard.append(1)
        return len(heard) < 3

    with pytest.raises(Cancelled):
        _areas(make_raster("land", _land(), UTM_33, LAND), layer, progress=goes_on)
