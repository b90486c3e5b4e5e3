# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from pathlib import Path

import pytest
from geogan.algorithms.bundled_model import BUNDLED_MODEL, model_path


@pytest.mark.parametrize("named", ["", "terrain.geogan"])
def test_the_bundled_model_needs_no_folder(named):
    assert model_path(named) == BUNDLED_MODEL


@pytest.mark.parametrize("named", ["other.geogan", "models/terrain.geogan", "/models/terrain.geogan"])
def test_any_other_model_is_where_it_is_named(named):
    assert model_path(named) == Path(named)


def test_a_model_of_the_user_comes_before_the_bundled_one_of_its_name(tmp_path, monkeypatch):
    (tmp_path / "terrain.geogan").touch()
    monkeypatch.chdir(tmp_path)
    assert model_path("terrain.geogan") == Path("terrain.geogan")
