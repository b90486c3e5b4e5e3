# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path

import processing
import pytest
from geogan.algorithms.bundled_model import BUNDLED_MODEL
from geogan.algorithms.modelinfo import ModelInfoAlgorithm
from geogan.models.model_card import ModelCard
from geogan.models.model_file import packed
from qgis.core import QgsProcessingException

pytestmark = pytest.mark.usefixtures("qgis_processing")

REALISM = {
    "realism": 1.25,
    "landscapes": {
        "alps": {
            "texture": 1.5,
            "land": 2.5,
            "distances": {"sliced_wasserstein": 0.25},
            "floors": {"sliced_wasserstein": 0.125},
        },
        "hills <b>": {"texture": 0.75, "land": None, "distances": {}, "floors": {}},
    },
    "held_out": True,
    "chosen_at": 0.8,
}

CARD = ModelCard(
    name="Alps <script>alert(1)</script>",
    kind="terrain",
    pixel_size=30.0,
    unit="m",
    value_range=(236.0, 1076.5),
    stages=[{"name": "layout", "steps": 300}, {"name": "detail", "steps": 700}],
    landscapes=["alps", "hills <b>"],
    provenance={"layers": ["dem one", "dem & two"], "licence": "public domain"},
)


@pytest.fixture
def model(tmp_path) -> Path:
    path = tmp_path / "ein schönes modell.geogan"
    path.write_bytes(packed(CARD, b"weights"))
    return path


def describe(model, report="TEMPORARY_OUTPUT") -> dict:
    return processing.run(ModelInfoAlgorithm(), {"MODEL": str(model), "REPORT": report})


def test_the_main_facts_are_outputs(model):
    facts = describe(model)

    del facts["REPORT"]
    assert facts == {
        "KIND": "terrain",
        "PIXEL_SIZE": 30,
        "UNIT": "m",
        "LOWEST": 236,
        "HIGHEST": 1076.5,
        "LANDSCAPES": "alps, hills <b>",
        "STAGES": 2,
        "STEPS": 1000,
        "SHA256": hashlib.sha256(model.read_bytes()).hexdigest(),
    }


@pytest.mark.parametrize("empty", [None, ""])
def test_no_model_named_is_the_one_that_comes_with_geogan(empty):
    facts = processing.run(ModelInfoAlgorithm(), {"MODEL": empty})

    assert facts["SHA256"] == hashlib.sha256(BUNDLED_MODEL.read_bytes()).hexdigest()


def test_in_a_copy_without_the_bundled_model_it_says_where_to_get_one(monkeypatch, tmp_path):
    monkeypatch.setattr("geogan.algorithms.bundled_model.BUNDLED_MODEL", tmp_path / "terrain.geogan")

    with pytest.raises(QgsProcessingException, match="comes without its bundled model: choose a MODEL"):
        processing.run(ModelInfoAlgorithm(), {})


def test_the_report_names_layers_and_licence(model, tmp_path):
    report = describe(model, str(tmp_path / "report.html"))["REPORT"]

    text = Path(report).read_text(encoding="utf-8")
    assert "dem one\ndem &amp; two" in text
    assert "public domain" in text
    assert "30 m" in text


def report_of(card: ModelCard, folder: Path) -> str:
    model = folder / "scored.geogan"
    model.write_bytes(packed(card, b"weights"))
    return Path(describe(model)["REPORT"]).read_text(encoding="utf-8")


def test_the_report_gives_the_landscapes_and_the_scores_of_each(tmp_path):
    text = report_of(replace(CARD, realism=REALISM), tmp_path)

    assert '<th scope="row">Landscapes</th><td>alps, hills &lt;b&gt;</td>' in text
    assert "Realism 1.25, where 1 is how alike real parts of the layers are to each other" in text
    assert "after 80 % of the training" in text
    assert "alps: texture 1.50, land 2.50" in text
    assert '<th scope="row">sliced wasserstein</th><td>0.250 (0.125)</td>' in text
    assert "hills &lt;b&gt;: texture 0.75. " in text
    assert text.count("that the training did not see") == 2


def test_the_report_gives_what_noise_scores_what_was_copied_and_what_was_compared(tmp_path):
    alps = {
        **REALISM["landscapes"]["alps"],
        "noise_texture": 0.5,
        "noise_land": 4.5,
        "noise": {"sliced_wasserstein": 0.375},
        "novelty": 0.97,
        "share_copied": 0.01,
        "held_out": False,
    }
    text = report_of(replace(CARD, realism={**REALISM, "landscapes": {"alps": alps}}), tmp_path)

    assert "Noise with the real spectrum: texture 0.50, land 4.50." in text
    assert '<th scope="row">sliced wasserstein</th><td>0.250 (0.125, 0.375)</td>' in text
    assert "Novelty 0.97; copied: 1 %." in text
    assert "Compared with the layers themselves" in text


@pytest.mark.parametrize(
    ("realism", "said"),
    [
        (None, "Not measured"),
        ({"texture": 1.0}, "cannot be read"),
        ({**REALISM, "realism": "x"}, "cannot be read"),
    ],
)
def test_scores_that_are_none_or_unreadable_are_said_to_be(tmp_path, realism, said):
    assert said in report_of(replace(CARD, realism=realism), tmp_path)


def test_texts_of_a_model_cannot_run_or_load_anything(model):
    text = Path(describe(model)["REPORT"]).read_text(encoding="utf-8")

    assert "<script" not in text
    assert "&lt;script&gt;" in text
    assert "default-src 'none'" in text


def test_the_report_can_be_left_out(model):
    assert "REPORT" not in describe(model, None)


@pytest.mark.parametrize(
    "content", [b"", b"no zip at all", b"PK\x05\x06" + bytes(18)], ids=["empty", "text", "empty zip"]
)
def test_a_file_that_is_no_model_gives_the_sentence(tmp_path, content):
    path = tmp_path / "other.geogan"
    path.write_bytes(content)

    with pytest.raises(QgsProcessingException) as failure:
        describe(path)

    assert str(failure.value) == "other.geogan is not a GeoGAN model, or it is damaged. Choose another file."


def test_a_report_that_cannot_be_written_gives_a_sentence(model, tmp_path):
    folder = tmp_path / "taken.html"
    folder.mkdir()

    with pytest.raises(QgsProcessingException) as failure:
        describe(model, str(folder))

    assert str(failure.value) == f"{folder} cannot be written: Is a directory. Choose another place."
