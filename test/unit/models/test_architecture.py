# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import json
from dataclasses import replace

import pytest
from geogan.errors import GeoGanError
from geogan.models.architecture import CascadeArchitecture, StageArchitecture, layout_of, stage_of

STAGE = stage_of("standard", "detail", 8, guided=True, patch=64)


def test_margins_follow_from_the_convolutions():
    """Worked by hand for blocks of 2: each 3 x 3 eats one cell, refining turns m into 2 m - 1."""
    assert STAGE.blocks == (2, 2, 2)
    assert STAGE.feature_margins == (3, 2, 0)
    assert STAGE.latent_margin == 6
    assert STAGE.guide_margin == 8
    assert [STAGE.noise_margin(level) for level in range(3)] == [6, 4, 2]


@pytest.mark.parametrize("preset", ["fast", "standard", "large"])
@pytest.mark.parametrize("factor", [2, 4, 8])
def test_a_preset_survives_the_model_file(preset, factor):
    cascade = CascadeArchitecture(
        (
            layout_of(preset, 64),
            stage_of(preset, "valleys", 4, True, 64),
            stage_of(preset, "detail", factor, True, 64),
        )
    )
    assert CascadeArchitecture.from_json(json.loads(json.dumps(cascade.to_json()))) == cascade
    assert [cascade.pixels_per_field_cell(i) for i in range(3)] == [4 * factor, factor, 1]


@pytest.mark.parametrize(
    "change",
    [
        {"name": "os.system"},
        {"factor": 16},
        {"factor": True},
        {"widths": [10**9, 48, 32]},
        {"widths": [64, 48, 32, 8]},
        {"judging_widths": [64, 48, 10**9]},
        {"judging_widths": [64, 48]},
        {"widths": "abc"},
        {"blocks": [2, 1, 10**6]},
        {"blocks": [2, 1, 0]},
        {"patch": 65},
        {"patch": 1 << 30},
        {"patch": 64.0},
        {"latent_channels": -1},
        {"guided": "yes"},
        {"latent_reaches": []},
        {"latent_reaches": [0, 1, 2]},
        {"latent_reaches": [10**6]},
        {"latent_reaches": [-1]},
        {"latent_reaches": [0.5]},
        {"widths": [1024, 1024, 1024], "blocks": [8, 8, 8]},  # gigabytes of weights
        {"patch": 512, "widths": [512, 512, 512]},  # and of what they compute
    ],
)
def test_a_file_cannot_ask_for_another_network(change):
    described = {**CascadeArchitecture((replace(STAGE, name="layout", guided=False),)).to_json()[0], **change}
    with pytest.raises(GeoGanError):
        CascadeArchitecture.from_json([described])


def test_a_description_without_reaches_is_of_white_noise():
    described = CascadeArchitecture((replace(STAGE, name="layout", guided=False),)).to_json()[0]
    del described["latent_reaches"]
    assert CascadeArchitecture.from_json([described]).stages[0].latent_reaches == (0,)


def test_a_description_with_parts_missing_is_damaged():
    with pytest.raises(GeoGanError, match="damaged"):
        CascadeArchitecture.from_json([{"name": "layout"}])
    with pytest.raises(GeoGanError, match="damaged"):
        CascadeArchitecture.from_json([None])


def test_a_cascade_begins_without_a_guide_and_goes_on_with_one():
    layout = stage_of("fast", "layout", 8, False, 64)
    for stages in ((STAGE,), (layout, layout), (STAGE, layout), ()):
        with pytest.raises(GeoGanError, match="cascade"):
            CascadeArchitecture(stages)


def test_a_smaller_factor_keeps_the_finer_widths():
    stage = stage_of("standard", "detail", 4, True, 64)
    assert (stage.widths, stage.judging_widths) == ((48, 32), (48, 32))
    assert isinstance(stage_of("large", "layout", 2, False, 32), StageArchitecture)


@pytest.mark.parametrize("preset", ["fast", "standard", "large"])
def test_a_layout_is_judged_by_more_than_the_stages_that_it_guides(preset):
    layout, valleys = layout_of(preset, 32), stage_of(preset, "valleys", 4, True, 64)
    assert all(width > other for width, other in zip(layout.judging_widths, valleys.judging_widths))


def test_a_light_stage_is_judged_as_strictly_as_another():
    light, other = (stage_of("standard", "detail", 4, True, 64, is_light) for is_light in (True, False))
    assert sum(light.widths) < sum(other.widths)
    assert light.judging_widths == other.judging_widths
