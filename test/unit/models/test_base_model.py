# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from geogan.errors import GeoGanError
from geogan.models import model_card, model_file
from geogan.models.architecture import CascadeArchitecture
from geogan.models.area import Area
from geogan.models.networks.layers import FLOAT32
from geogan.models.statistics import FieldStatistics
from geogan.models.training.base_model import BaseModel, brought_to
from geogan.models.training.cascade_training import Budget, CascadeTrainer
from geogan.models.training.settings import TrainingSettings
from geogan.models.training.training_start import TrainingStart
from geogan.models.weights import to_bytes
from geogan.worker.protocol import Message

SETTINGS = TrainingSettings(batch_size=2)
SMOOTH = FieldStatistics(500.0, 100.0, 30.0, 60.0, (20.0, 4.0))
ROUGH = FieldStatistics(500.0, 100.0, 30.0, 60.0, (20.0, 15.0))


def _packed(trainer, landscapes):
    card = model_card.ModelCard(
        "base", "terrain", 30.0, "m", (0.0, 1000.0), trainer.described_stages(), landscapes
    )
    return model_file.packed(card, to_bytes(trainer.weights()))


@pytest.fixture(scope="module")
def base_file(architecture, land):
    """Return a file of two landscapes: the land, and the same with all its details four times as high."""
    areas = [Area(land, 0), Area(4.0 * land + np.random.default_rng(1).normal(size=land.shape), 1)]
    areas[1] = Area(areas[1].values.astype(np.float32), 1)
    trainer = CascadeTrainer(architecture, areas, SETTINGS)
    for stage in trainer.trainers:
        stage.step(1e-2)
        stage.step(1e-2)
    return np.frombuffer(_packed(trainer, ["quiet", "wild"]), np.uint8)


@pytest.fixture(scope="module")
def base(base_file):
    return BaseModel.from_bytes(bytes(base_file))


def test_a_new_land_starts_as_the_landscape_whose_relief_is_spread_alike(base):
    quiet, wild = base.stages[-1].statistics
    higher = FieldStatistics(
        0.0, 1.0, 1.0, 7.0 * wild.patch_deviation, tuple(7.0 * each for each in wild.band_deviations)
    )
    assert base.nearest_landscapes([quiet, wild, higher]) == [0, 1, 1]  # its height alone says nothing


def test_a_training_starts_with_the_base_model_s_weights_and_its_own_statistics(architecture, land, base):
    trainer = CascadeTrainer(architecture, [Area(10.0 * land)], SETTINGS, base=base)
    assert all(stage.knows_forms for stage in trainer.trainers)
    name = "detail/generator/entry/kernel"
    np.testing.assert_array_equal(trainer.weights()[name], base.stages[1].weights()[name])
    assert trainer.weights()["detail/generator/landscape/embeddings"].shape[0] == 1
    ratio = trainer.stages[1].statistics[0].low_deviation / base.stages[1].statistics[0].low_deviation
    assert ratio == pytest.approx(10.0, rel=0.3)


def test_a_stage_without_room_is_kept_and_brought_to_the_new_heights(architecture, land, base):
    """150 px are 37 coarse cells: none of the layout's patches of 32 fits 32 times, but the detail's do."""
    trainer = CascadeTrainer(architecture, [Area(10.0 * land[:131, :131])], SETTINGS, base=base)
    assert [stage.stage.name for stage in trainer.trainers] == ["detail"]
    layout, detail = trainer.stages
    kept = base.stages[0]
    name = "layout/generator/entry/kernel"
    np.testing.assert_array_equal(trainer.weights()[name], kept.weights()[name])
    row = base.nearest_landscapes(detail.statistics)[0]
    higher = detail.statistics[0].form_deviation / base.stages[1].statistics[row].form_deviation
    expected = higher * kept.statistics[row].patch_deviation
    assert layout.statistics[0].patch_deviation == pytest.approx(expected)
    assert layout.statistics[0].mean == detail.statistics[0].mean
    assert trainer.described_stages()[0]["steps"] == 2


@pytest.mark.parametrize(("guiding", "is_told"), [(1, True), (0, False)])
def test_that_kept_stages_follow_no_guiding_layers_is_told(architecture, land, base_file, guiding, is_told):
    small = land[:131, :131]
    area = Area(small, 0, np.zeros((*small.shape, guiding), np.float32) if guiding else None)
    request = Message("train", {"conditions": ["rain"][:guiding]}, {"base_model": base_file})
    notes = []
    start = TrainingStart(request, None, lambda text, **values: notes.append(text.format(**values)))
    start.trainer(SimpleNamespace(learnt=[area]), SETTINGS, FLOAT32, None, None)
    assert "only the stages detail are learnt" in notes[0]
    assert ["follow the guiding layers" in note for note in notes[1:]] == [True] * is_told


def test_heights_are_scaled_and_the_mean_is_the_new_one():
    wanted = replace(SMOOTH, mean=42.0, form_deviation=60.0)
    scaled = brought_to(ROUGH, SMOOTH, wanted)
    assert scaled == FieldStatistics(42.0, 200.0, 60.0, 120.0, (40.0, 30.0))


@pytest.fixture
def wide(base):
    """Return the base model as one that has learnt from a hundred times as much land."""
    return replace(base, pixels=100 * 320 * 288)


def test_from_nothing_little_land_begins_with_the_layout_of_another_model_and_trains_it_gently(
    architecture, land, wide
):
    areas = [Area(10.0 * land)]  # 5.6 patches of the layout side by side
    forms = wide.as_layout_of(architecture, areas)
    trainer = CascadeTrainer(forms.architecture, areas, SETTINGS, base=forms)
    layout, detail = trainer.trainers
    assert not trainer.has_base
    assert layout.knows_forms
    weights, of_wide = trainer.weights(), {**wide.stages[0].weights(), **wide.stages[1].weights()}
    for name, is_taken in (("layout/generator/entry/kernel", True), ("detail/generator/entry/kernel", False)):
        assert np.array_equal(weights[name], of_wide[name]) == is_taken

    trainer.train(Budget(600.0), lambda: layout.steps and detail.steps, lambda progress: None)
    rates = [float(stage._optimizers[0].learning_rate) for stage in (layout, detail)]
    assert rates == pytest.approx([0.3 * SETTINGS.learning_rate, SETTINGS.learning_rate], rel=0.01)


@pytest.mark.parametrize(
    "provenance",
    [{"layers": ["a dem"]}, {"layers": [{"name": "dem"}]}, {"layers": [{"pixels": "many"}]}, {"layers": 3}],
)
def test_a_damaged_account_of_the_layers_is_said_in_a_sentence(architecture, land, provenance):
    trainer = CascadeTrainer(architecture, [Area(land)], SETTINGS)
    card = replace(model_file.read_card(_packed(trainer, ["terrain"])), provenance=provenance)
    with pytest.raises(GeoGanError, match="account of its layers is damaged"):
        BaseModel.from_bytes(model_file.packed(card, to_bytes(trainer.weights())))


def test_no_other_layout_is_taken_where_there_is_enough_land_or_it_would_not_fit(
    architecture, land, base, wide
):
    areas = [Area(land)]
    assert wide.as_layout_of(architecture, [Area(np.tile(land, (2, 2)))]) is None
    assert wide.as_layout_of(CascadeArchitecture(architecture.stages[:1]), areas) is None
    assert base.as_layout_of(architecture, areas) is None, "it knows no more land"
