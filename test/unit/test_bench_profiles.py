# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest
import tensorflow as tf
from geogan.test.bench.operations_alone import kind_of, shares


@pytest.mark.parametrize(
    ("operation", "kind"),
    [
        ("_MklNativeFusedConv2D", "convolutions"),
        ("_MklNativeConv2DBackpropFilterWithBias", "gradients of convolutions"),
        ("StridedSliceGrad", "moving numbers"),
        ("LeakyReluGrad", "comparing and sorting (flood, pits, rectifiers)"),
        ("_MklNativeAvgPool", "means of cells"),
        ("StatelessRandomUniformV2", "random numbers"),
        ("AddV2", "arithmetic"),
    ],
)
def test_operations_are_told_apart_by_their_names(operation, kind):
    assert kind_of(operation) == kind


def test_the_time_of_what_is_done_is_shared_out_among_its_kinds():
    x, weights = tf.random.normal([1, 256, 256, 32]), tf.random.normal([3, 3, 32, 32])
    work = tf.function(lambda: tf.nn.conv2d(x, weights, 1, "VALID") + 1.0)
    found = shares(work)
    assert set(found) >= {"convolutions", "arithmetic"}
    assert sum(found.values()) == pytest.approx(1.0)
