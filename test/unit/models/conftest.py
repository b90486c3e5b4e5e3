# SPDX-License-Identifier: GPL-3.0-or-later
"""A small land to train on, a cascade with random weights and its model, and what scores land."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf
from geogan.models.architecture import CascadeArchitecture, StageArchitecture
from geogan.models.area import Area
from geogan.models.generation.cascade import Cascade, built_generator
from geogan.models.model_card import ModelCard
from geogan.models.model_file import packed
from geogan.models.statistics import FieldStatistics
from geogan.models.training.scoring import Scorer
from geogan.models.training.settings import TrainingSettings
from geogan.models.weights import network_weights, to_bytes
from geogan.test.unit.models.scored_land import PIXEL_SIZE, rough_heights

# The processor as two devices, for what is meant for several GPUs; possible only before TensorFlow is used.
tf.config.set_logical_device_configuration(
    tf.config.list_physical_devices("CPU")[0], [tf.config.LogicalDeviceConfiguration()] * 2
)
TWO_DEVICES = ("/CPU:0", "/CPU:1")

SMALL = {"latent_channels": 4, "patch": 32}
LAYOUT = StageArchitecture("layout", 8, False, (8, 8, 8), (2, 1, 1), (8, 8, 8), **SMALL)
VALLEYS = StageArchitecture("valleys", 4, True, (8, 8), (2, 1), (8, 8), **SMALL)
DETAIL = StageArchitecture("detail", 4, True, (8, 8), (2, 1), (8, 8), **SMALL)
STATISTICS = {
    "layout": [FieldStatistics(500.0, 100.0, 60.0, 80.0, (40.0, 20.0, 10.0))],
    "valleys": [FieldStatistics(500.0, 100.0, 40.0, 70.0, (16.0, 8.0))],
    "detail": [FieldStatistics(500.0, 100.0, 30.0, 60.0, (8.0, 4.0))],
}
SETTINGS = TrainingSettings(batch_size=4, seed=3)


def silent(*_args, **_values):
    """Be a log that nobody reads."""


@pytest.fixture(scope="session")
def land():
    """Return 320 x 288 px of hills, float32: a random walk smoothed at three scales."""
    random = np.random.default_rng(11)
    land = np.zeros((320, 288))
    for cells, height in ((8, 100.0), (32, 30.0), (96, 8.0)):
        coarse = random.normal(size=(cells, cells))
        rows = np.linspace(0, cells - 1.001, 320)
        cols = np.linspace(0, cells - 1.001, 288)
        top, left = rows.astype(int), cols.astype(int)
        along_rows = (rows - top)[:, None]
        along_cols = (cols - left)[None, :]
        upper = coarse[top][:, left] * (1 - along_cols) + coarse[top][:, left + 1] * along_cols
        lower = coarse[top + 1][:, left] * (1 - along_cols) + coarse[top + 1][:, left + 1] * along_cols
        land += height * (upper * (1 - along_rows) + lower * along_rows)
    land = land.astype(np.float32)
    land.setflags(write=False)
    return land


@pytest.fixture(scope="session")
def weights_of():
    """Return a function that gives a cascade weights which let every layer speak, as zeros would not."""

    def weights_of(architecture):
        random = np.random.default_rng(7)
        weights: dict[str, np.ndarray] = {}
        for stage in architecture.stages:
            generator = built_generator(stage, STATISTICS[stage.name])
            named = network_weights(generator.trainable_variables, f"{stage.name}/generator/")
            weights.update({name: _random_like(array, random) for name, array in named.items()})
        return weights

    return weights_of


@pytest.fixture(scope="session")
def weights(architecture, weights_of):
    return weights_of(architecture)


def _random_like(array, random):
    fan_in = max(1, array.size // array.shape[-1])
    return (random.normal(size=array.shape) / np.sqrt(fan_in)).astype(np.float32)


@pytest.fixture(scope="session")
def architecture():
    return CascadeArchitecture((LAYOUT, DETAIL))


@pytest.fixture(scope="session")
def cascade_of_three(weights_of):
    architecture = CascadeArchitecture((LAYOUT, VALLEYS, DETAIL))
    statistics = [STATISTICS[stage.name] for stage in architecture.stages]
    return Cascade(architecture, statistics, weights_of(architecture))


@pytest.fixture(scope="session")
def statistics(architecture):
    return [STATISTICS[stage.name] for stage in architecture.stages]


@pytest.fixture(scope="session")
def cascade(architecture, statistics, weights):
    return Cascade(architecture, statistics, weights)


@pytest.fixture
def card(architecture, statistics):
    stages = [
        {"architecture": stage, "statistics": [each.to_json() for each in numbers], "steps": 5}
        for stage, numbers in zip(architecture.to_json(), statistics)
    ]
    return ModelCard(
        "dem", "terrain", 30.0, "m", (-3.0, 812.5), stages, ["hills"], {"seed": 1}, {"land": 1.1}
    )


@pytest.fixture
def model(card, weights):
    return packed(card, to_bytes(weights))


@pytest.fixture
def scorer():
    areas = [Area(rough_heights(1, 100.0))]
    return Scorer(areas, areas, PIXEL_SIZE)
