# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import sys

import numpy as np
import pytest
from geogan.errors import Cancelled
from geogan.realism.comparison import Reference
from geogan.realism.evaluation import evaluate


@pytest.fixture(scope="module")
def lands(power_law_noise):
    """Two pieces of like land, 256 x 256 px, in metres."""
    return [30.0 * power_law_noise((256, 256), 2.0, seed).astype(np.float32) for seed in (40, 41)]


@pytest.fixture(scope="module")
def told():
    """How much was told to be done during the evaluation."""
    return []


@pytest.fixture(scope="module")
def evaluation(lands, told):
    return evaluate(Reference(lands[:1], 30.0), lands[1:], training=lands[:1], tell=told.append)


@pytest.fixture(scope="module")
def small(lands):
    """A part of each, too small to follow water in, and quick."""
    return [land[:128, :128] for land in lands]


def test_it_tells_scores_novelty_figures_and_how_much_was_compared(evaluation):
    assert evaluation.comparison.texture > 0
    assert evaluation.comparison.noise_texture > 0
    assert evaluation.copying.novelty == pytest.approx(1.0, abs=0.2)
    assert evaluation.copying.share_copied < 0.05
    assert len(evaluation.figures) == 6
    assert evaluation.real_px == evaluation.synthetic_px == evaluation.training_px == 256 * 256
    assert not evaluation.is_held_out


def test_realism_is_the_geometric_mean_of_texture_and_land(evaluation):
    compared = evaluation.comparison

    assert compared.realism == pytest.approx(np.sqrt(compared.texture * compared.land))


def test_without_training_land_novelty_is_not_known(small):
    assert evaluate(Reference(small[:1], 30.0), small[1:]).copying is None


def test_novelty_is_held_against_land_that_was_held_out(small):
    top, bottom = np.array_split(small[0], 2)

    held_out = evaluate(Reference([bottom], 30.0, floor_of=small[:1]), [bottom], training=[top])

    assert held_out.copying.novelty == pytest.approx(1.0)
    assert held_out.is_held_out


def test_novelty_is_held_against_the_real_land_where_the_training_did_not_see_it(lands, small):
    """Land much like that of the training is as new as the real land if that is, too."""
    near = [small[0] + 0.1 * small[1]]

    elsewhere = evaluate(Reference(near, 30.0), near, training=[lands[0]])
    apart = evaluate(Reference(small[1:], 30.0), small[1:], training=[lands[0]])
    seen = evaluate(Reference(small[:1], 30.0), small[1:], training=[lands[0]])

    assert (elsewhere.is_unseen, apart.is_unseen, seen.is_unseen) == (False, True, False)
    assert apart.copying.novelty == pytest.approx(1.0)
    assert seen.copying.novelty != pytest.approx(1.0)
    assert not apart.is_held_out, "the floors are those of the real land's own parts"


def test_land_that_is_too_small_is_drawn_but_not_scored(small):
    evaluation = evaluate(Reference([small[0][:40, :40]], 30.0), small[1:])

    assert evaluation.comparison is None
    assert "hillshade" in evaluation.figures


def test_without_matplotlib_there_are_scores_but_no_figures(small, monkeypatch):
    for name in [name for name in sys.modules if name.startswith("geogan.realism.fig")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    monkeypatch.delitem(sys.modules, "geogan.realism.drawing", raising=False)

    evaluation = evaluate(Reference(small[:1], 30.0), small[1:])

    assert evaluation.comparison.texture > 0
    assert evaluation.figures == {}


def test_progress_rises_to_all(evaluation, told):
    assert told == sorted(told)
    assert (told[0], told[-1]) == (0.0, 1.0)


def test_what_is_told_may_stop_the_work(small):
    def stop(fraction):
        if fraction > 0.4:
            raise Cancelled

    with pytest.raises(Cancelled):
        evaluate(Reference(small[:1], 30.0), small[1:], tell=stop)
