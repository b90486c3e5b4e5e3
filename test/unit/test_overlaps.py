# SPDX-License-Identifier: GPL-3.0-or-later
"""Layers that lie over one another."""

from __future__ import annotations

import numpy as np
import pytest
from geogan.rasters.reading.overlaps import overlapping
from geogan.rasters.reading.source import describe_source

LAND = np.ones((100, 100), np.float32)


@pytest.fixture
def layer(make_raster):
    def layer(name, west, north, crs="EPSG:32633", pixel=30):
        return describe_source(make_raster(name, LAND, crs, (west, pixel, 0, north, 0, -pixel)), name)

    return layer


def pairs(*layers):
    return [(one.name, other.name) for one, other in overlapping(layers)]


def test_two_layers_of_one_place_lie_over_one_another(layer):
    assert pairs(layer("dem", 500_000, 5e6), layer("clip", 501_500, 5e6 - 1500)) == [("dem", "clip")]


def test_neighbours_do_not_though_they_share_a_margin(layer):
    assert pairs(layer("west", 500_000, 5e6), layer("east", 503_000, 5e6)) == []
    assert pairs(layer("west", 500_000, 5e6), layer("east", 503_000 - 16 * 30, 5e6)) == []
    assert pairs(layer("west", 500_000, 5e6), layer("south", 500_000, 5e6 - 3000 + 90)) == []


def test_layers_in_different_crs_are_compared_where_they_lie(layer):
    in_degrees = layer("degrees", 15.0, 45.16, "EPSG:4326", 0.0004)
    assert pairs(in_degrees, layer("metres", 501_000, 5e6)) == [("degrees", "metres")]
    assert pairs(in_degrees, layer("metres", 601_000, 5e6)) == []


@pytest.mark.parametrize(("one", "other"), [("EPSG:32632", "EPSG:32617"), ("EPSG:32633", "EPSG:32648")])
def test_layers_so_far_apart_that_neither_crs_knows_the_others_place_do_not(layer, one, other):
    apart = layer("one", 500_000, 10_000, one), layer("other", 500_000, 10_000, other)
    assert pairs(*apart) == pairs(*reversed(apart)) == []
