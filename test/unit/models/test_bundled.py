# SPDX-License-Identifier: GPL-3.0-or-later
"""What the bundled model's stages make: no bumps where land is high, and no grid of two by two cells."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from geogan.models.generation.generation_job import cascade_of
from geogan.models.generation.guide import GivenField
from geogan.models.generation.world import World

BUNDLED = Path(__file__).resolve().parents[3] / "resources" / "pretrained" / "terrain.geogan"


@pytest.fixture(scope="module")
def bundled():
    return cascade_of(BUNDLED.read_bytes(), "cpu")


def _bend(field):
    return np.abs(np.diff(field.astype(np.float64), 2, axis=0)).mean()


@pytest.mark.parametrize("index", [1, 2])
def test_a_plain_far_above_all_that_was_learnt_is_as_smooth_as_one_that_is_not(bundled, index):
    """Read without a bound, a plain five deviations up bent by 89 m from cell to cell in the valleys."""
    for landscape, statistics in enumerate(bundled._stages[index]._generator.statistics):

        def plain(deviations, statistics=statistics, landscape=landscape):
            level = statistics.mean + deviations * statistics.low_deviation
            heights = np.random.default_rng(0).normal(level, 2.0, (96, 96)).astype(np.float32)
            return bundled.field(index, GivenField(0, 0, heights)).window(World(3, landscape), 64, 64, 192)

        assert _bend(plain(5.0)) == pytest.approx(_bend(plain(1.01)), rel=0.02)
        assert _bend(plain(5.0)) < 8.0  # metres


@pytest.mark.parametrize("landscape", [0, 1, 2])
def test_the_layout_has_no_chessboard_of_two_by_two_cells(bundled, landscape):
    bends = []
    for seed in range(12):
        field = bundled.field(0).window(World(seed, landscape), 0, 0, 256).astype(np.float64)
        means = (field[1:, 1:] + field[1:, :-1] + field[:-1, 1:] + field[:-1, :-1]) / 4
        bend = np.abs(means[:-4] - 2 * means[2:-2] + means[4:])[:248, :252]
        bends.append(bend.reshape(62, 4, 63, 4).mean((0, 2)))
    by_place = np.mean(bends, axis=0)
    assert np.abs(by_place / by_place.mean() - 1).max() < 0.025  # 0.05 to 0.06 in the fourteenth model
