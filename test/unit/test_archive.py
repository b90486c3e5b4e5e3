# SPDX-License-Identifier: GPL-3.0-or-later
"""What is sent over the pipe: the code archive, and the words that start its reader."""

from __future__ import annotations

import io
import shlex
import zipfile

import pytest
from geogan.worker.archive import ONE_LINER, build_archive, full_command


def names(archive: bytes) -> set[str]:
    return set(zipfile.ZipFile(io.BytesIO(archive)).namelist())


def test_the_archive_holds_the_far_side_and_nothing_else():
    held = names(build_archive())
    assert {
        "geogan/__init__.py",
        "geogan/errors.py",
        "geogan/worker/server.py",
        "geogan/models/__init__.py",
    } <= held
    assert {name.split("/")[1] for name in held if name.count("/") > 1} == {"models", "realism", "worker"}
    assert "geogan/worker/client.py" not in held
    assert all(name.endswith(".py") for name in held)


def test_the_same_files_give_the_same_bytes():
    assert build_archive() == build_archive()


def test_a_local_python_gets_the_one_liner_as_one_word():
    assert full_command(["nice", "/a b/python"]) == ["nice", "/a b/python", "-I", "-u", "-c", ONE_LINER]


@pytest.mark.parametrize(
    "command",
    [
        ["ssh", "host", "python3"],
        ["/usr/bin/ssh", "host", "python3"],
        ["env", "A=b", "ssh", "host", "python3"],
        ["wsl", "python3"],
        [r"C:\Windows\System32\WSL.exe", "-d", "Debian", "python3"],
    ],
)
def test_the_one_liner_is_quoted_for_the_shell_behind_ssh_and_wsl(command):
    words = full_command(command)
    assert words[-1] != ONE_LINER
    assert shlex.split(" ".join(words[-4:])) == ["-I", "-u", "-c", ONE_LINER]


def test_wsl_without_its_shell_gets_the_one_liner_as_it_is():
    assert full_command(["wsl", "--exec", "python3"])[-1] == ONE_LINER


def test_the_one_liner_has_nothing_that_a_shell_would_change_inside_quotes():
    assert not set(ONE_LINER) & set("\"'`$\\!%^&|<>\n")
