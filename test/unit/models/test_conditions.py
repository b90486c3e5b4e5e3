# SPDX-License-Identifier: GPL-3.0-or-later
"""Land is told what guiding layers say there: while it is learnt, and at any place when it is generated."""

from dataclasses import replace

import numpy as np
import pytest
import tensorflow as tf
from geogan.errors import GeoGanError
from geogan.models.architecture import CascadeArchitecture, StageArchitecture, stage_of
from geogan.models.area import Area, averaged
from geogan.models.described import architecture_of
from geogan.models.generation.cascade import Cascade
from geogan.models.generation.conditions import all_standardised, made_land, measured, standardised
from geogan.models.generation.guide import GivenField, following
from geogan.models.model_card import Condition, ModelCard
from geogan.models.model_file import packed, read_card
from geogan.models.training.base_model import BaseModel
from geogan.models.training.hold_out import split_by_place
from geogan.models.training.patches import PatchSampler
from geogan.models.training.planning import _CASCADES, _cascade_of
from geogan.models.training.settings import TrainingSettings
from geogan.models.training.stage_training import StageTrainer
from geogan.models.weights import to_bytes
from geogan.rasters.reading.guiding import HEIGHTS, NUMBERS

from .conftest import DETAIL, LAYOUT, STATISTICS, VALLEYS

SMALL_LAYOUT = StageArchitecture("layout", 4, False, (16, 16), (2, 1), (16, 16), latent_channels=4, patch=32)
TWO = CascadeArchitecture((LAYOUT, VALLEYS, DETAIL)).with_conditions(2)


def _numbers(seed, *shape):
    return np.random.default_rng(seed).standard_normal(shape).astype(np.float32)


@pytest.fixture(scope="module")
def told(weights_of):
    """Return a cascade of three stages with random weights that takes two guiding layers."""
    return Cascade(TWO, [STATISTICS[stage.name] for stage in TWO.stages], weights_of(TWO))


def test_patches_hold_the_conditions_of_their_own_pixels_however_they_are_turned():
    values = _numbers(1, 40, 30)
    area = Area(values, 0, np.stack([2.0 * values, -values], -1))
    patches, _ = PatchSampler([area], 8).draw(64, tf.random.Generator.from_seed(3))
    np.testing.assert_array_equal(patches[..., 1], 2.0 * patches[..., 0])
    np.testing.assert_array_equal(patches[..., 2], -patches[..., 0])


def test_conditions_stay_with_their_land_when_it_is_averaged_and_a_part_held_out():
    values = _numbers(2, 600, 500)
    area = Area(values, 0, values[..., None])
    for part in (averaged(area, 4), *split_by_place([area], 0.15)[0], *split_by_place([area], 0.15)[1]):
        np.testing.assert_array_equal(part.conditions[..., 0], part.values)


def test_each_guiding_layer_has_mean_0_and_deviation_1_over_all_areas_for_the_networks():
    areas = [
        Area(_numbers(n, side, 50), 0, 300.0 + 7.0 * _numbers(n + 9, side, 50, 2))
        for n, side in ((1, 40), (2, 90))
    ]
    conditions = measured(["rain", "age"], areas)
    pixels = np.concatenate([each.conditions.reshape(-1, 2) for each in all_standardised(areas, conditions)])
    np.testing.assert_allclose(pixels.mean(0), 0.0, atol=1e-4)
    np.testing.assert_allclose(pixels.std(0), 1.0, rtol=1e-4)


@pytest.mark.parametrize("number", [0.0, 12.5, -1e-14])
def test_a_guiding_layer_that_is_constant_is_refused_by_name(number):
    area = Area(_numbers(1, 40, 40), 0, np.full((40, 40, 1), number, np.float32))
    with pytest.raises(GeoGanError, match=r"The guiding layer flat is .* all over the land"):
        measured(["flat"], [area])


def test_numbers_may_be_as_small_as_those_of_permeability():
    area = Area(_numbers(1, 40, 40), 0, 1e-14 * (5.0 + _numbers(2, 40, 40, 1)))
    told = standardised(area.conditions, measured(["permeability"], [area]))
    assert np.std(told) == pytest.approx(1.0, rel=1e-3)


@pytest.mark.parametrize("patch", [32, 64])
def test_the_smallest_model_is_told_of_guiding_layers_too(patch):
    """Its patches have fewer cells than the margin that their conditions need."""
    stage = replace(stage_of("fast", "layout", 8, guided=False, patch=patch), conditions=1)
    trainer = StageTrainer(stage, [_hills()], TrainingSettings(batch_size=4))
    assert np.isfinite(list(trainer.step(1e-3).values())).all()


def test_generated_land_differs_where_guiding_layers_do_and_nowhere_else(told):
    values = _numbers(5, 800, 800, 2)
    other = values.copy()
    other[600:, 600:] += 1.0  # on cells of four pixels: 1 088 pixels and more beyond the block
    near = values.copy()
    near[100:, 100:] += 1.0
    block, far, changed = (
        told.conditioned_by(GivenField(-200, -200, each)).block(1, 0, 0) for each in (values, other, near)
    )
    np.testing.assert_array_equal(block, far)
    assert np.abs(block - changed).max() > 1.0


def test_extents_that_overlap_have_the_same_land_whatever_part_of_a_layer_was_read(told):
    values = _numbers(6, 1024, 1024, 2)
    whole = told.conditioned_by(GivenField(-512, -512, values)).block(1, 0, 0)
    part = told.conditioned_by(GivenField(-256, -256, values[256:-128, 256:-128])).block(1, 0, 0)
    np.testing.assert_array_equal(part, whole)


@pytest.mark.parametrize("preset", ["fast", "standard", "large"])
@pytest.mark.parametrize(("factors", "patch"), _CASCADES)
def test_no_pixel_depends_on_guiding_layers_beyond_the_sight_that_is_read(preset, factors, patch):
    seen = 0  # cells that the last stage makes finer, whose sides are `cell` of them in the stage at hand
    cell = 1
    cascade = _cascade_of(preset, factors, patch, 64)
    field_margin = 0  # of the stage's output cells, in its entry cells
    for stage, coarser in zip(cascade.stages[::-1], [*cascade.stages[-2::-1], None]):
        seen = max(seen, (field_margin + stage.latent_margin + 1) * cell)
        if coarser is not None:
            field_margin = -(-(field_margin + stage.guide_margin) // coarser.factor)
            cell *= coarser.factor
    assert seen * np.sqrt(2) <= NUMBERS.sight, "voids are filled from within that far, in a straight line"


@pytest.mark.parametrize("preset", ["fast", "standard", "large"])
@pytest.mark.parametrize(("factors", "patch"), [each for each in _CASCADES if each[0]])
def test_no_pixel_depends_on_a_guide_beyond_the_sight_that_is_read(preset, factors, patch):
    stages = _cascade_of(preset, factors, patch, 64).stages[1:]
    seen = 0  # in output cells of the stage at hand, then in cells of its guide
    for stage in stages[::-1]:
        seen = -(-seen // stage.factor) + stage.guide_margin + 1
        assert seen * np.sqrt(2) <= HEIGHTS.sight
    # One octave off, the last stage makes a guide finer first, whose means over 2 x 2 the others follow.
    for seen_by_others in (0, stages[-1].guide_margin + 1):
        octave_off = -(-2 * seen_by_others // stages[-1].factor) + stages[-1].guide_margin + 1
        assert octave_off * np.sqrt(2) <= HEIGHTS.sight


def test_a_guide_of_heights_and_guiding_layers_go_together_on_a_stage_s_own_cells(told):
    heights, numbers = (
        GivenField(0, 0, 500.0 + _numbers(7, 300, 300)),
        GivenField(0, 0, _numbers(8, 300, 300, 2)),
    )
    guided = following(told.conditioned_by(numbers), heights, 4).cascade
    assert np.isfinite(guided.block(1, 0, 0)).all()
    with pytest.raises(GeoGanError, match="no stage that makes a guide 2 times finer"):
        following(told.conditioned_by(numbers), heights, 2)


def test_each_seed_is_scored_at_its_own_place_of_the_real_land(told):
    real = Area(_numbers(3, 200, 2000), 0, np.zeros((200, 2000, 2), np.float32))
    real.conditions[:] = np.linspace(-3.0, 3.0, 2000)[None, :, None]
    here, there = (made_land(told, seed, 0, real).mean() for seed in (1, 2))
    assert abs(here - there) > 1.0


def test_land_is_scored_on_the_guiding_layers_of_the_real_land(told):
    real = Area(_numbers(3, 200, 700), 0, _numbers(4, 200, 700, 2))
    made = made_land(told, 1, 0, real)
    assert made.shape == (200, 512)
    elsewhere = made_land(told, 1, 0, real._replace(conditions=real.conditions + 1.0))
    assert np.abs(made - elsewhere).max() > 1.0


def test_a_base_model_without_guiding_layers_makes_the_same_land_until_it_has_learnt_of_them(
    cascade_of_three,
):
    base = _base_model(cascade_of_three).told_of(["rain", "age"])
    weights = {name: array for stage in base.stages for name, array in stage.weights().items()}
    statistics = [stage.statistics for stage in base.stages]
    told = Cascade(base.architecture, statistics, weights)
    land = told.conditioned_by(GivenField(0, 0, _numbers(2, 200, 200, 2))).block(5, 0, 0)
    straight = cascade_of_three.guided_by(
        cascade_of_three.field(0), 1, is_free=False
    )  # without guiding layers it bends
    untold = straight.block(5, 0, 0)
    np.testing.assert_allclose(land, untold, atol=1e-3)
    trainer = StageTrainer(
        base.architecture.stages[2], [_hills()], TrainingSettings(batch_size=4), base.stages[2].statistics
    )
    of_discriminator = trainer.weights()
    with_both = {**of_discriminator, **weights}
    trainer.start_from(with_both)  # its shapes fit


def test_a_base_model_with_guiding_layers_must_be_given_as_many(cascade_of_three):
    base = replace(_base_model(cascade_of_three), conditions=[Condition("rain", 0.0, 1.0)])
    with pytest.raises(GeoGanError, match="Give as many, in this order: rain"):
        base.told_of(["rain", "age"])
    assert base.told_of(["regen"]) is base


def test_a_model_file_says_which_guiding_layers_it_takes():
    card = _card(TWO, [Condition("rain", 800.0, 250.5), Condition("age", 60.0, 12.0)])
    read = read_card(packed(card, to_bytes({})))
    assert read.conditions == card.conditions
    assert architecture_of(read) == TWO
    with pytest.raises(GeoGanError, match="guiding layers do not fit its networks"):
        architecture_of(replace(read, conditions=read.conditions[:1]))


@pytest.mark.parametrize("condition", [("rain", 0.0, 0.0), ("rain", float("nan"), 1.0), (3, 0.0, 1.0)])
def test_a_model_file_with_damaged_guiding_layers_is_refused(condition):
    with pytest.raises(ValueError, match="out of its range"):
        _card(TWO, [Condition(*condition)])


@pytest.mark.parametrize("stage", [SMALL_LAYOUT, DETAIL])
def test_a_stage_learns_what_a_guiding_layer_says(stage):
    """The layer says how high the land is: high and low land come to lie where it says so."""
    trainer = StageTrainer(replace(stage, conditions=1), [_hills()], TrainingSettings(batch_size=8))
    for _ in range(150):
        trainer.step(2e-3)
    batch = trainer.batches.draw()
    made = trainer.generator(batch.noise, batch.landscape, batch.guide, batch.told)
    other = trainer.generator(batch.noise, batch.landscape, batch.guide, -batch.told)
    real = batch.beside[0]
    told = _correlation(tf.nn.avg_pool2d(made, 4, 4, "VALID"), tf.nn.avg_pool2d(real, 4, 4, "VALID"))
    assert told > 0.5
    if not stage.guided:
        assert _correlation(made, other) < -0.3, "turned round, the layer turns the land round"


def _correlation(one, other):
    return float(np.corrcoef(np.ravel(one), np.ravel(other))[0, 1])


def _hills():
    """Return land that is high where its guiding layer is 1 and low where it is -1."""
    rows, cols = np.mgrid[:320, :320]
    layer = np.sign(np.sin(rows / 20.0) * np.sin(cols / 20.0)).astype(np.float32)
    return Area(100.0 * layer + 10.0 * _numbers(1, 320, 320), 0, layer[..., None])


def _card(architecture, conditions):
    stages = [
        {
            "architecture": described,
            "statistics": [each.to_json() for each in STATISTICS[stage.name]],
            "steps": 1,
        }
        for described, stage in zip(architecture.to_json(), architecture.stages)
    ]
    return ModelCard("test", "terrain", 30.0, "m", (0.0, 1.0), stages, conditions=conditions)


def _base_model(cascade):
    card = _card(cascade.architecture, [])
    return BaseModel.from_bytes(packed(card, to_bytes(cascade.weights)))
