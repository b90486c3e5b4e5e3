# SPDX-License-Identifier: GPL-3.0-or-later
"""The ZIP that a model is: what it keeps, and what is refused before it does harm."""

from __future__ import annotations

import io
import subprocess
import sys
import zipfile
from itertools import product
from pathlib import Path

import numpy as np
import pytest
from geogan.errors import GeoGanError
from geogan.models import model_file
from geogan.models.model_file import packed, read_card, read_member, read_model
from geogan.models.weights import from_bytes, to_bytes
from geogan.test.unit.models.zipped import NOT_A_MODEL, zipped


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
        zipped(other=b"x"),
        zipped(**{"model.json": b"{}", "evil.py": b"x"}),
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


def test_a_file_that_claims_to_be_small_is_not_read_beyond_its_claim(model, monkeypatch):
    """A ZIP bomb says little and unpacks to much; what is larger than allowed is not read at all."""
    bomb = io.BytesIO()
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("model.json", b"0" * (model_file._MOST_BYTES["model.json"] + 1))
    with pytest.raises(GeoGanError, match=NOT_A_MODEL):
        read_card(bomb.getvalue())


def test_flipping_any_byte_of_the_zip_is_noticed(card, model):
    """The ZIP's checksums cover the members, its directory the rest that is read."""
    original = read_member(model, model_file.WEIGHTS)
    of_card, of_the_rest = range(0, 1000, 25), range(1000, len(model), len(model) // 40)
    for position, bits in product((*of_card, *of_the_rest), (0xFF, 0x01)):
        broken = bytearray(model)
        broken[position] ^= bits
        try:
            assert read_card(bytes(broken)) == card
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
