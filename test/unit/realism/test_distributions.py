# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import numpy as np
import pytest
from geogan.realism.distributions import mean_size, quantiles, wasserstein
from scipy import stats


def _distance(first, second):
    return wasserstein(quantiles(first), quantiles(second))


def test_a_shifted_sample_is_as_far_as_the_shift():
    sample = np.random.default_rng(1).normal(size=(300, 50))
    assert _distance(sample, sample + 2.5) == pytest.approx(2.5)


def test_exponential_distributions_are_as_far_as_their_means():
    random = np.random.default_rng(2)
    assert _distance(random.exponential(1.0, 90_000), random.exponential(3.0, 70_000)) == pytest.approx(
        2.0, rel=0.02
    )


@pytest.mark.parametrize("sizes", [(50_000, 50_000), (50_000, 700), (9_001, 4_095)])
def test_distances_agree_with_scipy_for_samples_of_any_size(sizes):
    random = np.random.default_rng(3)
    first, second = random.gamma(2.0, size=sizes[0]), random.normal(1.0, 2.0, size=sizes[1])
    assert _distance(first, second) == pytest.approx(stats.wasserstein_distance(first, second), rel=0.01)


def test_neither_order_nor_repetition_changes_a_distribution():
    sample = np.random.default_rng(4).normal(size=1000)
    np.testing.assert_array_equal(quantiles(sample), quantiles(sample[::-1]))
    np.testing.assert_array_equal(quantiles(sample), quantiles(np.tile(sample, 7)))


def test_one_value_is_a_distribution():
    assert _distance(np.array([3.0]), np.array([[1.0]])) == 2.0


def test_the_mean_size_counts_negative_values_as_positive():
    assert mean_size(quantiles(np.array([-3.0, 1.0]))) == 2.0
