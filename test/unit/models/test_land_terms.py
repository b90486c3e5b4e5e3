# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf
from geogan.models.networks.pits import pittedness
from geogan.models.networks.relief import Relief
from geogan.models.networks.scaling import scaling_of
from geogan.models.training.land_terms import (
    RUGGEDNESS_POWERS,
    LandTerms,
    ruggedness,
    twins_of,
    variety,
    water_ratio,
)
from geogan.models.training.settings import TrainingSettings
from geogan.models.training.stage_statistics import Hollows
from geogan.test.harness.telling import all_but, rough, terms_of, told


def test_land_as_dry_as_real_land_is_not_told_of_water(architecture, statistics):
    slope = np.tile(np.add.outer(np.arange(36), np.arange(36))[None, :, :, None], (64, 1, 1, 1))
    gradient, means = told(
        terms_of(architecture, symmetry_weight=0.0),
        statistics[1],
        slope.astype(np.float32),
        knows_forms=1.0,
    )
    assert means["wetness"] < 1.0
    assert float(tf.norm(gradient)) == 0.0


def test_wet_land_is_told_to_raise_its_bottoms_and_to_cut_its_lips(architecture, statistics):
    land = rough()
    terms = terms_of(architecture, symmetry_weight=0.0, pits_weight=0.0)
    gradient, means = told(terms, statistics[1], land, knows_forms=1.0)
    assert means["wetness"] > 2.0
    drier = land - 2.0 * np.sign(gradient)
    assert told(terms_of(architecture), statistics[1], drier)[1]["wetness"] < means["wetness"]


@pytest.mark.parametrize(("share", "sign"), [(0.7, -1.0), (1.4, 1.0)])
def test_land_of_other_ruggedness_than_real_land_is_told_to_grow_or_to_shrink(
    architecture, statistics, share, sign
):
    terms = terms_of(architecture, symmetry_weight=0.0)
    gradient, means = told(terms, statistics[1], share * rough(), real=rough())
    assert means["ruggedness"] == pytest.approx(share, rel=1e-3)
    inside = (slice(None), slice(2, 30), slice(2, 30))
    assert sign * np.mean((gradient * rough())[inside]) > 0.0


def test_one_landscape_too_rugged_and_one_too_level_do_not_excuse_each_other(architecture, statistics):
    two = [statistics[1][0]] * 2
    levels = architecture.stages[1].octaves + 1
    hollows = Hollows(water=tf.constant([10.0, 10.0]), pits=tf.fill([2, levels], 10.0))
    settings = TrainingSettings(batch_size=128, symmetry_weight=0.0, pits_weight=0.0, variety_weight=0.0)
    terms = LandTerms(architecture.stages[1], hollows, settings)
    real = tf.constant(rough(128))
    land = tf.concat([0.8 * real[:64], 1.25 * real[64:]], 0)
    landscape = tf.repeat(tf.constant([0, 1], tf.int64), 64)
    with tf.GradientTape() as tape:
        tape.watch(land)
        scaling = scaling_of(two, landscape)
        inside, beside = (Relief(each[:, :32, :32], scaling) for each in (land, real))
        loss, means = terms(land, inside, beside, landscape, 0.0)
    assert means["ruggedness"].numpy() == pytest.approx(1.025, abs=1e-3), (
        "by one mean of all: nothing to tell"
    )
    inside = (slice(None), slice(2, 30), slice(2, 30))
    growth = (-tape.gradient(loss, land) * real).numpy()[inside].mean((1, 2, 3))
    assert growth[:64].mean() > 0.0 > growth[64:].mean()


def test_land_as_rugged_as_real_land_is_not_told_of_it(architecture, statistics):
    terms = terms_of(architecture, symmetry_weight=0.0, variety_weight=0.0, pits_weight=0.0)
    gradient, means = told(terms, statistics[1], rough())
    assert means["ruggedness"] == 1.0
    assert float(tf.norm(gradient)) == 0.0


def test_ruggedness_is_told_octave_by_octave(architecture, statistics):
    scaling = scaling_of(statistics[1], tf.zeros([1], tf.int64))
    waves = np.sin(np.arange(32) * np.pi / 1.5).astype(np.float32)[None, :, None, None]
    of_waves = ruggedness(Relief(tf.constant(np.tile(waves, (1, 1, 32, 1))), scaling).octaves).numpy()
    units = np.array([statistics[1][0].patch_deviation, *statistics[1][0].band_deviations])
    for power, means in zip(RUGGEDNESS_POWERS, np.split(of_waves[0], len(RUGGEDNESS_POWERS))):
        assert np.argmax((means - means.min()) ** (1.0 / power) * units) == len(units) - 1


def test_relief_in_a_few_places_only_is_as_large_by_its_squares_but_not_by_its_mean_size(statistics):
    scaling = scaling_of(statistics[1], tf.zeros([16], tf.int64))
    spread = tf.random.stateless_normal([16, 32, 32, 1], seed=[1, 2])
    gathered = tf.concat([4.0 * spread[:1], tf.zeros_like(spread[1:])], 0)
    means = [ruggedness(Relief(land, scaling).octaves).numpy().mean(0) for land in (spread, gathered)]
    sizes, squares, _ = zip(*(np.split(mean, 3) for mean in means))
    np.testing.assert_allclose(squares[1], squares[0], rtol=0.4)
    assert (sizes[1] < 0.4 * sizes[0]).all()


def test_lone_knobs_hardly_change_sizes_and_squares_but_fourth_powers(statistics):
    scaling = scaling_of(statistics[1], tf.zeros([4], tf.int64))
    land = np.random.default_rng(6).normal(size=(4, 32, 32, 1)).astype(np.float32)
    knobs = land.copy()
    knobs[:, 16, 16] += 12.0
    levels = len(statistics[1][0].band_deviations)  # the finest

    lands = (Relief(tf.constant(each), scaling).octaves for each in (land, knobs))
    of_land, of_knobs = (ruggedness(each).numpy().mean(0) for each in lands)

    ratios = [of_knobs[k * (levels + 1) + levels] / of_land[k * (levels + 1) + levels] for k in range(3)]
    assert ratios[0] < 1.05
    assert ratios[1] < 1.2
    assert ratios[2] > 3.0


def test_of_knobs_a_stage_is_told_once_it_knows_its_forms(architecture, statistics):
    land, knobs = rough(), rough()
    knobs[:, 18, 18] += 20.0 * land.std()
    weights = all_but("ruggedness_weight")
    before, after = (
        told(terms_of(architecture, **weights), statistics[1], knobs, land, knows_forms)[0].numpy()[:, 18, 18]
        for knows_forms in (0.0, 1.0)
    )
    assert np.abs(after).mean() > 2.0 * np.abs(before).mean()
    assert (after > 0.0).mean() > 0.9, "lower, the loss is less"


@pytest.mark.parametrize(("stage", "side"), [(0, 32), (1, 36)])
def test_the_means_forget_and_a_checkpoint_has_them(architecture, statistics, stage, side):
    terms = terms_of(architecture, stage=stage)
    before = {name: average.numpy().copy() for name, average in terms.averages().items()}
    _, means = told(terms, statistics[stage], rough(64)[:, :side, :side], knows_forms=1.0)
    told_of = {"grid", "ruggedness", "roundness", "straightness", "chessboard", "wetness"}
    told_of |= {"pits", "variety"} if stage else set()
    assert set(means) == told_of, "a stage without a guide has no twins"
    held = {"real_ruggedness", "real_roundness", "real_straightness", "real_chessboard", "lasting_grid"}
    held |= {"real_variety"} if stage else {"grain"}
    assert set(before) == told_of | held
    for name, average in terms.averages().items():
        assert not np.array_equal(average.numpy(), before[name])


@pytest.mark.parametrize(("real", "is_told"), [(1e-4, True), (0.5, False)])
def test_land_with_more_pits_than_real_land_is_told_to_have_fewer_and_other_land_more(
    architecture, statistics, real, is_told
):
    def terms():
        levels = architecture.stages[1].octaves + 1
        hollows = Hollows(water=tf.constant([10.0]), pits=tf.fill([1, levels], real))
        settings = TrainingSettings(batch_size=64, symmetry_weight=0.0, variety_weight=0.0)
        return LandTerms(architecture.stages[1], hollows, settings)

    land = rough()
    gradient, means = told(terms(), statistics[1], land, knows_forms=1.0)
    assert (means["pits"] > 1.0) is is_told
    after = told(terms(), statistics[1], land - 2.0 * np.sign(gradient), knows_forms=1.0)[1]
    assert (after["pits"] < means["pits"]) is is_told


def test_land_with_the_pits_of_real_land_is_not_told_of_them(architecture, statistics):
    scaling = scaling_of(statistics[1], tf.zeros([64], tf.int64))
    as_real = tf.reduce_mean(
        pittedness(Relief(tf.constant(rough()[:, :32, :32]), scaling).pits), 0, keepdims=True
    )
    hollows = Hollows(water=tf.constant([10.0]), pits=as_real)
    settings = TrainingSettings(batch_size=64, symmetry_weight=0.0, variety_weight=0.0)
    terms = LandTerms(architecture.stages[1], hollows, settings)
    gradient, means = told(terms, statistics[1], rough(), knows_forms=1.0)
    assert means["pits"] == pytest.approx(1.0, abs=1e-5)
    assert float(tf.reduce_max(tf.abs(gradient))) < 1e-5


def test_water_is_told_in_times_that_of_real_land():
    wanted = tf.constant([0.01, 0.04])
    assert water_ratio(tf.fill([2, 16], 0.02), wanted).numpy() == pytest.approx([2.0, 0.5], rel=0.01)


def test_dry_land_is_as_wet_as_dry_land():
    assert water_ratio(tf.zeros([1, 16]), tf.zeros([1])).numpy() == [1.0]


def _independent(seed, count=64):
    return 20.0 * np.random.default_rng(seed).normal(size=(count, 36, 36, 1)).astype(np.float32)


def test_twins_as_far_from_each_other_as_from_real_land_have_its_variety(statistics):
    scaling = scaling_of(statistics[1], tf.zeros([64], tf.int64))
    lands = (Relief(tf.constant(_independent(seed)), scaling).octaves[1:] for seed in (1, 2))
    found, wanted = variety(*lands, 32)
    np.testing.assert_allclose(found, wanted, rtol=0.02)


def test_twins_that_are_alike_are_told_to_differ(architecture, statistics):
    terms = terms_of(architecture, symmetry_weight=0.0, ruggedness_weight=0.0, pits_weight=0.0)
    land = _independent(1)
    land[-16:] = 0.5 * land[:16] + 0.5 * land[-16:]
    gradient, means = told(terms, statistics[1], land, real=_independent(2))
    assert means["variety"] < 0.9
    apart = (land[:16] - land[-16:])[:, 2:30, 2:30]
    assert np.mean(apart * (gradient[:16] - gradient[-16:])[:, 2:30, 2:30]) < 0.0
    np.testing.assert_array_equal(gradient[16:-16], 0.0)


def test_a_stage_without_a_guide_and_a_tiny_batch_have_no_twins(architecture):
    layout, detail = architecture.stages
    assert [twins_of(layout, 8), twins_of(detail, 8), twins_of(detail, 3)] == [0, 2, 0]
