# SPDX-License-Identifier: GPL-3.0-or-later
"""How an environment is made, and the sentences for all that can prevent it."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from geogan.errors import Cancelled, GeoGanError
from geogan.worker import installation
from geogan.worker.environment import Choice, set_up, worker_command
from geogan.worker.installation import Installation
from geogan.worker.interpreter import base_pythons
from geogan.worker.managed import current
from geogan.worker.setup_failures import explain_failure

from .conftest import Said, quiet


def test_the_environment_is_made_from_wheels_then_only_checked(
    home, start, started, wheels, small_requirements
):
    lines = Said()
    choice = Choice(wheels=str(wheels))
    words, _ = set_up(home, {"PATH": "/usr/bin:/bin"}, choice, lines, start=start)
    assert words == worker_command(home, {}) == started[0]
    assert Path(words[0]).is_relative_to(home / "environment")
    assert list((home / "environment").glob("**/site-packages/geogan_probe.py"))
    assert any("Successfully installed geogan-probe-1.0" in line for line in lines)

    lines.clear()
    set_up(home, {}, Choice(), lines, start=start)
    assert lines == [f"Starting the worker: {words[0]}"]


def test_packages_go_into_the_environment_whatever_pip_is_set_to(
    home, start, wheels, small_requirements, tmp_path
):
    settings = tmp_path / "pip.conf"
    settings.write_text("[install]\nuser = true\n")
    environ = {"PATH": "/usr/bin:/bin", "PIP_CONFIG_FILE": str(settings)}
    set_up(home, environ, Choice(wheels=str(wheels)), quiet, start=start)
    assert list((home / "environment").glob("**/site-packages/geogan_probe.py"))


def test_downloads_do_not_fill_the_systems_folder_for_temporary_files(
    home, start, steps, small_requirements, monkeypatch
):
    folders = []
    make_python = installation._run_step

    def note_folder(command, environ, *rest):
        make_python(command)
        folders.extend(Path(environ[name]) for name in ("TMPDIR", "TEMP", "TMP"))
        assert all(folder.is_dir() for folder in folders)

    monkeypatch.setattr(installation, "_run_step", note_folder)
    set_up(home, {"TMPDIR": "/small"}, Choice(), quiet, start=start)
    assert all(folder.is_relative_to(home / "environment") for folder in folders)
    assert not any(folder.exists() for folder in folders)


def test_a_python_that_only_seems_able_to_make_environments_gives_way_to_the_next(
    home, start, wheels, small_requirements, monkeypatch, tmp_path
):
    whole = next(base_pythons({"PATH": "/usr/bin:/bin"}))
    broken = tmp_path / "python3"
    broken.write_text(
        '#!/bin/sh\nmkdir "$4/bin"\ntouch "$4/bin/python"\necho cannot load a library\nexit 1\n'
    )
    broken.chmod(0o755)
    pythons = [replace(whole, path=str(broken)), whole]
    monkeypatch.setattr(installation, "base_pythons", lambda *args, **options: iter(pythons))
    lines = Said()

    set_up(home, {}, Choice(wheels=str(wheels)), lines, start=start)

    assert "cannot load a library" in lines
    assert list((home / "environment").glob("**/site-packages/geogan_probe.py"))
    assert current(home).is_complete()

    monkeypatch.setattr(installation, "base_pythons", lambda *args, **options: iter(pythons[:1]))
    with pytest.raises(GeoGanError, match=r"could not be made \(exit code 1\)[^$]*cannot load a library"):
        Installation(tmp_path / "other").make({}, wheels, gpu=False, log=quiet)
    assert not (tmp_path / "other").exists()


def test_an_environment_whose_python_has_gone_with_another_program_is_not_whole(home, start, steps, tmp_path):
    set_up(home, {}, Choice(), quiet, start=start)
    made = current(home)
    assert made.is_complete()
    marker = json.loads((made.folder / installation.MARKER).read_text("utf-8"))
    marker["base"] = str(tmp_path / "QGIS 3.40" / "python3.exe")
    (made.folder / installation.MARKER).write_text(json.dumps(marker), "utf-8")
    assert not made.is_complete()
    with pytest.raises(GeoGanError, match='Run "Set up GeoGAN"'):
        worker_command(home, {})


def test_a_set_up_can_be_cancelled_while_pip_runs(home, start, small_requirements):
    lines = Said()

    def is_cancelled():
        return any("Making a virtual environment" in line for line in lines)

    with pytest.raises(Cancelled):
        set_up(home, {}, Choice(), lines, is_cancelled, start)
    assert not current(home).is_complete()


def test_a_package_that_is_not_there_gives_a_sentence(home, start, wheels, small_requirements):
    small_requirements.write_text("geogan-probe==2.0\n")
    with pytest.raises(
        GeoGanError, match=r"^There is no package of the wanted version for Python 3\.\d+ on this"
    ):
        set_up(home, {}, Choice(wheels=str(wheels)), quiet, start=start)


def test_a_full_disk_is_noticed_before_the_work(home, start, small_requirements, monkeypatch):
    monkeypatch.setattr(installation, "FREE_BYTES", 10**18)
    with pytest.raises(GeoGanError, match=r"^The worker's environment needs 1000000000 GB of disk space; "):
        set_up(home, {}, Choice(), quiet, start=start)


@pytest.mark.parametrize("choice", [Choice(), Choice(command="python3")])
def test_a_home_that_cannot_be_written_gives_a_sentence(tmp_path, start, steps, choice):
    (tmp_path / "file").touch()
    with pytest.raises(GeoGanError, match=r"^The folder .*home cannot be written: Not a directory\. Free"):
        set_up(tmp_path / "file" / "home", {}, choice, quiet, start=start)


def test_a_disk_that_fills_up_gives_a_sentence(home, start, steps, monkeypatch):
    def fail(self, *rest):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Installation, "_mark", fail)
    with pytest.raises(GeoGanError, match=r"cannot be written: No space left on device\."):
        set_up(home, {}, Choice(), quiet, start=start)


@pytest.mark.parametrize(
    ("printed", "start_of_sentence"),
    [
        ("OSError: [Errno 28] No space left on device", "There is not enough disk space"),
        (
            "WARNING: Retrying ... NewConnectionError\nERROR: No matching distribution found for numpy",
            "The package server cannot be reached.",
        ),
        (
            "Max retries exceeded with url: /numpy/ (Caused by SSLError('the SSL module is not available.'))",
            "Python /py was built without SSL",
        ),
        ("OSError: Tunnel connection failed: 407 Proxy Authentication Required", "The proxy server wants"),
        ("SSLError(SSLCertVerificationError(1, ...", "The package server's certificate was not accepted."),
        (
            "The virtual environment was not created successfully because ensurepip is not available.",
            "Python /py ",
        ),
        ("PermissionError: [Errno 13] Permission denied", "The folder /home/x cannot be written"),
        ("PermissionError: [WinError 5] Zugriff verweigert: 'C:'", "The folder /home/x cannot be written"),
        ("OSError: [WinError 112] Es steht nicht genug Speicherplatz", "There is not enough disk space"),
        (
            "HINT: This error might have occurred since this system does not have Windows Long Path support",
            "The path /home/x is too long for Windows.",
        ),
        (
            "something else",
            "The worker's environment could not be made (exit code 1). The last lines were:\nsomething",
        ),
    ],
)
def test_the_usual_failures_have_their_sentences(printed, start_of_sentence):
    error = explain_failure(printed.splitlines(), 1, home="/home/x", python="/py", version="3.12")
    assert str(error).startswith(start_of_sentence)
