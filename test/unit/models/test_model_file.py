# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import io
import json
import subprocess
import sys
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from geogan.errors import GeoGanError
from geogan.models import model_file
from geogan.models.described import architecture_of, statistics_of
from geogan.models.model_card import ModelCard, Refiner, guide_factors
from geogan.models.model_file import packed, read_card, read_member, read_model
from geogan.models.weights import from_bytes, to_bytes

NOT_A_MODEL = "is not a GeoGAN model, or it is damaged"


@pytest.fixture
def card(architecture, statistics):
    stages = [
        {"architecture": stage, "statistics": [each.to_json() for each in numbers], "steps": 5}
        for stage, numbers in zip(architecture.to_json(), statistics)
    ]
    return ModelCard(
        "dem", "terrain", 30.0, "m", (-3.0, 812.5), stages, ["hills"], {"seed": 1}, {"land": 1.1}
    )


@pytest.fixture
def model(card, weights):
    return packed(card, to_bytes(weights))


def _zip(**members: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def _with_card(model: bytes, **changes) -> bytes:
    described = json.loads(read_member(model, model_file.CARD))
    described.update(changes)
    return _zip(**{"model.json": json.dumps(described).encode(), "weights.safetensors": b""})


def test_a_model_file_keeps_its_card_and_weights(card, model, weights, tmp_path):
    path = tmp_path / "dem.geogan"
    path.write_bytes(model)
    for source in (path, str(path), model):
        assert read_card(source) == card
    restored = from_bytes(read_member(model, model_file.WEIGHTS))
    assert restored.keys() == weights.keys()
    for name, array in weights.items():
        np.testing.assert_array_equal(restored[name], array)
    assert card.steps == 10


def test_a_card_keeps_how_various_the_land_of_each_landscape_is(card, weights):
    various = replace(card, variety=[0.7])
    assert read_card(packed(various, to_bytes(weights))).variety == [0.7]


def test_a_card_keeps_what_makes_given_land_finer_best(card, weights):
    refiners = {4: Refiner("hills", 0.5, 1.25), 2: Refiner("hills", 1.0)}
    assert read_card(packed(replace(card, refiners=refiners), to_bytes(weights))).refiners == refiners


def test_models_of_before_make_given_land_finer_with_details_as_they_are(model):
    assert read_card(_with_card(model, refiners={"4": ["hills", 0.5]})).refiners[4].strength == 1.0


def test_models_of_before_know_no_variety(model):
    described = json.loads(read_member(model, model_file.CARD))
    del described["variety"]
    before = _zip(**{"model.json": json.dumps(described).encode(), "weights.safetensors": b""})
    assert read_card(before).variety == []


@pytest.mark.parametrize("variety", [[0.5, 0.5], [1.5], [-0.1], [float("nan")], ["much"], 0.7, None])
def test_a_variety_that_cannot_be_is_refused(model, variety):
    with pytest.raises(GeoGanError, match=NOT_A_MODEL):
        read_card(_with_card(model, variety=variety))


def test_a_card_knows_its_mean_height_and_how_wide_the_cells_of_a_guide_may_be(card):
    detail = card.stages[1]
    assert card.mean_height(0) == 500.0
    assert card.guide_factors() == [4, 2]
    assert replace(card, stages=[*card.stages, detail]).guide_factors() == [16, 8, 4, 2]
    assert replace(card, stages=card.stages[:1]).guide_factors() == []


@pytest.mark.parametrize(
    ("factors", "followed"),
    [((8, 4), [32, 4, 2]), ((4, 8), [32, 8, 4]), ((2,), [2]), ((2, 2), [4, 2]), ((), [])],
)
def test_half_a_stages_cells_are_followed_where_the_last_stage_leads_to_another_or_to_pixels(
    factors, followed
):
    assert guide_factors(factors) == followed


@pytest.mark.parametrize("ask", [ModelCard.guide_factors, lambda card: card.mean_height(0)])
@pytest.mark.parametrize(
    ("factor", "numbers"),
    [(None, []), (float("inf"), [{"mean": float("nan")}]), (10**400, [{"mean": 10**400}])],
    ids=["missing", "infinite", "huge"],
)
def test_a_damaged_description_of_the_stages_is_refused(card, ask, factor, numbers):
    stage = {"architecture": {"factor": factor}, "statistics": numbers}
    damaged = replace(card, stages=[*card.stages, stage])
    with pytest.raises(GeoGanError, match=r"is damaged|are damaged"):
        ask(damaged)


def test_equal_models_are_equal_files(card, model, weights):
    assert packed(card, to_bytes(weights)) == model


def test_a_checkpoint_is_a_model_file_with_the_state_of_its_training(card, weights):
    checkpoint = packed(card, to_bytes(weights), training=b"state")
    assert read_card(checkpoint) == card
    assert read_member(checkpoint, model_file.TRAINING) == b"state"


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"GIF89a",
        b"PK\x03\x04 not a zip",
        _zip(other=b"x"),
        _zip(**{"model.json": b"{}", "evil.py": b"x"}),
    ],
)
def test_what_is_no_model_is_refused(content, tmp_path):
    path = tmp_path / "other.geogan"
    path.write_bytes(content)
    with pytest.raises(GeoGanError, match=f"other.geogan {NOT_A_MODEL}"):
        read_card(path)


def test_a_file_that_was_zipped_again_and_damaged_is_refused(model):
    again = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(model)) as one,
        zipfile.ZipFile(again, "w", zipfile.ZIP_DEFLATED) as other,
    ):
        for name in one.namelist():
            other.writestr(name, one.read(name))
    content = bytearray(again.getvalue())
    assert read_card(bytes(content)) == read_card(model)
    at = content.index(b"model.json") + len("model.json")
    content[at : at + 40] = bytes(range(200, 240))
    with pytest.raises(GeoGanError, match=NOT_A_MODEL):
        read_card(bytes(content))


def test_a_file_larger_than_any_model_is_refused_before_it_is_read(model, tmp_path):
    path = tmp_path / "huge.geogan"
    path.write_bytes(model)
    assert read_model(path) == model
    with path.open("r+b") as file:
        file.truncate(1 << 33)  # takes no room
    with pytest.raises(GeoGanError, match=NOT_A_MODEL):
        read_model(path)


def test_a_directory_larger_than_a_models_is_refused_before_it_is_read(model, monkeypatch, tmp_path):
    crowd = io.BytesIO()
    with zipfile.ZipFile(crowd, "w") as archive:
        for number in range(200):
            archive.writestr(str(number), b"")
    path = tmp_path / "crowd.geogan"
    path.write_bytes(crowd.getvalue())
    monkeypatch.setattr(model_file.zipfile, "ZipFile", None)  # whose every use would fail
    for source in (path, crowd.getvalue(), model[:-22], b"PK"):
        with pytest.raises(GeoGanError, match=NOT_A_MODEL):
            read_card(source)


def test_a_comment_at_the_end_of_the_zip_does_no_harm(card, model):
    commented = io.BytesIO(model)
    with zipfile.ZipFile(commented, "a") as archive:
        archive.comment = b"by hand" * 100
    assert read_card(commented.getvalue()) == card


def test_a_missing_model_is_named(tmp_path):
    with pytest.raises(GeoGanError, match=r"The model gone\.geogan does not exist"):
        read_card(tmp_path / "gone.geogan")


@pytest.mark.parametrize(
    "changes",
    [
        {"format": "keras"},
        {"refiners": {"4": ["atlantis", 1.0]}},
        {"refiners": {"4": ["terrain", 2.0]}},
        {"refiners": {"four": ["terrain", 1.0]}},
        {"refiners": {"4": ["terrain", 1.0, 0.0]}},
        {"refiners": {"4": ["terrain", 1.0, 9.0]}},
        {"refiners": {"4": ["terrain", 1.0, 1.0, 1.0]}},
        {"refiners": {"4": ["terrain"]}},
        {"refiners": {"4": "terrain"}},
        {"refiners": 3},
        {"kind": "os.system"},
        {"pixel_size": 0},
        {"pixel_size": float("nan")},
        {"pixel_size": "30; import os"},
        {"value_range": [1]},
        {"value_range": [5, 1]},
        {"value_range": [0, float("inf")]},
        {"stages": []},
        {"stages": [{}] * 4},
        {"stages": 7},
        {"provenance": None},
        {"realism": "good"},
        {"name": 3},
        {"landscapes": ["\ud800"]},
        {"provenance": {"layers": ["\ud800"]}},
        {"unit": "<script>alert(1)</script>"},
        {"unit": "<img src=//x>"},
        {"stages": [{"steps": None}]},
        {"provenance": [[]]},
    ],
)
def test_a_card_out_of_its_bounds_is_refused(model, changes):
    with pytest.raises(GeoGanError, match=NOT_A_MODEL):
        read_card(_with_card(model, **changes))


def test_a_newer_format_tells_to_update(model):
    with pytest.raises(
        GeoGanError, match=r"newer GeoGAN \(format 4, this one reads up to 3\)\. Update the plugin"
    ):
        read_card(_with_card(model, schema=model_file.SCHEMA + 1))


def test_an_earlier_format_tells_to_train_again(model):
    with pytest.raises(GeoGanError, match="train it again"):
        read_card(_with_card(model, schema=2))


def test_a_landscape_is_found_by_its_name_whatever_the_case(card):
    known = replace(card, landscapes=["hills", "Mountains"])
    assert [known.landscape_index(name) for name in (None, "", "Hills", " mountains ")] == [0, 0, 0, 1]
    with pytest.raises(GeoGanError, match=r"no landscape dunes\. It knows: hills, Mountains"):
        known.landscape_index("dunes")


@pytest.mark.parametrize(
    "damage",
    [
        {"statistics": {}},
        {"statistics": [{"mean": "x"}]},
        {"statistics": [{"mean": 10**400}]},
        {"architecture": "x"},
        {},
    ],
)
def test_damaged_stages_are_refused(card, model, damage):
    stages = [{**card.stages[0], **damage} if damage else {}, card.stages[1]]
    with pytest.raises(GeoGanError, match=r"damaged"):
        statistics_of(read_card(_with_card(model, stages=stages)))


def test_statistics_of_another_network_are_refused(card, model):
    numbers = {**card.stages[0]["statistics"][0], "band_deviations": [1.0]}
    stages = [{**card.stages[0], "statistics": [numbers]}, card.stages[1]]
    with pytest.raises(GeoGanError, match="do not fit"):
        statistics_of(read_card(_with_card(model, stages=stages)))


def test_the_networks_of_a_file_are_those_that_were_packed(architecture, card, model):
    assert architecture_of(read_card(model)) == architecture


def test_a_file_that_claims_to_be_small_is_not_read_beyond_its_claim(model, monkeypatch):
    """A ZIP bomb says little and unpacks to much; what is larger than allowed is not read at all."""
    bomb = io.BytesIO()
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("model.json", b"0" * (model_file._MOST_BYTES["model.json"] + 1))
    with pytest.raises(GeoGanError, match=NOT_A_MODEL):
        read_card(bomb.getvalue())


@pytest.mark.parametrize("at", ["header", "middle", "end"])
def test_damaged_weights_are_refused(weights, at):
    content = bytearray(to_bytes(weights))
    if at == "header":
        content[:8] = (1 << 60).to_bytes(8, "little")
    elif at == "middle":
        content[20:24] = b"\xff\xff\xff\xff"
    else:
        del content[-5:]
    with pytest.raises(GeoGanError, match="weights are damaged"):
        from_bytes(bytes(content))


def test_flipping_any_byte_of_the_zip_is_noticed(model):
    """The ZIP's checksums cover the members, its directory the rest that is read."""
    original = read_member(model, model_file.WEIGHTS)
    for position in range(100, len(model), len(model) // 40):
        broken = bytearray(model)
        broken[position] ^= 0xFF
        try:
            read_card(bytes(broken))
            assert read_member(bytes(broken), model_file.WEIGHTS) == original
        except GeoGanError:
            pass


def test_reading_a_card_needs_the_standard_library_only():
    """QGIS's side reads cards, so this module must not bring TensorFlow or anything of the worker's along."""
    root = Path(model_file.__file__).resolve().parent.parent
    code = (
        "import importlib.util, sys\n"
        f"spec = importlib.util.spec_from_file_location('geogan', {str(root / '__init__.py')!r},"
        f" submodule_search_locations=[{str(root)!r}])\n"
        "sys.modules['geogan'] = importlib.util.module_from_spec(spec)\n"
        "import geogan.models.model_file\n"
        "print(sorted({'numpy', 'tensorflow', 'keras', 'safetensors', 'qgis'} & set(sys.modules)))\n"
    )
    assert (
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
        == "[]\n"
    )
