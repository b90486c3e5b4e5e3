# SPDX-License-Identifier: GPL-3.0-or-later
"""Training on GPUs, as far as two halves of a processor can stand in for them."""

from __future__ import annotations

import dataclasses
import time

import numpy as np
import pytest
import tensorflow as tf
from geogan.models.area import Area
from geogan.models.generation.cascade import Cascade
from geogan.models.networks.generator import Generator
from geogan.models.networks.layers import BFLOAT16, FLOAT32
from geogan.models.networks.noise import random_noise
from geogan.models.training import placement, stage_training
from geogan.models.training.placement import Placement, faster, placement_of, placement_on_gpus
from geogan.models.training.settings import TrainingSettings
from geogan.models.training.stage_training import StageTrainer

from .conftest import DETAIL, LAYOUT, STATISTICS, TWO_DEVICES, VALLEYS

SETTINGS = TrainingSettings(batch_size=4, seed=3)
OLD_GPU, NEW_GPU = {"compute_capability": (7, 5)}, {"compute_capability": (8, 6)}


@pytest.mark.parametrize(
    ("gpus", "wanted"),
    [
        ([NEW_GPU], Placement(("/GPU:0",), BFLOAT16, tries_xla=True)),
        ([OLD_GPU], Placement(("/GPU:0",), FLOAT32, tries_xla=True)),
        ([NEW_GPU, NEW_GPU], Placement(("/GPU:0", "/GPU:1"), BFLOAT16)),
        ([NEW_GPU, OLD_GPU], Placement(("/GPU:0", "/GPU:1"), FLOAT32)),
        ([{}], Placement(("/GPU:0",), FLOAT32, tries_xla=True)),  # not every driver tells
    ],
)
def test_all_gpus_train_and_bfloat16_is_for_those_that_have_it(gpus, wanted):
    assert placement_on_gpus(gpus) == wanted


@pytest.mark.parametrize(("bfloat16_ms", "precision"), [(1.0, BFLOAT16), (30.0, FLOAT32)])
def test_a_processor_trains_with_the_faster_convolutions_and_without_xla(monkeypatch, bfloat16_ms, precision):
    def convolved(dtype, *_):
        time.sleep((bfloat16_ms if dtype == tf.bfloat16 else 10.0) / 1000.0)

    monkeypatch.setattr(placement, "_convolved", convolved)
    assert placement_of("cpu") == Placement(("/CPU:0",), precision, tries_xla=False)


def test_the_real_trial_finds_one_of_both():
    assert placement_of("cpu").precision in (FLOAT32, BFLOAT16)


@pytest.fixture(scope="module")
def on_two_devices(land):
    """Return a stage that has trained three steps on two devices, the last one on other areas."""
    with Placement(TWO_DEVICES).entered():
        trainer = StageTrainer(DETAIL, [Area(land)], SETTINGS, precision=BFLOAT16)
        for areas in ([Area(land)], [Area(land)], [Area(land[:200])]):
            trainer.move_to(areas)
            trainer.step(1e-3)
    return trainer


def _of_devices(variable):
    return [of_device.numpy() for of_device in variable.values]


def test_two_devices_stay_one_model(on_two_devices):
    weights = [variable.value for variable in on_two_devices.generator.trainable_variables]
    judging = [variable.value for variable in on_two_devices.discriminator.trainable_variables]
    for variable in [*weights, *judging, *on_two_devices.averaged, *on_two_devices._steering().values()]:
        one, other = _of_devices(variable)
        np.testing.assert_array_equal(one, other)


def test_each_device_draws_patches_of_its_own(on_two_devices):
    def drawn():
        return on_two_devices.batches.sampler.draw(4, on_two_devices.random)[0]

    one, other = on_two_devices._strategy.run(tf.function(drawn)).values
    assert not np.array_equal(one, other)
    assert on_two_devices.patches_a_step == 2 * SETTINGS.batch_size


def test_two_devices_learn_from_the_patches_of_both(land):
    """Given the same patches they add up the same gradients: twice one of them, its square four times."""
    names = [field.name for field in dataclasses.fields(SETTINGS)]
    # Their pull depends on how many patches were seen.
    of_land = [name for name in names if name.endswith("_weight") and name != "guide_weight"]
    untold = dataclasses.replace(SETTINGS, **dict.fromkeys(of_land, 0.0))

    def moments_after_a_step(devices):
        with devices.entered():
            trainer = StageTrainer(DETAIL, [Area(land)], untold)
            batch = trainer.batches.draw()
            trainer.batches.draw = lambda: batch
            trainer.batches.crop = lambda *fields: [field[:, :32, :32] for field in fields]
            trainer.batches.shares_of_changed = [0.0]
            trainer.step(1e-3)
        moments = {}
        for kind in ("momentum", "velocity"):
            variables = [each for optimizer in trainer._optimizers for each in optimizer.variables]
            moments[kind] = [np.linalg.norm(each.numpy()) for each in variables if each.path.endswith(kind)]
        return moments

    alone, together = moments_after_a_step(Placement()), moments_after_a_step(Placement(TWO_DEVICES))
    for kind, times in (("momentum", 2.0), ("velocity", 4.0)):
        ratios = [both / one for one, both in zip(alone[kind], together[kind]) if one > 1e-6]
        assert len(ratios) > 10
        np.testing.assert_allclose(ratios, times, rtol=0.01)


def test_a_training_on_two_devices_goes_on_with_one_and_the_other_way_round(on_two_devices, land):
    state = on_two_devices.weights(), on_two_devices.progress_state(), on_two_devices.steps
    with Placement().entered():
        alone = StageTrainer(DETAIL, [Area(land)], SETTINGS, on_two_devices.statistics)
        alone.go_on_from(*state)
        losses = alone.step(1e-3)
    assert all(np.isfinite(loss) for loss in losses.values())
    before = on_two_devices.steps, on_two_devices.patches
    with on_two_devices._strategy.scope():
        on_two_devices.go_on_from(alone.weights(), alone.progress_state(), alone.steps)
        on_two_devices.step(1e-3)
    assert on_two_devices.steps == before[0] + 2
    assert on_two_devices.patches == before[1] + 3 * SETTINGS.batch_size


@pytest.mark.parametrize("stage", [LAYOUT, DETAIL], ids=["layout", "detail"])
def test_a_field_of_bfloat16_convolutions_is_nearly_that_of_float32(stage, weights_of, architecture):
    random = tf.random.Generator.from_seed(5)
    noise = random_noise(stage, 2, random, stage.patch)
    side = stage.patch // stage.factor + 2 * stage.guide_margin
    guide = 500.0 + 50.0 * random.normal([2, side, side, 1]) if stage.guided else None
    weights, fields = weights_of(architecture), {}
    for precision in (FLOAT32, BFLOAT16):
        generator = Generator(stage, STATISTICS[stage.name], precision)
        generator.build()
        for variable in generator.trainable_variables:
            name = f"{stage.name}/{variable.path}"
            variable.assign(weights[name])
            assert variable.dtype == "float32"
        fields[precision] = generator(noise, tf.zeros([2], tf.int64), guide)
        assert fields[precision].dtype == tf.float32
    difference = np.abs(fields[BFLOAT16] - fields[FLOAT32])
    assert 0.0 < difference.max() < 0.1 * np.std(fields[FLOAT32])


def test_a_stage_learns_in_bfloat16(land):
    trainer = StageTrainer(DETAIL, [Area(land)], SETTINGS, precision=BFLOAT16)
    before = trainer.weights()
    for _ in range(3):
        losses = trainer.step(1e-3)
    assert all(np.isfinite(loss) for loss in losses.values())
    assert any((trainer.weights()[name] != array).any() for name, array in before.items())


def test_a_landscape_is_learnt_as_any_other_weight(land):
    """Its gradient is one row a patch; Adam must see their sum, not their squares one by one."""
    trainer = StageTrainer(DETAIL, [Area(land), Area(land[::-1], 1)], SETTINGS)
    trainer.step(1e-3)
    for optimizer in trainer._optimizers:
        moments = {
            each.path.rsplit("/", 1)[1]: each.numpy()
            for each in optimizer.variables
            if "landscape" in each.path
        }
        (momentum,) = [array for name, array in moments.items() if name.endswith("momentum")]
        (velocity,) = [array for name, array in moments.items() if name.endswith("velocity")]
        np.testing.assert_allclose(velocity, 0.01 * momentum**2, rtol=1e-4, atol=1e-12)


@pytest.mark.parametrize(
    ("devices", "seconds", "areas_stay", "is_tried"),
    [
        ([NEW_GPU], 900.0, True, True),
        ([NEW_GPU], 899.0, True, False),
        ([NEW_GPU], 3600.0, False, False),
        ([NEW_GPU, NEW_GPU], 3600.0, True, False),
    ],
)
def test_xla_is_tried_on_one_card_in_trainings_from_a_quarter_of_an_hour_whose_areas_stay(
    devices, seconds, areas_stay, is_tried
):
    assert placement_on_gpus(devices).tries_xla_in(seconds, areas_stay=areas_stay) is is_tried


def test_on_a_processor_xla_is_never_tried():
    assert not placement_of("cpu").tries_xla_in(3600.0, areas_stay=True)


def test_the_faster_of_two_ways_is_known():
    assert faster(lambda: None, lambda: time.sleep(0.01))
    assert not faster(lambda: time.sleep(0.01), lambda: None)


def test_a_way_that_tensorflow_cannot_run_is_not_the_faster():
    def fails():
        raise tf.errors.InvalidArgumentError(None, None, "no kernel for XLA")

    assert not faster(fails, lambda: None)


@pytest.mark.parametrize("stage", [LAYOUT, VALLEYS, DETAIL], ids=lambda stage: stage.name)
def test_xla_has_all_operations_of_a_step(land, stage):
    """As far as a processor can tell: what it cannot run on a card is left out without a word.

    A step with bfloat16 has all operations of one without, and those that go from one to the other.
    """
    trainer = StageTrainer(stage, [Area(np.tile(land, (2, 2)))], SETTINGS, precision=BFLOAT16)
    assert trainer.batches.takes_own_guides is stage.guided
    by_xla = tf.function(trainer._train_step, autograph=False, jit_compile=True)
    described = by_xla.experimental_get_compiler_ir(tf.constant(0.5), tf.constant(1.0))(stage="hlo")
    assert "convolution" in described


@pytest.mark.parametrize("xla_is_faster", [True, False])
def test_xla_is_taken_where_it_is_faster(land, monkeypatch, xla_is_faster):
    """With a step of a moment: on a processor, XLA takes minutes for a real one."""
    trainer = StageTrainer(LAYOUT, [Area(np.tile(land, (2, 2)))], SETTINGS)
    taken = []
    monkeypatch.setattr(trainer, "_train_step", lambda ema, told: tf.stack([ema * told]))
    monkeypatch.setattr(stage_training, "faster", lambda *ways: taken.append(ways) or xla_is_faster)
    assert trainer.try_xla() is xla_is_faster
    by_xla, plain = taken[0]
    assert by_xla() == plain() == [0.0]
    assert (trainer._step._jit_compile is True) == xla_is_faster


def test_trying_xla_teaches_nothing(land, monkeypatch):
    """Steps are taken, as XLA would take them, and forgotten."""
    trainer = StageTrainer(DETAIL, [Area(land)], SETTINGS)
    trainer.step(1e-3)
    before = trainer.weights() | trainer.progress_state()
    changed = []

    def two_steps(_, plain):
        plain(), plain()
        state = trainer.weights() | trainer.progress_state()
        changed.extend(name for name in before if not np.array_equal(state[name], before[name]))
        return False

    monkeypatch.setattr(stage_training, "faster", two_steps)
    trainer.try_xla()
    assert {"detail/gamma/", "detail/wetness/", "detail/random/"} <= set(changed)
    after = trainer.weights() | trainer.progress_state()
    for name, array in before.items():
        np.testing.assert_array_equal(after[name], array, err_msg=name)


def test_a_model_that_two_devices_train_makes_the_land_that_one_makes_of_it(
    architecture, statistics, weights
):
    alone = Cascade(architecture, statistics, weights).block(5, 0, 0)
    with Placement(TWO_DEVICES).entered():
        scored = Cascade(architecture, statistics, weights)
        np.testing.assert_array_equal(scored.block(5, 0, 0), alone)
        scored.load({name: 2.0 * array for name, array in weights.items()})
        assert not np.array_equal(scored.block(5, 0, 0), alone)
