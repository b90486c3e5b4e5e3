# SPDX-License-Identifier: GPL-3.0-or-later
"""What an interrupted `geogan:generate` is told apart by: all that the bits of its file follow from."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from geogan.algorithms.bundled_model import BUNDLED_MODEL
from geogan.algorithms.constraints import Conditions, Guide, Heights, Sketch
from geogan.algorithms.generation import ChosenModel, Generation
from geogan.models.controls import Controls
from geogan.models.model_file import read_card, read_model
from geogan.rasters.grid import Lattice, Window
from geogan.worker.hello import Device, Hello

CELLS = Window(0, 0, 4, 4)
GUIDE = Guide("coarse", CELLS, np.zeros((4, 4), np.float32), 4)
RAIN = Conditions(("rain",), CELLS, np.zeros((4, 4, 1), np.float32))
PEAK = Sketch("peaks", Controls(*(np.zeros(1) for _ in Controls.__dataclass_fields__)))
HELLO = Hello(4, "3.11", "2.16", "3.4", "1.26", (Device("cpu", "AMD EPYC"),), "cpu", "", "avx2", 1, "Linux")


@pytest.fixture(scope="module")
def land():
    model = ChosenModel(BUNDLED_MODEL.name, read_model(BUNDLED_MODEL), read_card(BUNDLED_MODEL))
    return Generation(model, 7, Lattice(90.0), "EPSG:32633", guide=GUIDE, conditions=RAIN, sketch=PEAK)


def told(land: Generation, hello: Hello = HELLO, archive: bytes = b"code") -> tuple:
    """Return what a file that is left is compared by, beside its extent."""
    return land._run_in(SimpleNamespace(hello=hello, archive=archive)), land.tags()


@pytest.mark.parametrize(
    "change",
    [
        {"seed": 8},
        {"landscape": "hills"},
        {"device": "cpu"},
        {"variety": 0.5},
        {"realisations": 2},
        {"heights": Heights(relief=2.0)},
        {"heights": Heights(base=1.0)},
        {"guide": None},
        {"guide": replace(GUIDE, values=GUIDE.values + 1.0)},
        {"guide": replace(GUIDE, window=Window(0, 1, 4, 4))},
        {"guide": replace(GUIDE, factor=2)},
        {"guide": replace(GUIDE, is_free=True)},
        {"conditions": None},
        {"conditions": replace(RAIN, values=RAIN.values + 1.0)},
        {"conditions": replace(RAIN, window=Window(1, 0, 4, 4))},
        {"sketch": None},
        {"sketch": replace(PEAK, controls=replace(PEAK.controls, heights=np.ones(1)))},
    ],
    ids=", ".join,
)
def test_land_with_other_bits_is_another_run(land, change):
    assert told(replace(land, **change)) != told(land)


def test_another_model_is_another_run(land):
    assert told(replace(land, model=replace(land.model, content=b"other"))) != told(land)


@pytest.mark.parametrize(
    "change",
    [
        {"tensorflow": "2.17"},
        {"numpy": "2.0"},
        {"arithmetic": "avx512"},
        {"device": "gpu"},
        {"devices": (Device("gpu", "H200"),)},
    ],
    ids=", ".join,
)
def test_a_worker_that_computes_otherwise_is_another_run(land, change):
    assert told(land, replace(HELLO, **change)) != told(land)


def test_a_worker_that_runs_other_code_is_another_run(land):
    assert told(land, archive=b"other code") != told(land)


def test_the_same_run_is_itself_whatever_does_not_change_its_bits(land):
    assert told(replace(land), replace(HELLO, pid=2)) == told(land)
