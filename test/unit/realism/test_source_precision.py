# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import numpy as np
import pytest
from geogan.realism.source_precision import guessed_precision, rounded


@pytest.fixture
def heights():
    return (2000.0 + 500.0 * np.random.default_rng(15).normal(size=(200, 300))).astype(np.float32)


@pytest.mark.parametrize("decimals", [0, 1])
def test_whole_numbers_and_tenths_are_recognised_in_float32(heights, decimals):
    assert guessed_precision([np.round(heights, decimals)]) == 10.0**-decimals


def test_whole_feet_are_recognised_in_metres(heights):
    assert guessed_precision([(np.rint(heights) * 0.3048).astype(np.float32)]) == 0.3048


def test_finer_heights_have_no_precision(heights):
    assert guessed_precision([heights]) == 0.0
    assert guessed_precision([np.round(heights, 2)]) == 0.0


def test_voids_and_a_few_repaired_heights_do_not_hide_whole_numbers(heights):
    repaired = np.rint(heights)
    repaired[:3, ::3] += np.float32(0.37)
    repaired[50:100] = np.nan
    assert guessed_precision([repaired]) == 1.0


def test_a_sea_at_zero_does_not_make_fine_heights_whole(heights):
    heights[1:] = 0
    assert guessed_precision([heights]) == 0.0


def test_one_fine_field_among_coarse_ones_is_seen(heights):
    assert guessed_precision([np.rint(heights), heights]) == 0.0


@pytest.mark.parametrize("fields", [[], [np.zeros((5, 5))], [np.full((5, 5), np.nan)], [np.ones((5, 1))]])
def test_without_a_slope_nothing_is_guessed(fields):
    assert guessed_precision(fields) == 0.0


def test_rounding_keeps_voids_type_and_whatever_has_no_precision():
    field = np.array([[1.26, np.nan], [-0.74, 2.0]], np.float32)
    tenths = rounded(field, 0.1)
    np.testing.assert_allclose(tenths, [[1.3, np.nan], [-0.7, 2.0]], rtol=1e-6)
    assert tenths.dtype == np.float32
    assert rounded(field, 0.0) is field
