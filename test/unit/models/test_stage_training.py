# SPDX-License-Identifier: GPL-3.0-or-later
"""One stage as it learns: what it is told, what its players see, and what is kept of it."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf
from geogan.errors import GeoGanError
from geogan.models.area import Area
from geogan.models.training.losses import LOSSES
from geogan.models.training.settings import TrainingSettings
from geogan.models.training.stage_training import StageTrainer
from geogan.test.harness.telling import all_but

from .conftest import DETAIL, LAYOUT, SETTINGS, VALLEYS


@pytest.mark.parametrize("loss", ["relativistic", "standard"])
def test_a_detail_stage_keeps_its_guide_from_the_first_step_and_while_it_learns_forms(
    architecture, land, loss
):
    trainer = StageTrainer(architecture.stages[1], [Area(land)], TrainingSettings(batch_size=8, loss=loss))
    for _ in range(61):
        losses = trainer.step(1e-3)
        assert losses["guide_distance"] < 0.2  # of the deviation of the coarsest band
    assert all(np.isfinite(value) for value in losses.values())


@pytest.mark.parametrize(
    ("stage", "is_told"), [(LAYOUT, [0.0, 0.0, 1.0]), (VALLEYS, [0.0, 0.0, 1.0]), (DETAIL, [1.0, 1.0, 1.0])]
)
def test_what_is_coarser_than_pixels_learns_forms_before_it_is_told_of_water(stage, is_told, land):
    told = []
    trainer = StageTrainer(stage, [Area(land)], TrainingSettings(batch_size=8))
    trainer._step = lambda _ema, knows_forms: told.append(float(knows_forms)) or tf.zeros([0])
    for trainer.patches in (0, 15_992, 16_000):
        trainer.step(1e-3)
    assert told == is_told


def test_a_layout_whose_base_model_knows_its_forms_is_told_of_water_at_once(land):
    told = []
    trainer = StageTrainer(LAYOUT, [Area(land)], TrainingSettings(batch_size=8))
    trainer._step = lambda _ema, knows_forms: told.append(float(knows_forms)) or tf.zeros([0])
    trainer.knows_forms = True
    trainer.step(1e-3)
    assert told == [1.0]


def test_twins_of_a_batch_have_the_same_guide_and_other_noise(architecture, land):
    trainer = StageTrainer(architecture.stages[1], [Area(land)], TrainingSettings(batch_size=8))
    batch = trainer.batches.draw()
    np.testing.assert_array_equal(batch.guide[:2], batch.guide[-2:])
    np.testing.assert_array_equal(batch.real[:2], batch.real[-2:])
    assert not np.array_equal(batch.guide[2:4], batch.guide[-2:])
    assert all(not np.array_equal(noise[:2], noise[-2:]) for noise in batch.noise)


def test_the_generator_learns_what_its_own_pass_through_the_discriminator_would_teach(architecture, land):
    """One pass of the discriminator serves both players: the gradient that R2 needs is the generator's."""
    settings = TrainingSettings(batch_size=4, **all_but())
    trainer = StageTrainer(architecture.stages[1], [Area(land)], settings)
    for _ in range(3):
        trainer.step(1e-3)  # the last layers start at zero
    batch, taught = trainer.batches.draw(), {}
    trainer.batches.draw = lambda: batch
    trainer.batches.crop = lambda *fields: [field[:, :32, :32] for field in fields]
    trainer.batches.shares_of_changed = [0.0]
    trainer._apply = taught.setdefault
    with tf.GradientTape() as tape:
        real, fake = trainer.batches.crop(
            batch.real, trainer.generator(batch.noise, batch.landscape, batch.guide)
        )
        reliefs = [trainer._relief(field, batch.landscape) for field in (real, fake)]
        seen = [trainer._seen(relief, batch.landscape) for relief in reliefs]
        logits = [trainer.discriminator(bands, batch.landscape) for bands in seen]
        loss = tf.reduce_mean(LOSSES["relativistic"].generator(*logits))
    expected = tape.gradient(loss, [variable.value for variable in trainer.generator.trainable_variables])
    trainer._train_step(tf.constant(0.9), tf.constant(0.0))
    for gradient, wanted in zip(map(tf.convert_to_tensor, taught[0]), map(tf.convert_to_tensor, expected)):
        np.testing.assert_allclose(gradient, wanted, rtol=1e-3, atol=1e-6 * float(tf.norm(wanted)) + 1e-8)


def test_the_averaged_generator_lags_behind_the_live_one(architecture, land):
    trainer = StageTrainer(architecture.stages[0], [Area(land[::4, ::4])], SETTINGS)
    start = trainer.averaged[0].numpy()
    for _ in range(5):
        trainer.step(1e-3)
    live, averaged = trainer.generator.trainable_variables[0].numpy(), trainer.averaged[0].numpy()
    assert not np.array_equal(averaged, start)
    assert np.abs(averaged - start).sum() > 0
    assert np.abs(averaged - live).sum() > 0
    of_file = [name for name in trainer.weights() if "/generator/" in name]
    assert len(of_file) == len(trainer.averaged)
    for name, variable in zip(of_file, trainer.averaged):
        np.testing.assert_array_equal(trainer.weights()[name], variable.numpy())


@pytest.fixture(scope="module")
def compiled_stage(architecture, land):
    """Return a stage whose step is compiled, and its state before and after that."""
    trainer = StageTrainer(architecture.stages[-1], [Area(land)], SETTINGS)
    before = trainer.weights() | trainer.progress_state()
    trainer.compile()
    return trainer, before, trainer.weights() | trainer.progress_state()


def test_compiling_a_step_teaches_nothing(compiled_stage):
    _, before, after = compiled_stage
    assert before.keys() == after.keys()
    for name, array in before.items():
        np.testing.assert_array_equal(after[name], array, err_msg=name)


def test_a_step_is_one_graph_without_python_whatever_the_learning_rate_and_the_patches_seen(
    compiled_stage, land
):
    trainer, *_ = compiled_stage
    for step in range(3):
        trainer.step(1e-3 / (1 + step))
    trainer.move_to([Area(land[::-1, :-8].copy())])
    trainer.step(1e-4)
    assert trainer._step.experimental_get_tracing_count() == 1
    (step,) = trainer._step._list_all_concrete_functions()
    graph = step.graph.as_graph_def()
    nodes = [*graph.node, *(node for function in graph.library.function for node in function.node_def)]
    operations = {node.op for node in nodes}
    assert "Conv2D" in operations
    assert not {name for name in operations if "PyFunc" in name}


def test_all_losses_of_a_step_leave_the_device_as_one_tensor_and_keep_their_names(compiled_stage):
    trainer, *_ = compiled_stage
    losses = trainer.step(1e-3)
    (step,) = trainer._step._list_all_concrete_functions()
    (told,) = step.outputs
    assert told.shape == (len(losses),)
    assert losses["gamma"] == float(trainer.gamma)
    pits = trainer.progress_state()["detail/pits/"]
    assert losses["pits"] == pytest.approx(pits[:, -1].mean())


def test_gamma_grows_while_the_discriminator_is_far_ahead_and_falls_while_it_is_not(architecture, land):
    trainer = StageTrainer(architecture.stages[0], [Area(land[::4, ::4])], SETTINGS)
    start = float(trainer.gamma)
    for lead, bound in ((1.0, 10.0), (0.0, 1.0)):
        trainer.gamma.assign(start)
        trainer._adapt_gamma(tf.constant(lead))
        assert (float(trainer.gamma) - start) * (bound - start) > 0  # towards the bound
        for _ in range(2000):
            trainer._adapt_gamma(tf.constant(lead))
        assert float(trainer.gamma) == bound


def test_a_gamma_that_was_given_stays(architecture, land):
    settings = TrainingSettings(batch_size=4, gamma=7.0)
    trainer = StageTrainer(architecture.stages[0], [Area(land[::4, ::4])], settings)
    for _ in range(3):
        trainer.step(1e-3)
    assert float(trainer.gamma) == 7.0


def test_the_discriminator_sees_patches_at_every_offset_of_the_lattice_real_and_generated_alike(
    architecture, land
):
    stage = architecture.stages[0]
    trainer = StageTrainer(stage, [Area(land[::4, ::4])], SETTINGS)
    side = stage.patch + stage.factor
    columns = tf.tile(tf.range(side, dtype=tf.float32)[None, None, :, None], [4, side, 1, 1])
    offsets = set()
    for _ in range(100):
        one, other = trainer.batches.crop(columns, columns + 1000.0)
        assert one.shape == (4, stage.patch, stage.patch, 1)
        np.testing.assert_array_equal(one + 1000.0, other)
        offsets.add(int(one[0, 0, 0, 0]))
    assert offsets == set(range(stage.factor))


def test_a_damaged_checkpoint_is_refused(architecture, land):
    trainer = StageTrainer(architecture.stages[0], [Area(land[::4, ::4])], SETTINGS)
    state = {name: array for name, array in trainer.progress_state().items() if "optimizer1" not in name}
    with pytest.raises(GeoGanError, match="checkpoint is damaged"):
        trainer.go_on_from(trainer.weights(), state, 1)
