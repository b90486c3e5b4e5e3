# SPDX-License-Identifier: GPL-3.0-or-later
"""Clean arrays for training, within a budget."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest
from geogan.errors import Cancelled, GeoGanError
from geogan.rasters.reading.alignment import align
from geogan.rasters.reading.areas import read_areas
from geogan.rasters.reading.source import describe_source
from geogan.rasters.reading.spread import corner_windows, spread_windows
from geogan.rasters.reading.turns import fair_shares


def hills(height=300, width=400):
    rows, cols = np.mgrid[0:height, 0:width]
    return (1500 + 300 * np.sin(rows / 31) + 200 * np.cos(cols / 23)).astype(np.float32)


def areas_of(*paths, **options):
    aligned = align([describe_source(path, f"layer {number}") for number, path in enumerate(paths)])
    return list(read_areas(aligned, **options))


class Journal(list):
    """A log that keeps its sentences."""

    def __call__(self, template, **values):
        self.append(template.format(**values))


def test_a_clean_layer_is_one_area_with_its_values(make_raster):
    (area,) = areas_of(make_raster("dem", hills()))
    assert area.name == "layer 0"
    assert area.values.dtype == np.float32
    np.testing.assert_array_equal(area.values, hills())


def test_spikes_and_outliers_become_void_and_are_counted(make_raster):
    values = hills()
    values[100, 100] += 900
    values[200:204, 10:15] = 25_000
    journal = Journal()
    (area,) = areas_of(make_raster("dem", values), log=journal)
    assert np.isnan(area.values).sum() == 21
    assert journal == ["Layer layer 0: 21 outliers are left out."]


def test_undeclared_sentinels_and_nan_are_void(make_raster):
    values = hills()
    values[:50, :50] = -9999
    values[250:, 350:] = np.nan
    (area,) = areas_of(make_raster("dem", values))
    assert np.isnan(area.values[:50, :50]).all()
    assert np.isnan(area.values).sum() == 2 * 2500


def test_a_layer_over_the_budget_gives_windows_spread_by_the_seed(make_raster):
    path = make_raster("dem", hills(1000, 3000))
    journal = Journal()
    areas = areas_of(path, budget_px=2_000_000, seed=1, log=journal)
    again = areas_of(path, budget_px=2_000_000, seed=1)
    other = areas_of(path, budget_px=2_000_000, seed=4)
    assert [area.values.shape for area in areas] == [(1000, 1000), (1000, 1000)]
    assert all((a.values == b.values).all() for a, b in zip(areas, again))
    assert not all((a.values == b.values).all() for a, b in zip(areas, other))
    (line,) = journal
    assert line.startswith("Layer layer 0 is large (3000 x 1000 pixels): 2 windows of 1000 pixels, ")


def test_another_turn_has_other_windows_of_large_layers_and_nothing_else(make_raster):
    large, small = make_raster("large", hills(1000, 4000)), make_raster("small", hills())
    turns = [areas_of(large, small, budget_px=2_120_000, seed=1, turn=turn) for turn in range(3)]
    assert [area.is_part for area in turns[0]] == [True, True, False]
    assert [area.is_part for area in turns[1]] == [True, True]
    for first, second, again in zip(*turns):
        assert not np.array_equal(first.values, second.values)
        np.testing.assert_array_equal(first.values, again.values)  # each had two windows to choose from


def test_of_many_layers_each_turn_reads_others_within_the_budget(make_raster):
    paths = [make_raster(f"layer {number}", hills(60, 80) + number) for number in range(50)]
    journal = Journal()
    turns = [areas_of(*paths, budget_px=17 * 60 * 80, turn=turn, log=journal) for turn in range(3)]
    assert all(0 < sum(area.values.size for area in areas) <= 17 * 60 * 80 for areas in turns)
    assert all(area.is_part and area.values.shape == (60, 80) for areas in turns for area in areas)
    names = [area.name for areas in turns for area in areas]
    assert sorted(names) == sorted(f"layer {number}" for number in range(50)), "each of them once"
    (line,) = journal
    assert line.startswith("There are too many layers to be held at once: 17 of 50, or parts of them, are ")


def test_a_turn_that_meets_the_sea_of_one_layer_has_the_land_of_the_others(make_raster):
    values = hills(1000, 4000)
    values[:, 2000:] = 0.0
    coast, inland = make_raster("coast", values), make_raster("inland", hills(1000, 4000))
    turns = [areas_of(coast, inland, budget_px=2_000_000, seed=1, turn=turn) for turn in range(4)]
    assert [[area.name for area in areas] for areas in turns].count(["layer 1"]) == 2
    assert all("layer 1" in [area.name for area in areas] for areas in turns)


def test_windows_without_land_are_told_of_only_where_a_landscape_has_no_others(make_raster):
    values = hills(1000, 4000)
    values[:, :3999] = np.nan
    sea, inland = make_raster("sea", values), make_raster("inland", hills(1000, 4000))
    assert [area.name for area in areas_of(sea, inland, budget_px=2_000_000, seed=1)] == ["layer 1"]
    with pytest.raises(GeoGanError, match="Layer layer 0 has no data"):
        areas_of(make_raster("fens", values, landscape="Fens"), inland, budget_px=2_000_000, seed=1)


def test_small_layers_leave_their_share_to_large_ones():
    assert fair_shares([100, 10, 200], 110) == [50, 10, 50]
    assert fair_shares([5, 6], 100) == [5, 6]


def test_a_constant_layer_is_refused_by_name(make_raster):
    flat = make_raster("flat", np.full((100, 100), 12.5, np.float32))
    with pytest.raises(GeoGanError) as error:
        areas_of(flat)
    assert str(error.value) == ("Layer layer 0 is constant: every pixel is 12.5. Choose a layer with relief.")


@pytest.mark.parametrize(("value", "nodata"), [(-9999, -9999), (np.nan, None), (np.nan, np.nan)])
def test_a_layer_without_data_is_refused_by_name(make_raster, value, nodata):
    void = make_raster("void", np.full((100, 100), value, np.float32), nodata=nodata)
    with pytest.raises(GeoGanError) as error:
        areas_of(void)
    assert str(error.value) == ("Layer layer 0 has no data: every pixel is nodata. Choose another layer.")


def test_windows_that_are_all_void_are_left_out(make_raster):
    values = hills(1000, 3000)
    values[:, 1000:] = np.nan
    assert len(areas_of(make_raster("dem", values), budget_px=2_999_999)) == 1


def test_reading_hears_cancel(make_raster):
    with pytest.raises(Cancelled):
        areas_of(make_raster("dem", hills()), progress=lambda _fraction: False)


def test_every_window_of_a_layer_is_of_the_landscape_that_the_layer_names(make_raster):
    alps = make_raster("alps", hills(1000, 3000), landscape="Alps")
    plain = make_raster("plain", hills())
    areas = areas_of(alps, plain, budget_px=2_120_000)
    assert [area.landscape for area in areas] == ["Alps", "Alps", ""]


@pytest.mark.parametrize(("width", "height"), [(1, 1), (5000, 70), (70, 5000), (4097, 4097)])
def test_all_spread_windows_together_are_the_raster(width, height):
    windows = spread_windows(width, height, 2048, 10**6, seed=0)
    assert sum(window.width * window.height for window in windows) == width * height
    assert max(max(window.width, window.height) for window in windows) <= 2048


def test_spread_windows_are_distinct_and_reach_every_part():
    windows = spread_windows(25_600, 25_600, 256, 100, seed=0)
    assert len(set(windows)) == 100
    counts = np.zeros((2, 2), int)
    for window in windows:
        counts[window.row // 12_800, window.col // 12_800] += 1
    assert counts.min() >= 20


def test_spread_windows_of_a_raster_as_large_as_the_world_take_little_memory():
    tracemalloc.start()
    windows = spread_windows(1_296_000, 648_000, 256, 61, seed=0)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert len(set(windows)) == 61
    assert peak < 20 * 2**20


def test_turns_draw_every_window_of_a_raster_before_any_again():
    drawn = [window for turn in range(8) for window in spread_windows(8192, 4096, 512, 16, seed=5, turn=turn)]
    assert len(drawn) == len(set(drawn)) == 128
    assert spread_windows(8192, 4096, 512, 16, seed=5, turn=8) == drawn[:16]


def test_corner_windows_lie_in_the_corners():
    assert [(window.row, window.col) for window in corner_windows(1000, 600, 256)] == [
        (0, 0),
        (0, 744),
        (344, 0),
        (344, 744),
    ]
    assert len(corner_windows(10, 10, 256)) == 1
