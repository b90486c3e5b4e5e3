# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import numpy as np
import pytest
from geogan.realism import grid_artefact
from geogan.realism.grid_artefact import phase_variance, seam_ratio

QUANTITIES = ("height", "bend_along_cols", "bend_along_rows")


@pytest.fixture(scope="module")
def white():
    """Sixty-four seeds of white noise, 128 x 128."""
    return list(np.random.default_rng(80).normal(size=(64, 128, 128)))


@pytest.fixture(scope="module")
def land(power_law_noise):
    return 200.0 * power_law_noise((512, 640), 3.5, seed=81)


def _rows(field, period, phase):
    return (np.arange(len(field)) % period == phase)[:, None]


@pytest.mark.parametrize("stride", [2, 3, 4, 8])
def test_white_noise_has_no_pattern(white, stride):
    found = phase_variance(white, stride)
    for quantity in QUANTITIES:
        assert 0.4 < getattr(found, quantity).ratio < 1.7
        assert getattr(found, quantity).p_value > 0.01
    assert found.worst.ratio == max(getattr(found, quantity).ratio for quantity in QUANTITIES)


def test_land_without_an_artefact_seldom_looks_like_one(power_law_noise):
    found = [
        phase_variance([power_law_noise((40, 40), 3.5, 100 * k + seed) for seed in range(16)], 4)
        for k in range(20)
    ]
    for quantity in QUANTITIES:
        deviations = [getattr(each, quantity) for each in found]
        assert 0.8 < np.mean([each.ratio for each in deviations]) < 1.2
        assert sum(each.p_value < 0.05 for each in deviations) <= 4


def test_relief_2_percent_higher_in_every_fourth_row_is_found_in_the_bends(white):
    found = phase_variance([field * np.where(_rows(field, 4, 1), 1.02, 1.0) for field in white], 4)
    assert found.worst is found.bend_along_rows
    assert found.worst.largest == pytest.approx(0.015, abs=0.005)  # 2 % less a quarter of them, the mean
    assert found.worst.ratio > 2.5
    assert found.worst.p_value == 0.001


def test_ground_raised_by_5_percent_at_one_phase_is_found_there_alone(white):
    raised = [field + 0.05 * (_rows(field, 4, 3) & _rows(field, 4, 2).T) for field in white]
    found = phase_variance(raised, 4)
    assert found.worst is found.height
    assert found.height.largest == pytest.approx(0.05 * 15 / 16, rel=0.2)
    assert found.height.p_value == 0.001


def test_a_pattern_of_4_px_is_none_modulo_3_and_is_one_modulo_8(white):
    striped = [field + 0.1 * _rows(field, 4, 1) for field in white]
    assert phase_variance(striped, 3).height.p_value > 0.01
    assert phase_variance(striped, 8).height.p_value == 0.001


def test_bends_tell_rows_from_columns(white):
    rows = phase_variance([field * (1 + 0.05 * _rows(field, 4, 0)) for field in white], 4)
    cols = phase_variance([(field * (1 + 0.05 * _rows(field, 4, 0))).T for field in white], 4)
    assert rows.bend_along_rows.ratio > 1.5 * rows.bend_along_cols.ratio
    assert cols.bend_along_cols.ratio > 1.5 * cols.bend_along_rows.ratio


def test_the_expected_deviation_falls_with_the_root_of_the_number_of_seeds(white):
    few, many = phase_variance(white[:16], 4), phase_variance(white, 4)
    for quantity in QUANTITIES:
        shrunk = getattr(many, quantity).expected / getattr(few, quantity).expected
        assert shrunk == pytest.approx(0.5, rel=0.2)


def test_what_all_seeds_share_is_no_pattern_unless_it_follows_the_stride(power_law_noise, white):
    mountain = 5.0 * np.outer(np.hanning(128), np.hanning(128))
    assert phase_variance([field + mountain for field in white], 4).worst.p_value > 0.01


def test_strips_voids_and_offsets_do_not_hide_or_make_a_pattern(white, monkeypatch):
    striped = [field + 0.1 * _rows(field, 4, 1) for field in white]
    expected = phase_variance(striped, 4)
    monkeypatch.setattr(grid_artefact, "_STRIP_ROWS", 29)
    in_strips = phase_variance(iter(striped), 4)
    for quantity in QUANTITIES:
        largest = getattr(expected, quantity).largest
        assert getattr(in_strips, quantity).largest == pytest.approx(largest, rel=1e-9)
    for field in striped:
        field[30:70, 10:41] = np.nan
    holed = phase_variance([field + 4000.0 for field in striped], 4)
    assert holed.height.largest == pytest.approx(expected.height.largest, rel=0.1)
    assert holed.height.p_value == 0.001


def test_level_land_has_no_deviation():
    for deviation in (
        getattr(phase_variance([np.full((32, 32), 183.42)] * 3, 4), each) for each in QUANTITIES
    ):
        assert deviation.largest == pytest.approx(0, abs=1e-9)


def test_one_seed_or_too_small_fields_say_nothing(white):
    assert phase_variance(white[:2], 4) is not None
    assert phase_variance(white[:1], 4) is None
    assert phase_variance([], 4) is None
    assert phase_variance([white[0], np.full((64, 64), np.nan)], 4) is None
    assert phase_variance([field[:9, :9] for field in white], 8) is None
    assert phase_variance([field[:10, :10] for field in white], 8) is not None


def test_land_without_seams_has_ratios_of_about_1(land):
    ratios = seam_ratio(land, 128, 4)
    assert ratios.same_phase == pytest.approx(1, abs=4 * ratios.error)
    assert ratios.inside == pytest.approx(1, abs=4 * ratios.error)
    assert 0 < ratios.error < 0.03


def test_the_error_is_how_far_from_1_land_without_seams_is(power_law_noise):
    ratios = [seam_ratio(power_law_noise((192, 192), 2.5, seed), 32, 4) for seed in range(90, 150)]
    scatter = np.std([each.same_phase for each in ratios])
    assert np.mean([each.error for each in ratios]) == pytest.approx(scatter, rel=0.3)


@pytest.mark.parametrize("turned", [np.asarray, np.transpose])
def test_a_step_at_one_border_is_found(land, turned):
    stepped = land.copy()
    stepped[256:] += np.abs(np.diff(land, axis=0)).mean()
    before, after = seam_ratio(turned(land), 128, 4), seam_ratio(turned(stepped), 128, 4)
    assert after.same_phase - before.same_phase > 2 * before.error
    assert after.inside - before.inside > 2 * before.error


def test_a_step_has_the_ratio_of_its_bends():
    waves = np.tile([0.0, 1.0, 0.0, -1.0], 32)[:, None] * np.ones(60)  # bends of 0 and 2, 1 at each line
    waves[64:] += 7.0
    ratios = seam_ratio(waves, 64, 4)
    bends = np.abs(np.diff(waves[:, 0], n=2))  # of row k + 1
    assert ratios.same_phase == pytest.approx(bends[62:64].mean() / 1.0)
    assert ratios.inside == pytest.approx(bends[62:64].mean() / np.delete(bends, [62, 63]).mean())


def test_the_pattern_of_the_stride_is_no_seam(land):
    striped = land + 5.0 * _rows(land, 8, 0)
    ratios = seam_ratio(striped, 128, 8)
    assert ratios.same_phase == pytest.approx(1, abs=4 * ratios.error)
    assert ratios.inside > 1.2


def test_borders_are_counted_from_the_origin_of_the_blocks(land):
    stepped = land.copy()
    stepped[100:] += 100.0
    assert seam_ratio(stepped, 128, 4, origin=(28, 0)).same_phase > 2
    assert seam_ratio(stepped, 128, 4, origin=(-100, 0)).same_phase > 2
    assert seam_ratio(stepped, 128, 4).same_phase < 1.1


def test_strips_and_voids_do_not_move_the_borders(land, monkeypatch):
    stepped = land.copy()
    stepped[256:] += 5.0
    expected = seam_ratio(stepped, 128, 4)
    monkeypatch.setattr(grid_artefact, "_STRIP_ROWS", 100)
    assert seam_ratio(stepped, 128, 4) == expected
    stepped[:, 300:] = np.nan
    assert seam_ratio(stepped, 128, 4).same_phase > 1 + (expected.same_phase - 1) / 2


def test_level_land_has_no_seam_and_a_step_on_it_is_infinite():
    level = np.full((300, 300), 183.42)
    assert seam_ratio(level, 128, 4) == grid_artefact.SeamRatio(1.0, 1.0, 0.0)
    level[128:] += 1
    assert seam_ratio(level[:, :100], 128, 4).same_phase == np.inf


@pytest.mark.parametrize("field", [np.zeros((128, 128)), np.zeros((0, 0)), np.full((300, 300), np.nan)])
def test_without_a_border_there_is_no_ratio(field):
    assert seam_ratio(field, 128, 4) is None


@pytest.mark.parametrize(("block_px", "stride"), [(130, 4), (8, 8), (4, 8)])
def test_blocks_must_be_larger_multiples_of_the_stride(land, block_px, stride):
    with pytest.raises(ValueError, match="multiple"):
        seam_ratio(land, block_px, stride)
