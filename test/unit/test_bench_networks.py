# SPDX-License-Identifier: GPL-3.0-or-later
"""What `make bench` finds of networks: how often they are called, and what their convolutions take alone."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
import tensorflow as tf
from geogan.models.generation import stage_field
from geogan.models.generation.cascade import BLOCK_PX
from geogan.models.networks.layers import BFLOAT16, FLOAT32
from geogan.test.bench import networks
from geogan.test.bench.area import cascade_at, make_area, watch, watch_noise
from geogan.test.bench.convolutions import TURNS, Loop, convolutions_of
from geogan.test.bench.networks_alone import BLOCKS, of_convolutions
from geogan.test.bench.other_blocks import OURS, OtherBlocks, Way
from geogan.test.harness.programs import BUNDLED_MODEL


@pytest.fixture(scope="module")
def noise():
    """What was seen of the noise for them."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(stage_field, "world_noise", stage_field.world_noise)  # brought back in the end
        yield watch_noise()


@pytest.fixture(scope="module")
def watches(noise):
    """What was seen of the bundled model's networks while they made two blocks of a new world."""
    cascade = cascade_at(str(BUNDLED_MODEL))
    watches = watch(cascade)
    make_area(cascade, seed=987, rows=1, cols=2)
    return watches


@pytest.fixture(scope="module")
def convolution():
    def work(x):
        return tf.nn.conv2d(x, tf.ones([3, 3, 4, 8]), 1, "VALID")

    (found,) = convolutions_of(tf.function(work).get_concrete_function(tf.TensorSpec([1, 20, 30, 4])).graph)
    return found


def test_a_convolution_is_named_by_its_shapes(convolution):
    assert str(convolution) == "3 x 3, 4 to 8 channels, 20 x 30 cells"


def test_convolutions_of_the_same_shapes_are_counted_together():
    def work(x):
        for _ in range(3):
            x = tf.nn.conv2d(x, tf.ones([3, 3, 4, 4]), 1, "SAME")
        return x

    graph = tf.function(work).get_concrete_function(tf.TensorSpec([1, 20, 30, 4])).graph
    assert list(convolutions_of(graph).values()) == [3]


def test_the_time_of_a_convolution_is_that_of_one_and_not_of_the_loop(convolution, monkeypatch):
    loop = Loop(convolution)
    assert loop.run() == TURNS
    clock = iter((10.0, 10.0 + TURNS * 0.004))
    monkeypatch.setattr("geogan.test.bench.convolutions.time.perf_counter", lambda: next(clock))
    assert loop.milliseconds() == pytest.approx(4.0)


def test_several_loops_at_a_time_share_what_they_take(convolution, monkeypatch):
    loop = Loop(convolution)
    clock = iter((10.0, 10.0 + 3 * TURNS * 0.004))
    monkeypatch.setattr("geogan.test.bench.convolutions.time.perf_counter", lambda: next(clock))
    assert loop.milliseconds(at_a_time=3) == pytest.approx(4.0)


def test_every_stage_is_seen_at_work_on_whole_blocks(watches):
    assert list(watches) == ["layout", "valleys", "detail"]
    assert watches["detail"].calls == 2
    assert all(watched.calls > 0 and watched.seconds > 0.0 for watched in watches.values())
    last = max(each.values[1] for each in convolutions_of(watches["detail"].graph))
    assert last >= BLOCK_PX // 2  # no network works on the pixels, the last level on cells of two


def test_the_noise_of_all_stages_is_timed_while_it_is_made(noise, watches):
    assert noise.calls == sum(watched.calls for watched in watches.values())
    assert noise.seconds > 0.0


def test_the_convolutions_of_a_stage_count_as_often_as_a_block_needs_them(watches, convolution):
    counts = {"layout": Counter({convolution: 3}), "detail": Counter({convolution: 1})}
    found = dict(of_convolutions(counts, watches, {convolution: 5.0}))
    assert found == {
        f"convolutions/layout: {convolution}, 3 of them": 15.0 * watches["layout"].calls / BLOCKS,
        f"convolutions/detail: {convolution}": 5.0 * 2 / BLOCKS,
    }


def test_the_share_of_the_convolutions_is_that_of_all_stages_in_a_whole_block():
    found = {
        "block": [40.0, 50.0],
        "lone block": [60.0, 60.0],
        "noise": [4.0, 6.0],
        "calls/layout": [0.2, 0.2],
        "network/layout": [4.0, 5.0],
        "convolutions/layout: a": [2.0, 2.0],
        "convolutions/detail: a": [18.0, 23.0],
        "convolutions together": [10.0, 10.0],
    }
    by_name = {each.name: each for each in networks.of_block(found)}
    assert by_name["share of the convolutions in the time of a block"].values == (0.5, 0.5)
    assert by_name["share of those in the time of a block"].values == (0.25, 0.2)
    assert by_name["of that the noise of all stages"].values == (4.0, 6.0)
    assert by_name["of that the network of stage layout, called 0.2 times"].values == (4.0, 5.0)


def test_land_in_other_blocks_and_precision_is_the_same_land():
    """Else their times could not be compared."""
    cascade = cascade_at(BUNDLED_MODEL)
    larger, rounded = Way(1024, FLOAT32), Way(512, BFLOAT16)
    fields = OtherBlocks(BUNDLED_MODEL, cascade, [larger, rounded]).fields
    ours = cascade.block(7, 0, BLOCK_PX)
    down, right = cascade.origin(7)
    for way, most in ((OURS, 0.0), (larger, 1e-4), (rounded, 0.05)):
        land = fields[way].alone(cascade.world(7, 0), down, right + BLOCK_PX, way.block_px)
        land = land[:BLOCK_PX, :BLOCK_PX]
        assert np.sqrt(np.mean((land - ours) ** 2)) <= most * ours.std()
