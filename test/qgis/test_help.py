# SPDX-License-Identifier: GPL-3.0-or-later
"""The help of an algorithm comes from files, one for each language that it was translated to."""

from __future__ import annotations

from pathlib import Path

import pytest
from geogan.algorithms.algorithm import help_text


@pytest.fixture
def folder(tmp_path, monkeypatch) -> Path:
    (tmp_path / "help").mkdir()
    for name in ("train", "train_de", "train_pt_BR"):
        (tmp_path / "help" / f"{name}.html").write_text(name)
    monkeypatch.setattr("geogan.algorithms.algorithm.RESOURCES", tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("locale", "file"),
    [("de", "train_de"), ("de_AT", "train_de"), ("pt_BR", "train_pt_BR"), ("pt", "train"), ("", "train")],
)
def test_help_comes_in_the_users_language_else_in_english(folder, locale, file):
    assert help_text("train", locale) == file


def test_help_that_nobody_wrote_is_empty(folder):
    assert help_text("other", "en") == ""
