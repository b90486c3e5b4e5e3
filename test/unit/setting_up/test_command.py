# SPDX-License-Identifier: GPL-3.0-or-later
"""Which command starts the worker."""

from __future__ import annotations

from pathlib import Path

import pytest
from geogan.errors import GeoGanError
from geogan.worker.environment import Choice, home_folder, set_up, split_command, worker_command

from .conftest import quiet


def test_without_any_set_up_the_sentence_tells_what_to_run(home):
    with pytest.raises(GeoGanError) as caught:
        worker_command(home, {})
    assert str(caught.value) == (
        'GeoGAN is not set up yet, or only in part. Run "Set up GeoGAN" from the Processing Toolbox.'
    )


def test_the_variable_wins_over_the_remembered_command(home, start):
    set_up(home, {}, Choice(command="ssh host python3"), quiet, start=start)
    assert worker_command(home, {}) == ["ssh", "host", "python3"]
    assert worker_command(home, {"GEOGAN_WORKER": "nice python3"}) == ["nice", "python3"]
    assert worker_command(home, {"GEOGAN_WORKER": " "}) == ["ssh", "host", "python3"]


def test_a_damaged_memory_counts_as_none(home):
    home.mkdir()
    for text in ("", "[]", '{"command": "python3"}', '{"command": [1]}'):
        (home / "worker.json").write_text(text)
        with pytest.raises(GeoGanError, match="not set up yet"):
            worker_command(home, {})


def test_the_home_can_be_moved(home):
    assert home_folder(home, {}) == home
    assert home_folder(home, {"GEOGAN_HOME": "/elsewhere"}) == Path("/elsewhere")


def test_the_path_of_a_python_is_one_word_whatever_is_in_it(tmp_path, monkeypatch):
    python = tmp_path / "pý thon's" / "python"
    python.parent.mkdir()
    python.touch()
    assert split_command(str(python)) == [str(python)]
    monkeypatch.chdir(tmp_path)
    assert split_command("pý thon's/python") == [str(python)]


def test_a_name_is_never_a_file_of_the_folder_that_qgis_was_started_in(tmp_path, monkeypatch):
    (tmp_path / "python3").touch()
    monkeypatch.chdir(tmp_path)
    assert split_command("python3") == ["python3"]
    assert split_command("./python3") == [str(tmp_path / "python3")]


@pytest.mark.parametrize(
    ("text", "is_windows", "words"),
    [
        ("env A='b c' python3", False, ["env", "A=b c", "python3"]),
        (
            r'"C:\Program Files\Python\python.exe" -X utf8',
            True,
            [r"C:\Program Files\Python\python.exe", "-X", "utf8"],
        ),
        (r"wsl ~/tf/bin/python", True, ["wsl", "~/tf/bin/python"]),
    ],
)
def test_a_command_line_is_split_as_its_system_does(text, is_windows, words):
    assert split_command(text, is_windows) == words


def test_a_command_line_that_makes_no_sense_gives_a_sentence():
    with pytest.raises(GeoGanError, match=r"^The worker's command cannot be read: python3 'half"):
        split_command("python3 'half", is_windows=False)


def test_the_home_of_a_user_that_is_not_there_gives_a_sentence():
    with pytest.raises(GeoGanError, match=r"^The worker's command cannot be read: ~nosuchuser/python3 \("):
        split_command("~nosuchuser/python3")


def test_a_command_line_may_be_longer_than_a_path():
    words = ["env", f"A=/{'b' * 5000}", "python3"]
    assert split_command(" ".join(words)) == words


def test_a_python_is_remembered_only_after_its_worker_said_hello(home, start):
    def start_in_vain(words, is_cancelled):
        raise GeoGanError("The worker's Python lacks TensorFlow.")

    with pytest.raises(GeoGanError, match="lacks TensorFlow"):
        set_up(home, {}, Choice(python="/a b/python"), quiet, start=start_in_vain)
    assert not (home / "worker.json").exists()
    words, hello = set_up(home, {}, Choice(python="/a b/python"), quiet, start=start)
    assert (words, hello) == (["/a b/python"], "hello")
    assert worker_command(home, {}) == ["/a b/python"]


def test_a_python_and_a_command_together_are_refused(home, start):
    with pytest.raises(GeoGanError, match=r"^Give either a Python or a command, not both\.$"):
        set_up(home, {}, Choice(python="a", command="b"), quiet, start=start)
