# SPDX-License-Identifier: GPL-3.0-or-later
"""All sentences that users read are collected for translators, those kept as data too."""

from __future__ import annotations

import pytest
from geogan.errors import GeoGanError
from geogan.rasters.reading.guiding import HEIGHTS, NUMBERS
from geogan.test.harness.scripts import ci_script
from geogan.worker import bootstrap
from geogan.worker.process import MEMORY_RAN_OUT, WINDOWS_ENDINGS, WRAPPER_ENDINGS
from geogan.worker.setup_failures import FAILURES

translations = ci_script("translations")


@pytest.fixture(scope="module")
def collected() -> set[str]:
    sources = (path.read_text(encoding="utf-8") for path in translations.shipped_sources())
    return {text for source in sources for text in translations.texts_in(source)}


@pytest.mark.parametrize(
    "sentences",
    [
        pytest.param([failure.template for failure in FAILURES], id="of an installation"),
        pytest.param(
            [*WINDOWS_ENDINGS.values(), *WRAPPER_ENDINGS.values(), MEMORY_RAN_OUT], id="of a process"
        ),
        pytest.param(
            [bootstrap.TOO_OLD, bootstrap.MISSING, bootstrap.BROKEN, bootstrap.OUT_OF_MEMORY],
            id="of a worker's start",
        ),
        pytest.param([HEIGHTS.gaps, NUMBERS.gaps], id="of guides"),
    ],
)
def test_sentences_that_are_kept_as_data_are_collected(collected, sentences):
    assert sentences
    assert set(sentences) <= collected


@pytest.mark.parametrize(
    "source",
    [
        'raise Uncovered("Layer {layer} covers too little.", layer=name)',
        'raise SomeError("Layer {layer} covers too little.", layer=name)',
        'log("Layer {layer} covers too little.", layer=name)',
        'ENDINGS = {1: "Layer {layer} covers too little."}',
        'KIND = Kind(32, "cubic", "Layer {layer} " "covers too little.")',
        'def why():\n    return "Layer {layer} covers too little."',
    ],
)
def test_a_sentence_is_collected_wherever_it_stands(source):
    assert translations.texts_in(source) == ["Layer {layer} covers too little."]


def test_short_texts_are_collected_where_they_are_translated():
    assert translations.texts_in('tr("Seed"); tr("Seed"); other("Seed")') == ["Seed"]


@pytest.mark.parametrize(
    "source",
    [
        '"""Return what a layer covers."""',
        'class A:\n    """Of {layer}, what it covers."""',
        'text = f"Layer {name} covers too little."',
        'signs = ("No space left on device", "Errno 28")',
        'page = "<html><title>{title} of a page</title></html>"',
        "program = \"import json;print(json.dumps({'a b': 1}))\"",
        'name = "{}.{}"; key = "layer {number}"',
    ],
)
def test_what_nobody_reads_in_that_form_is_not_collected(source):
    assert translations.texts_in(source) == []


def test_a_value_that_is_a_sentence_is_translated_in_its_error_and_a_name_is_not():
    error = GeoGanError("No GPU for {layer}: {reason}", reason="There is none.", layer="There")
    german = {
        "No GPU for {layer}: {reason}": "Keine GPU für {layer}: {reason}",
        "There is none.": "Es gibt keine.",
        "There": "Dort",
    }
    assert error.sentence(german.get) == "Keine GPU für There: Es gibt keine."
