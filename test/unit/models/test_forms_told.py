# SPDX-License-Identifier: GPL-3.0-or-later
"""What a generator is told of the forms of its land: how round they are, how straight, and how like cells."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf
from geogan.models.networks.pyramid import pyramid
from geogan.models.terms.bends import bends_of
from geogan.models.terms.chessboard import CHESSBOARD_STATISTICS
from geogan.models.terms.roundness import ROUNDNESS_STATISTICS, roundness
from geogan.models.terms.straightness import STRAIGHTNESS_STATISTICS
from geogan.test.harness.telling import all_but, rough, terms_of, told


def _knobs_on_ridges():
    ridges = np.tile(rough()[:, :, :1], (1, 1, 36, 1)) + 0.1 * rough()
    knobs = ridges.copy()
    knobs[:, 18, 18] += 4.0 * ridges.std()
    return knobs, ridges


def _finest_domes(field):
    """Return the mean square of the roundness of the finest domes of what is told of."""
    means = pyramid(tf.constant(field[:, :32, :32]) / 60.0, 2)
    found = roundness([bends_of(level) for level in means]).numpy().mean(0)
    return found.reshape(ROUNDNESS_STATISTICS, 3)[2, -1]


@pytest.mark.parametrize("are_too_round", [True, False])
def test_land_with_rounder_domes_than_real_land_is_told_to_flatten_them_and_other_land_to_raise_some(
    architecture, statistics, are_too_round
):
    land, real = _knobs_on_ridges() if are_too_round else _knobs_on_ridges()[::-1]
    terms = terms_of(architecture, **all_but("roundness_weight"))
    gradient, means = told(terms, statistics[1], land, real, knows_forms=1.0)
    assert means["roundness"] == pytest.approx(_finest_domes(land) / _finest_domes(real), rel=1e-3)
    lower = land - 0.1 * np.sign(gradient)
    after = told(terms_of(architecture, **all_but("roundness_weight")), statistics[1], lower, real, 1.0)[1]
    assert abs(np.log(after["roundness"])) < abs(np.log(means["roundness"]))


@pytest.mark.parametrize("term", ["roundness", "straightness", "chessboard"])
def test_of_these_a_stage_is_told_once_it_knows_its_forms(architecture, statistics, term):
    before, after = (
        told(
            terms_of(architecture, **all_but(f"{term}_weight")),
            statistics[1],
            *_knobs_on_ridges(),
            knows_forms,
        )
        for knows_forms in (0.0, 1.0)
    )
    assert float(tf.norm(before[0])) == 0.0
    assert float(tf.norm(after[0])) > 0.0


@pytest.mark.parametrize(("stage", "is_told"), [(0, True), (1, False)])
@pytest.mark.parametrize(
    ("term", "statistics_a_level"),
    [
        ("roundness", ROUNDNESS_STATISTICS),
        ("straightness", STRAIGHTNESS_STATISTICS),
        ("chessboard", CHESSBOARD_STATISTICS),
    ],
)
def test_the_forms_of_a_guide_are_not_told_but_those_of_a_layout_are(
    architecture, statistics, term, statistics_a_level, stage, is_told
):
    factor = architecture.stages[stage].factor
    terms = terms_of(architecture, stage=stage, **all_but(f"{term}_weight"))
    means = getattr(terms, f"_{term}")
    for mean in (means.generated, means.real):  # so that only the coarsest resolution is off
        mean.remember_each = lambda *_: None
    levels = architecture.stages[stage].octaves + 1
    off = np.ones([1, statistics_a_level * levels], np.float32)
    off[:, ::levels] = 2.0
    means.generated.variable.assign(off)
    side = 32 // factor * factor + (factor if stage else 0)
    gradient, _ = told(terms, statistics[stage], rough()[:, :side, :side], knows_forms=1.0)
    assert (float(tf.norm(gradient)) > 0.0) is is_told


def _with_lines():
    return np.tile(rough()[:, :, :1], (1, 1, 36, 1)) + rough()


def _with_a_chessboard():
    """Its high cells are on the left what its low ones are on the right."""
    cells = np.arange(36)
    signs = (-1.0) ** np.add.outer(cells, cells + (cells > 17))
    return (rough() + 0.5 * rough().std() * signs[None, :, :, None]).astype(np.float32)


@pytest.mark.parametrize("has_too_much", [True, False])
@pytest.mark.parametrize(
    ("term", "with_it"), [("straightness", _with_lines), ("chessboard", _with_a_chessboard)]
)
def test_land_with_more_lines_or_chessboards_than_real_land_is_told_to_lose_them_and_other_land_to_have_some(
    architecture, statistics, term, with_it, has_too_much
):
    land, real = (with_it(), rough()) if has_too_much else (rough(), with_it())

    def told_of_it(land):
        terms = terms_of(architecture, **all_but(f"{term}_weight"))
        return told(terms, statistics[1], land, real, knows_forms=1.0)

    gradient, means = told_of_it(land)
    assert (means[term] > 1.2) is has_too_much
    assert (means[term] < 0.85) is not has_too_much
    after = told_of_it(land - 2.0 * np.sign(gradient))[1]
    assert abs(np.log(after[term])) < abs(np.log(means[term]))
