# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import tensorflow as tf
from geogan.models.architecture import stage_of
from geogan.models.generation.cascade import built_generator
from geogan.models.networks.discriminator import Discriminator
from geogan.models.networks.noise import random_noise, world_noise
from geogan.models.networks.pits import companded
from geogan.models.networks.pyramid import laplacian_bands, mean_pool, pyramid
from geogan.models.networks.relief import Relief
from geogan.models.networks.scaling import scaling_of
from geogan.models.statistics import FieldStatistics
from geogan.models.training.losses import gradient_penalty

from .conftest import DETAIL, VALLEYS
from .conftest import STATISTICS as OF_TWO_OCTAVES

STATISTICS = [FieldStatistics(500.0, 100.0, 30.0, 60.0, (40.0, 20.0, 10.0))]


def _first(count):
    return tf.zeros([count], tf.int64)


def _relief(patches, statistics=STATISTICS):
    return Relief(patches, scaling_of(statistics, _first(len(patches))))


def _guide(stage, row, col, size):
    """A smooth guide as a function of world cells, for the block of output cells at (row, col)."""
    margin, cells = stage.guide_margin, size // stage.factor
    rows = row // stage.factor + np.arange(-margin, cells + margin)
    cols = col // stage.factor + np.arange(-margin, cells + margin)
    field = 500.0 + 80.0 * np.sin(rows / 5.0)[:, None] * np.cos(cols / 7.0)[None, :]
    return tf.constant(field.astype(np.float32)[None, :, :, None])


def _speaking(generator):
    """Give every layer random weights: as built, residual blocks are the identity."""
    random = np.random.default_rng(1)
    for variable in generator.trainable_variables:
        fan_in = max(1, int(np.prod(variable.shape[:-1])))
        variable.assign(random.normal(size=variable.shape).astype(np.float32) / np.sqrt(fan_in))
    return generator


@pytest.mark.parametrize("factor", [2, 4, 8])
@pytest.mark.parametrize("guided", [False, True])
def test_a_pixel_depends_on_its_place_in_the_world_only(factor, guided):
    """Two overlapping blocks at shifted origins agree, to rounding: nothing looks at the whole map."""
    stage = stage_of("fast", "detail" if guided else "layout", factor, guided, 64)
    statistics = [replace(STATISTICS[0], band_deviations=STATISTICS[0].band_deviations[: stage.octaves])]
    generator = _speaking(built_generator(stage, statistics))

    def block(row, col, size):
        noise = [tf.constant(field) for field in world_noise(stage, 0, 9, row, col, size)]
        return generator(noise, _first(1), _guide(stage, row, col, size) if guided else None).numpy()[
            0, :, :, 0
        ]

    whole, part = block(-64, -32, 96), block(-32, 16, 48)
    assert whole.shape == (96, 96)
    np.testing.assert_allclose(part, whole[32:80, 48:96], atol=0.02)
    assert whole.std() > 10.0


@pytest.mark.parametrize("guided", [False, True])
def test_tensorflow_does_not_give_up_on_joining_a_generators_operations(guided, capfd):
    stage = stage_of("fast", "detail" if guided else "layout", 4, guided, 64)
    generator = built_generator(stage, [replace(STATISTICS[0], band_deviations=(40.0, 20.0))])
    noise = [tf.constant(field) for field in world_noise(stage, 0, 9, 0, 0, 96)]
    guide = _guide(stage, 0, 0, 96) if guided else None
    tf.function(generator, autograph=False)(noise, _first(1), guide)
    assert "remapper failed" not in capfd.readouterr().err


def test_an_untrained_guided_stage_is_a_smooth_refinement_of_its_guide():
    stage = stage_of("standard", "detail", 8, True, 64)
    generator = built_generator(stage, STATISTICS)
    noise = [tf.constant(field) for field in world_noise(stage, 1, 0, 0, 0, 64)]
    guide = _guide(stage, 0, 0, 64)
    means = mean_pool(generator(noise, _first(1), guide), 8).numpy()
    margin = stage.guide_margin
    np.testing.assert_allclose(
        means, guide[:, margin:-margin, margin:-margin], atol=10.0
    )  # of forms 80 m high


def test_land_far_above_all_that_was_learnt_is_no_rougher():
    """A stage that read heights without a bound made bumps of tens of metres of high plains."""
    stage, statistics = DETAIL, OF_TWO_OCTAVES["detail"][0]
    generator = _speaking(built_generator(stage, [statistics]))
    noise = [tf.constant(field) for field in world_noise(stage, 1, 0, 0, 0, 64)]
    plain = np.random.default_rng(1).normal(statistics.mean, 2.0, (1, *_guide(stage, 0, 0, 64).shape[1:]))

    def made(higher):
        raised = tf.constant(plain + higher * statistics.low_deviation, tf.float32)
        return generator(noise, _first(1), raised).numpy() - higher * statistics.low_deviation

    np.testing.assert_allclose(made(20.0), made(1.1), atol=0.05)
    assert np.abs(made(1.1) - made(0.0)).max() > 1.0  # within what was learnt, height counts


def test_an_untrained_stage_without_a_guide_has_the_spectrum_of_the_data():
    stage = stage_of("standard", "layout", 8, False, 64)
    generator = built_generator(stage, STATISTICS)
    field = generator(random_noise(stage, 64, tf.random.Generator.from_seed(1), 64), _first(64))
    bands = Discriminator(stage, 1).bands_of(_relief(field))
    for band in bands[1:]:
        assert 0.3 < np.std(band[..., 0]) < 3.0  # whitened: about one


@pytest.mark.parametrize(
    ("factor", "patch"), [(8, 64), (8, 32), (4, 64), (4, 32), (2, 64), (2, 32), (8, 128)]
)
def test_the_discriminator_gives_one_logit_a_patch(factor, patch):
    stage = stage_of("fast", "layout", factor, False, patch)
    statistics = [FieldStatistics(0.0, 1.0, 1.0, 1.0, (1.0,) * stage.octaves)]
    discriminator = Discriminator(stage, 1)
    patches = tf.random.stateless_normal([3, patch, patch, 1], seed=[1, 2])
    logits = discriminator(discriminator.bands_of(_relief(patches, statistics)), _first(3))
    assert logits.shape == (3,)
    alone = discriminator(discriminator.bands_of(_relief(patches[1:2], statistics)), _first(1))
    np.testing.assert_allclose(alone, logits[1:2], rtol=1e-4, atol=1e-5)  # no operation across patches


def test_all_bands_come_to_the_discriminator_on_one_scale():
    """Whatever the heights of the bands, what is read of them is spread alike."""
    stage = stage_of("fast", "layout", 8, False, 64)
    white = tf.random.stateless_normal([64, 64, 64, 1], seed=[1, 2]) * 10.0 + 500.0
    low, *bands = laplacian_bands(pyramid(white, stage.octaves))
    deviations = [float(np.std(band)) for band in (low, *bands)]
    assert max(deviations) / min(deviations) > 5.0
    statistics = FieldStatistics(500.0, deviations[0], 1.0, deviations[0], tuple(deviations[1:]))
    read = Discriminator(stage, 1).bands_of(_relief(white, [statistics]))
    assert read[0].shape[-1] == 3
    spreads = [float(np.std(band[..., 0])) for band in read[1:]]
    assert max(spreads) / min(spreads) < 1.05


def test_what_is_seen_of_patches_is_made_once_but_anew_for_changed_patches():
    relief = _relief(tf.random.stateless_normal([2, 32, 32, 1], seed=[1, 2]))
    for part in ("heights", "means", "octaves", "pits"):
        assert getattr(relief, part) is getattr(relief, part)
    raised = replace(relief, patches=relief.patches + 100.0)
    np.testing.assert_allclose(raised.heights[0], relief.heights[0] + 100.0, rtol=1e-6)


def test_companding_keeps_one_and_lifts_what_is_faint():
    faint, one, high = companded(tf.constant([0.01, 1.0, 100.0])).numpy()
    assert one == pytest.approx(1.0)
    assert faint > 0.025  # quiet land counts
    assert high < 4.0  # cliffs do not count for more than all else
    assert companded(tf.constant(-1.0)).numpy() == pytest.approx(-1.0)


def test_the_discriminator_s_gradient_can_be_penalised():
    """Euler's theorem gives the derivative of the penalty along the kernels of the entries.

    Without biases D grows in proportion to them, and the squared norm of its gradient is of degree two.
    """
    stage = stage_of("fast", "layout", 8, False, 32)
    discriminator = Discriminator(stage, 1)
    bands = discriminator.bands_of(_relief(tf.random.stateless_normal([2, 32, 32, 1], seed=[1, 2])))
    discriminator(bands, _first(2))
    _speaking(discriminator)
    for variable in discriminator.trainable_variables:
        if variable.path.endswith("bias"):
            variable.assign(tf.zeros_like(variable))
    kernels = [
        v for v in discriminator.trainable_variables if "/entry" in v.path and v.path.endswith("kernel")
    ]
    assert len(kernels) == 3
    with tf.GradientTape() as outer:
        with tf.GradientTape() as inner:
            inner.watch(bands)
            logits = discriminator(bands, _first(2))
        penalty = tf.reduce_sum(gradient_penalty(inner.gradient(logits, bands)))
    gradients = outer.gradient(penalty, kernels)
    along = sum(float(tf.reduce_sum(g * k)) for g, k in zip(gradients, kernels))
    assert along == pytest.approx(2.0 * float(penalty), rel=1e-3)


def test_the_discriminator_of_the_pixels_sees_their_pits_louder():
    pit = np.zeros((1, 32, 32, 1), np.float32)
    pit[0, 16, 16] = -5.0
    statistics = OF_TWO_OCTAVES["detail"]
    relief = _relief(tf.constant(pit), statistics)
    seen = {stage.name: Discriminator(stage, 1).bands_of(relief)[-1] for stage in (VALLEYS, DETAIL)}
    np.testing.assert_array_equal(seen["detail"][..., 0], seen["valleys"][..., 0])
    np.testing.assert_allclose(seen["detail"][..., 1], 16.0 * seen["valleys"][..., 1], rtol=1e-6)
    assert np.max(seen["valleys"][..., 1]) > 0.1
