# SPDX-License-Identifier: GPL-3.0-or-later
"""The worker's jobs that fill voids."""

from __future__ import annotations

import numpy as np
import pytest
from geogan.errors import Cancelled
from geogan.models import model_card, model_file
from geogan.models.area import Area, averaged
from geogan.models.filling.filling_job import fill, meet
from geogan.models.weights import to_bytes
from geogan.worker.channel import Channel
from geogan.worker.protocol import Message
from hypothesis import assume, given, settings
from hypothesis.extra.numpy import arrays
from hypothesis.strategies import booleans
from scipy import ndimage

CELL = 16
SIDE = 20 * CELL
ROWS, COLS = np.mgrid[0:SIDE, 0:SIDE].astype(np.float32)
SLOPE = 300.0 + 2.0 * ROWS
VOID = (ROWS - 150) ** 2 + (COLS - 170) ** 2 < 40**2
INSIDE = ((ROWS - 150) ** 2 + (COLS - 170) ** 2 < 30**2)[100:190, 120:230]  # of the part that is made


@pytest.fixture(scope="module")
def model(cascade_of_three):
    """A model file of random weights."""
    statistics = [stage._generator.statistics[0].to_json() for stage in cascade_of_three._stages]
    stages = [
        {"architecture": described, "statistics": [of_stage], "steps": 1}
        for described, of_stage in zip(cascade_of_three.architecture.to_json(), statistics)
    ]
    card = model_card.ModelCard(
        name="test",
        kind="terrain",
        pixel_size=90.0,
        unit="m",
        value_range=(0.0, 1000.0),
        stages=stages,
        landscapes=["hills"],
        provenance={},
        realism=None,
    )
    return np.frombuffer(model_file.packed(card, to_bytes(cascade_of_three.weights)), np.uint8)


def land_for(model, known, row=-CELL, wanted=(100, 120, 90, 110), channel=None, **fields):
    """Return what the job makes of a window whose first pixel is (row, 2 cells)."""
    sent = []
    place = {"row": row, "col": 2 * CELL, "wanted": [row + wanted[0], 2 * CELL + wanted[1], *wanted[2:]]}
    request = Message(
        "fill", {"seed": 1, "landscape": "", **place, **fields}, {"model": model, "known": known}
    )
    fill(request, channel or Channel(1, sent.append))
    return sent[-1]


def known(values=SLOPE, is_void=VOID):
    return np.where(is_void, np.nan, values).astype(np.float32)


def test_the_land_made_follows_the_land_around_and_is_that_of_the_part_wanted(model):
    steep = 2.0 * SLOPE  # or the chance of random weights drowns it
    result = land_for(model, known(steep))
    made = result.arrays["made"]
    assert made.shape == (90, 110)
    assert result.fields["landscape"] == "hills"
    assert np.corrcoef(made.ravel(), steep[100:190, 120:230].ravel())[0, 1] > 0.9


def test_what_lies_in_the_voids_of_the_request_does_not_count(model):
    steps = np.where(VOID, np.float32(-1e4), SLOPE)
    np.testing.assert_array_equal(
        land_for(model, known()).arrays["made"], land_for(model, known(steps)).arrays["made"]
    )


def test_a_seed_makes_its_own_land_and_the_same_again(model):
    first, again, other = (land_for(model, known(), seed=seed).arrays["made"] for seed in (1, 1, 2))
    np.testing.assert_array_equal(first, again)
    assert np.abs(first - other).max() > 1.0


def test_land_is_rougher_for_a_void_in_rougher_land(model):
    noise = np.random.default_rng(0).normal(size=SLOPE.shape)
    mildly, very = (
        np.abs(ndimage.laplace(land_for(model, known(SLOPE + size * noise)).arrays["made"]))[INSIDE].mean()
        for size in (10.0, 30.0)
    )
    assert 2.0 * mildly < very


@pytest.mark.parametrize("wanted", [(103, 121, 80, 101), (100, 122, 77, 90)])
def test_the_part_wanted_is_the_same_land_whichever_part_of_it_is_asked_for(model, wanted):
    """Around, all is so smooth that details are halved everywhere: they do not depend on the part."""
    row, col, height, width = wanted
    whole = land_for(model, known()).arrays["made"]
    part = land_for(model, known(), wanted=wanted).arrays["made"]
    np.testing.assert_array_equal(part, whole[row - 100 :, col - 120 :][:height, :width])


def test_the_large_forms_in_a_wide_void_are_those_of_free_land_turned_and_bent(model, cascade_of_three):
    cells = 40
    is_void = np.kron(np.pad(np.ones((cells - 4, cells - 4), bool), 2), np.ones((CELL, CELL), bool))
    plain = known(np.full(is_void.shape, 500.0), is_void)

    made = land_for(model, plain, wanted=(0, 0, *is_void.shape)).arrays["made"]

    forms = averaged(Area(made), CELL).values
    free, straight = (
        field.window(cascade_of_three.world(1, 0), -1, 2, cells)
        for field in (cascade_of_three.large_forms(), cascade_of_three.field(0))
    )
    middle = slice(10, 30), slice(10, 30)
    assert np.corrcoef(forms[middle].ravel(), free[middle].ravel())[0, 1] > 0.8
    assert abs(np.corrcoef(forms[middle].ravel(), straight[middle].ravel())[0, 1]) < 0.4


def test_a_void_at_the_edge_and_one_of_single_pixels_leave_no_gap(model):
    speckled = np.random.default_rng(0).random(SLOPE.shape) < 0.3
    for is_void in (COLS > 150, ROWS < 140, speckled):
        assert np.isfinite(land_for(model, known(is_void=is_void)).arrays["made"]).all()


@settings(max_examples=10, deadline=None)
@given(arrays(bool, (SIDE // 8, SIDE // 8), elements=booleans()))
def test_voids_of_any_shape_are_filled_and_what_is_known_stays_to_the_last_bit(model, is_void):
    assume(not is_void.all())
    around = known(is_void=np.kron(is_void, np.ones((8, 8), bool)))
    made = land_for(model, around).arrays["made"]
    sent, part = [], around[100:190, 120:230]

    arrays = {"known": part, "made": made, "is_made": np.zeros(part.shape, np.uint8)}
    meet(Message("meet", {}, arrays), Channel(1, sent.append))

    filled = sent[-1].arrays["filled"]
    assert np.isfinite(filled).all()
    is_known = np.isfinite(part)
    np.testing.assert_array_equal(filled[is_known], part[is_known])


def test_a_cancel_ends_the_job(model):
    channel = Channel(1, lambda message: None)
    channel.cancel()
    with pytest.raises(Cancelled):
        land_for(model, known(), channel=channel)


def test_meeting_leaves_the_known_and_fills_the_rest():
    sent = []
    arrays = {"known": known(), "made": np.zeros_like(SLOPE), "is_made": np.zeros(SLOPE.shape, np.uint8)}
    meet(Message("meet", {}, arrays), Channel(1, sent.append))
    filled = sent[-1].arrays["filled"]
    np.testing.assert_array_equal(filled[~VOID], SLOPE[~VOID])
    np.testing.assert_allclose(filled, SLOPE, atol=0.01)
