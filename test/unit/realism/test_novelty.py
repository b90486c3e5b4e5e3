# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from geogan.realism import novelty as module
from geogan.realism.novelty import copying, lies_in, novelty
from hypothesis import given, settings
from hypothesis import strategies as st
from osgeo import gdal
from scipy import ndimage

SAMPLE = Path(__file__).resolve().parents[3] / "resources" / "sample" / "jacksboro_fault.tif"
FAR_BELOW = 0.3  # of the 0.8 below which land is too near to that of the training
ACCUSED_FROM = 0.05  # of the patches: the share from which the report says that land was copied


def _sample():
    return gdal.Open(str(SAMPLE)).ReadAsArray().astype(np.float32)


LAND = _sample()
WEST, EAST = LAND[:, :230], LAND[:, 230:]


def _with_random_phases(land):
    """Noise with the power spectrum of the land and its mirror images."""
    mirrored = np.block([[land, land[:, ::-1]], [land[::-1], land[::-1, ::-1]]])
    white = np.fft.rfft2(np.random.default_rng(18).normal(size=mirrored.shape))
    amplitude = np.abs(np.fft.rfft2(mirrored))
    return np.fft.irfft2(amplitude * white / np.abs(white), mirrored.shape)[: land.shape[0], : land.shape[1]]


@pytest.mark.parametrize(
    ("seen", "unseen"),
    [(WEST, EAST), (LAND[:, 170:], LAND[:, :170]), (LAND[:200], LAND[200:]), (LAND[140:], LAND[:140])],
)
def test_unseen_real_land_is_about_as_new_as_what_stands_in_for_it(seen, unseen):
    assert 0.85 < novelty([seen], [unseen]) < 1.2


def test_one_half_of_the_unseen_land_is_about_as_new_as_the_other():
    assert 0.8 < novelty([WEST], [EAST[:172]], [EAST[172:]]) < 1.25


@pytest.mark.parametrize("held_out", [None, [EAST]])
def test_noise_with_the_spectrum_of_the_land_is_no_copy(held_out):
    assert novelty([WEST], [_with_random_phases(WEST)], held_out) > 0.85


@pytest.mark.parametrize("mirrored", [False, True])
@pytest.mark.parametrize("quarters", [0, 1, 2, 3])
def test_a_copy_is_found_in_every_symmetry(quarters, mirrored):
    copy = np.rot90(WEST[41:181, 23:163], quarters)
    assert novelty([WEST[:200]], [copy.T if mirrored else copy]) < 0.001


def test_a_copy_is_found_beside_unseen_land():
    assert novelty([WEST], [np.rot90(WEST[41:181, 23:163])], [EAST]) < 0.001


@settings(max_examples=15, deadline=None)
@given(row=st.integers(0, 116), col=st.integers(0, 86))
def test_a_copy_is_found_at_any_pixel(row, col):
    seen = WEST[:180, :150]
    assert novelty([seen], [seen[row : row + 64, col : col + 64]], [EAST[:130]]) < 0.001


@pytest.mark.parametrize(
    "disguise",
    [
        lambda copy: copy + 100.0,
        lambda copy: 3.0 * copy,
        lambda copy: -7.0 + copy / 50,
        lambda copy: copy + 5.0 * np.random.default_rng(1).normal(size=copy.shape),
        lambda copy: ndimage.gaussian_filter(copy, 2.0),
        lambda copy: ndimage.shift(copy, 0.5, mode="nearest"),
    ],
    ids=["raised", "stretched", "flattened", "noisy", "blurred", "half a pixel off"],
)
def test_a_disguised_copy_is_found(disguise):
    assert novelty([WEST], [disguise(np.rot90(WEST[41:181, 23:163]))]) < FAR_BELOW


def test_a_copy_is_found_among_windows_that_lie_far_apart(monkeypatch):
    monkeypatch.setattr(module, "_MOST_WINDOWS", 1500)  # 8 px apart
    assert novelty([WEST], [WEST[41:241, 23:200].T]) < 0.05


def test_a_copy_of_quiet_ground_is_found_and_other_quiet_ground_is_none():
    seen = [0.01 * WEST[:170], WEST[170:]]
    assert novelty(seen, [0.01 * EAST]) > 0.8
    assert novelty(seen, [0.01 * WEST[11:151, 23:163]]) < 0.001


def _share_copied(*lands):
    return copying(*lands).share_copied


def test_a_fifth_that_is_copied_is_counted_though_the_median_does_not_see_it():
    mixed = EAST.copy()
    mixed[:96] = WEST[60:156, 30:203]  # more than 64 px: two rows of patches that overlap by half lie in it
    assert novelty([WEST], [mixed], [EAST]) > 0.8
    assert _share_copied([WEST], [mixed], [EAST]) > 2 * ACCUSED_FROM


@pytest.mark.parametrize(
    "disguise",
    [lambda copy: 3.0 * copy[::-1], lambda copy: ndimage.gaussian_filter(copy, 2.0)],
    ids=["stretched", "blurred"],
)
def test_disguised_copies_are_counted(disguise):
    assert _share_copied([WEST], [disguise(WEST[41:181, 23:163])], [EAST]) > 0.8


def test_what_is_copied_from_land_that_was_trained_on_twice_is_counted():
    noisy = WEST[41:181, 23:163] + 5.0 * np.random.default_rng(1).normal(size=(140, 140))
    assert _share_copied([WEST, 3.0 * WEST[:, ::-1]], [noisy], [EAST]) > 0.8


@pytest.mark.parametrize("smooth_px", [0, 2, 8, 16])
def test_smooth_noise_is_near_to_the_land_but_not_copied_from_it(smooth_px):
    noise = ndimage.gaussian_filter(_with_random_phases(WEST), smooth_px)
    assert _share_copied([WEST], [noise], [EAST]) < ACCUSED_FROM
    assert smooth_px < 16 or novelty([WEST], [noise], [EAST]) < 0.8


@pytest.mark.parametrize(
    ("seen", "unseen"),
    [(WEST, EAST), (LAND[:, 170:], LAND[:, :170]), (LAND[:200], LAND[200:]), (LAND[140:], LAND[:140])],
)
def test_unseen_real_land_is_not_copied(seen, unseen):
    assert _share_copied([seen], [unseen]) < ACCUSED_FROM


def test_the_median_sees_copying_when_most_is_copied():
    mixed = EAST.copy()
    mixed[:240] = WEST[50:290, 30:203]
    assert novelty([WEST], [mixed]) < 0.5


def test_land_in_pieces_is_searched_like_land_as_a_whole():
    pieces = [np.full((10, 900), 7.0), WEST[:170], WEST[170:]]
    assert novelty(pieces, [WEST[200:300, 20:200]]) < 0.001
    assert novelty([*pieces, LAND[:0]], [EAST]) > 0.8


def test_patches_that_touch_a_void_are_left_out():
    copy, holed = WEST[:64, :64], WEST.copy()
    assert novelty([WEST], [np.pad(copy, 30, constant_values=np.nan)[30:, 30:]], [EAST]) < 0.001
    holed[60:70, 10:20] = np.nan
    assert novelty([holed], [copy], [EAST]) > 0.5  # the original is no longer whole
    assert novelty([holed], [WEST[80:280, 40:200]], [EAST]) < 0.001


def test_level_land_says_nothing():
    lake = np.full((200, 200), 183.42, np.float32)
    assert novelty([WEST], [lake]) is None
    assert novelty([lake], [WEST]) is None
    ripples = lake + 1e-4 * np.random.default_rng(2).normal(size=lake.shape).astype(np.float32)
    assert novelty([WEST], [EAST, ripples, lake], [EAST]) == pytest.approx(1.0, abs=0.1)
    assert novelty([WEST], [ripples], [EAST]) is None


def test_the_same_place_twice_needs_unseen_land():
    assert novelty([WEST[:200], 0.01 * np.rot90(WEST[:200])], [EAST]) is None
    assert novelty([np.hstack([WEST[:150], WEST[:150]])], [EAST]) is None
    assert novelty([WEST, WEST], [WEST[:150]], [EAST]) < 0.001


def test_land_lies_in_other_land_where_a_good_part_of_it_does():
    half_a_pixel_off = ndimage.shift(WEST, 0.5, mode="nearest")
    for land in (WEST, WEST[40:240, 20:200], half_a_pixel_off, LAND):
        assert lies_in([land], [WEST])
    assert lies_in([WEST], [WEST, WEST])
    for land in (EAST, 3.0 * EAST[::-1], LAND[:, 200:]):
        assert not lies_in([land], [WEST])
    assert lies_in([np.full((200, 200), 7.0)], [WEST]), "level land tells of nothing unseen"


@pytest.mark.parametrize(
    "nothing", [[], [np.full((300, 300), np.nan)], [np.ones((63, 400))], [LAND[:300, :50]]]
)
def test_without_a_patch_there_is_no_novelty(nothing):
    assert novelty(nothing, [EAST]) is None
    assert novelty([WEST], nothing) is None
    assert novelty([WEST], [EAST], nothing) is None


def test_training_land_of_one_patch_has_nothing_unseen():
    assert novelty([LAND[:64, :64]], [EAST]) is None
    assert novelty([LAND[:64, :64]], [EAST], [WEST[100:]]) > 0


def test_many_small_fields_are_sampled():
    small = [WEST[row : row + 64, col : col + 64] for row in range(0, 280, 10) for col in range(0, 160, 8)]
    assert novelty([WEST], small, [EAST]) < 0.001
    assert len(module._spread_patches(small).forms) < 300 < len(small)


def test_the_result_is_the_same_twice_and_the_fields_are_not_changed():
    seen, made = WEST.copy(), EAST.copy()
    assert novelty([seen], [made]) == novelty([seen], [made])
    np.testing.assert_array_equal(seen, WEST)
    np.testing.assert_array_equal(made, EAST)
