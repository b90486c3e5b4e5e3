# SPDX-License-Identifier: GPL-3.0-or-later
"""Has the terms of a stage tell of land, for their tests."""

from __future__ import annotations

from dataclasses import fields

import numpy as np
import tensorflow as tf
from geogan.models.networks.relief import Relief
from geogan.models.networks.scaling import scaling_of
from geogan.models.training.land_terms import LandTerms
from geogan.models.training.settings import TrainingSettings
from geogan.models.training.stage_statistics import Hollows


def terms_of(architecture, stage=1, **settings):
    """Return the terms of one stage, which wants land of little water and few pits."""
    settings = TrainingSettings(batch_size=64, **settings)
    levels = architecture.stages[stage].octaves + 1
    hollows = Hollows(water=tf.constant([0.01]), pits=tf.fill([1, levels], 0.01))
    return LandTerms(architecture.stages[stage], hollows, settings)


def told(terms, statistics, field, real=None, knows_forms=0.0):
    """Tell of a field beside land that is as rugged, or beside a real one, given its stage's statistics."""
    field = tf.constant(field)
    real = field if real is None else tf.constant(real)
    with tf.GradientTape() as tape:
        tape.watch(field)
        landscape = tf.zeros([field.shape[0]], tf.int64)
        scaling = scaling_of(statistics, landscape)
        land, beside = (Relief(each[:, :32, :32], scaling) for each in (field, real))
        loss, means = terms(field, land, beside, landscape, knows_forms)
    return tape.gradient(loss, field), {name: float(mean) for name, mean in means.items()}


def all_but(kept=None):
    """Return settings by which nothing is told of but one thing, or nothing at all."""
    weights = [field.name for field in fields(TrainingSettings) if field.name.endswith("_weight")]
    return {name: 0.0 for name in weights if name != kept}


def rough(count=64):
    """Return white noise, always the same."""
    return 20.0 * np.random.default_rng(3).normal(size=(count, 36, 36, 1)).astype(np.float32)
