# SPDX-License-Identifier: GPL-3.0-or-later
"""The classic GAN of the benchmark: it is what its docstring says, and it trains."""

from __future__ import annotations

import numpy as np
import pytest

SIDE_PX = 32
LOW, HIGH = 200.0, 1400.0


@pytest.fixture(scope="module")
def network():
    """The module, which brings TensorFlow."""
    from geogan.test.bench.terrain import classic_gan

    return classic_gan


@pytest.fixture(scope="module")
def gan(network):
    """A small one after a few steps on slopes."""
    gan = network.ClassicGan((LOW, HIGH), seed=1, side_px=SIDE_PX)
    gan.first_weights = [each.copy() for each in gan.generator.get_weights()]
    gan.losses = [gan.step(slopes(4)) for _ in range(3)]
    return gan


def slopes(count: int) -> np.ndarray:
    return np.broadcast_to(np.linspace(LOW, HIGH, SIDE_PX), (count, SIDE_PX, SIDE_PX))


def kinds(model) -> list[str]:
    return [type(layer).__name__ for layer in model.layers]


def test_there_are_three_convolutions_of_128_channels_with_batch_normalisation(gan):
    convolutions = [layer for layer in gan.generator.layers if type(layer).__name__ == "Conv2DTranspose"]

    assert [(layer.filters, layer.kernel_size) for layer in convolutions] == [(128, (3, 3))] * 3
    after = [kinds(gan.generator)[gan.generator.layers.index(layer) + 1] for layer in convolutions]
    assert after == ["BatchNormalization"] * 3
    assert kinds(gan.discriminator).count("Conv2D") == 3
    assert kinds(gan.discriminator).count("BatchNormalization") == 2  # none at its input


def test_at_256_px_they_have_13_6_and_0_4_million_parameters(network):
    generator, discriminator = network._generator(256), network._discriminator(256)

    dense, convolutions, batch_norms, last = 100 * 32 * 32 * 128, 3 * 9 * 128 * 128, 4 * 4 * 128, 9 * 128 + 1
    assert generator.count_params() == dense + convolutions + batch_norms + last == 13_552_769
    assert generator.output_shape == (None, 256, 256, 1)
    assert discriminator.count_params() == 9 * 128 + 128 + 2 * 9 * 128 * 128 + 2 * 4 * 128 + 32 * 32 * 128 + 1


def test_it_learns_as_its_literature_has_it(network, gan):
    assert (network.BATCH, network.NOISE, network.SIDE_PX) == (32, 100, 256)
    assert gan.generator.input_shape == (None, 100)
    for optimizer in gan._optimizers:
        assert type(optimizer).__name__ == "Adam"
        assert float(optimizer.learning_rate) == pytest.approx(2e-4)
        assert optimizer.beta_1 == 0.5


def test_a_step_changes_both_networks_and_its_losses_are_finite(gan):
    assert np.isfinite(gan.losses).all()
    changed = [np.any(a != b) for a, b in zip(gan.first_weights, gan.generator.get_weights())]
    assert all(changed)


def test_the_discriminator_learns_to_tell_slopes_from_what_is_generated(gan):
    assert gan.losses[-1][1] < gan.losses[0][1]


def test_fields_lie_in_the_range_of_the_land_and_differ_between_seeds(gan):
    first, again, second = gan.generate(5), gan.generate(5), gan.generate(6)

    assert first.shape == (SIDE_PX, SIDE_PX)
    assert first.dtype == np.float32
    assert LOW <= first.min() <= first.max() <= HIGH
    np.testing.assert_array_equal(first, again)
    assert np.any(first != second)


def test_a_saved_one_makes_the_same_fields(network, gan, tmp_path):
    path = tmp_path / "model.npz"
    gan.save(path)

    np.testing.assert_array_equal(network.ClassicGan.loaded(path).generate(5), gan.generate(5))


def test_another_seed_trains_another_model(network, gan):
    other = network.ClassicGan((LOW, HIGH), seed=2, side_px=SIDE_PX)

    assert np.any(other.generator.get_weights()[0] != gan.first_weights[0])


def test_its_step_can_be_built_before_the_clock_runs(network):
    gan = network.ClassicGan((LOW, HIGH), seed=1, side_px=SIDE_PX)
    gan.compile(batch=4)

    assert gan._step.experimental_get_tracing_count() == 1
    gan.step(slopes(4))
    assert gan._step.experimental_get_tracing_count() == 1
