# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import numpy as np
import tensorflow as tf
from geogan.models.land_terms import LandTerms
from geogan.models.stage_training import TrainingSettings


def _terms(architecture, statistics, stage=1, **settings):
    wanted = tf.constant([0.01])
    return LandTerms(
        architecture.stages[stage], statistics[stage], wanted, TrainingSettings(batch_size=64, **settings)
    )


def _told(terms, field):
    field = tf.constant(field)
    with tf.GradientTape() as tape:
        tape.watch(field)
        loss, means = terms(field, field[:, :32, :32], tf.zeros([field.shape[0]], tf.int64))
    return tape.gradient(loss, field), {name: float(mean) for name, mean in means.items()}


def _rough(count=64):
    return 20.0 * np.random.default_rng(3).normal(size=(count, 36, 36, 1)).astype(np.float32)


def test_land_as_dry_as_real_land_is_not_told_of_water(architecture, statistics):
    slope = np.tile(np.add.outer(np.arange(36), np.arange(36))[None, :, :, None], (64, 1, 1, 1))
    gradient, means = _told(_terms(architecture, statistics, symmetry_weight=0.0), slope.astype(np.float32))
    assert means["wetness"] < 1.0
    assert float(tf.norm(gradient)) == 0.0


def test_wet_land_is_told_to_raise_its_bottoms_and_to_cut_its_lips(architecture, statistics):
    land = _rough()
    gradient, means = _told(_terms(architecture, statistics, symmetry_weight=0.0), land)
    assert means["wetness"] > 2.0
    drier = land - 2.0 * np.sign(gradient)
    assert _told(_terms(architecture, statistics), drier)[1]["wetness"] < means["wetness"]


def test_the_means_forget_and_a_checkpoint_has_them(architecture, statistics):
    terms = _terms(architecture, statistics, stage=0)
    before = {name: average.numpy().copy() for name, average in terms.averages().items()}
    random = _rough(64)[:, :32, :32]
    terms(tf.constant(random), tf.constant(random), tf.zeros([64], tf.int64))
    assert set(before) == {"wetness", "asymmetry"}
    for name, average in terms.averages().items():
        assert not np.array_equal(average.numpy(), before[name])
