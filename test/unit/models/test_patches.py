# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf
from geogan.errors import GeoGanError
from geogan.models.area import Area, averaged
from geogan.models.training.patches import PatchSampler, count_places

RANDOM = tf.random.Generator.from_seed(3)  # a compiled function cannot make its own


def _random():
    return tf.random.Generator.from_seed(3)


def _coded(rows, cols, code):
    """An area whose every value tells its place: code + row + col / 1000."""
    return (code + np.arange(rows)[:, None] + np.arange(cols)[None, :] / 1000.0).astype(np.float32)


def _symmetries(square):
    """The eight ways to turn and mirror a square, as bytes."""
    return {np.rot90(flipped, k).tobytes() for flipped in (square, square.T) for k in range(4)}


def test_patches_are_windows_of_the_areas():
    areas = [_coded(20, 30, 1000.0), _coded(40, 12, 2000.0)]
    sampler = PatchSampler([Area(area) for area in areas], 8)
    patches = sampler.draw(64, _random())[0].numpy()[..., 0]
    seen = set()
    for patch in patches:
        code = int(patch.min() // 1000)
        area = areas[code - 1]
        row = int(patch.min() - code * 1000)
        col = int(np.argmin(np.abs(area[row] - patch.min())))
        assert patch.tobytes() in _symmetries(area[row : row + 8, col : col + 8])
        seen.add(code)
    assert seen == {1, 2}


def test_no_patch_touches_a_void():
    area = np.random.default_rng(2).normal(size=(64, 64)).astype(np.float32)
    area[20:24, 30:50] = np.nan
    area[50, 5] = np.nan
    sampler = PatchSampler([Area(area)], 16)
    drawn = sampler.draw(256, _random())[0].numpy()
    assert np.isin(drawn, area[np.isfinite(area)]).all()
    assert list(sampler.places_by_landscape) == [count_places([Area(area)], 16)]
    assert count_places([Area(area)], 16) < 49 * 49


def test_all_eight_symmetries_are_drawn_and_nothing_else():
    square = _coded(8, 8, 0.0)
    patches = PatchSampler([Area(square)], 8).draw(256, _random())[0].numpy()[..., 0]
    drawn = {patch.tobytes() for patch in patches}
    assert drawn == _symmetries(square)


def test_places_are_thinned_in_large_areas_and_stay_void_free(monkeypatch):
    monkeypatch.setattr("geogan.models.training.patches._MOST_PLACES", 100)
    area = np.ones((64, 64), np.float32)
    area[:, 40] = np.nan
    sampler = PatchSampler([Area(area)], 8)
    assert 20 < sampler.places_by_landscape.sum() < 100
    assert (sampler.draw(64, _random())[0].numpy() == 1.0).all()


def test_a_small_landscape_keeps_its_places_where_those_of_large_ones_are_thinned(monkeypatch):
    monkeypatch.setattr("geogan.models.training.patches._MOST_PLACES", 100)
    large, small = np.ones((64, 64), np.float32), np.ones((10, 10), np.float32)
    small[0] = np.nan  # its only places begin in its second and third row: thinning looks at others
    small[:, 0] = np.nan
    sampler = PatchSampler([Area(large, 0), Area(small, 1)], 8)
    assert list(sampler.places_by_landscape) == [81, 4]


def test_thinned_places_begin_anywhere_in_the_cells_of_guides(monkeypatch):
    every_fourth_or_fewer = 64 * 64 // 16
    monkeypatch.setattr("geogan.models.training.patches._MOST_PLACES", every_fourth_or_fewer)
    area = np.add.outer(1000.0 * np.arange(64), np.arange(64)).astype(np.float32)
    patches, _ = PatchSampler([Area(area)], 8).draw(512, _random())
    corners = patches.numpy().min(axis=(1, 2, 3))  # however they are turned
    for places in (corners // 1000, corners % 1000):
        assert set(places % 4) == {0, 1, 2, 3}


def test_every_landscape_is_drawn_as_often_as_any_other_however_small_its_areas_are():
    small, large = np.zeros((12, 12), np.float32), np.ones((90, 90), np.float32)
    sampler = PatchSampler([Area(large, 1), Area(small, 0), Area(large, 1)], 8)
    patches, landscapes = sampler.draw(512, _random())
    np.testing.assert_array_equal(patches[:, 0, 0, 0], landscapes)  # each area holds its landscape's number
    assert 0.4 < float(np.mean(landscapes)) < 0.6


def test_a_landscape_without_room_is_refused():
    areas = [Area(np.ones((64, 64), np.float32), 0), Area(np.ones((64, 15), np.float32), 1)]
    with pytest.raises(GeoGanError, match="16 x 16 pixels without voids"):
        PatchSampler(areas, 16)


def test_areas_without_room_are_refused_with_the_size():
    with pytest.raises(GeoGanError, match="16 x 16 pixels without voids"):
        PatchSampler([Area(np.ones((64, 15), np.float32))], 16)


def test_small_voids_do_not_take_the_room_for_large_forms():
    area = np.ones((256, 256), np.float32)
    area[::40, ::40] = np.nan
    assert count_places([Area(area)], 64) == 0
    assert count_places([averaged(Area(area), 4)], 64) == 1


def test_a_compiled_step_draws_from_the_areas_that_the_sampler_has_moved_to():
    sampler = PatchSampler([Area(_coded(20, 30, 1000.0)), Area(_coded(20, 20, 3000.0), 1)], 8)
    draw = tf.function(lambda: sampler.draw(32, RANDOM)[0], autograph=False)
    before = draw().numpy()
    sampler.move_to([Area(_coded(40, 50, 5000.0)), Area(_coded(9, 70, 7000.0), 1)])
    after = draw().numpy()
    assert draw.experimental_get_tracing_count() == 1
    assert set((before // 1000).astype(int).ravel()) == {1, 3}
    assert set((after // 1000).astype(int).ravel()) == {5, 7}


@pytest.mark.parametrize(
    "others", [[Area(np.full((40, 40), np.nan, np.float32))], [Area(_coded(40, 40, 0.0))]]
)
def test_areas_that_lack_a_landscape_or_any_place_are_refused_and_the_old_ones_stay(others):
    sampler = PatchSampler([Area(_coded(20, 30, 1000.0)), Area(_coded(20, 20, 3000.0), 1)], 8)
    with pytest.raises(GeoGanError, match="without voids"):
        sampler.move_to(others)
    assert (sampler.draw(32, _random())[0].numpy() >= 1000.0).all()
