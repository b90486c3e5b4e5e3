# SPDX-License-Identifier: GPL-3.0-or-later
"""The Python from which the worker's environment is made: which one fits, and where it is looked for."""

from __future__ import annotations

import os
import platform
import sys
from pathlib import Path

import pytest
from geogan.errors import GeoGanError
from geogan.worker import interpreter
from geogan.worker.interpreter import Interpreter


@pytest.mark.parametrize(
    ("version", "bits", "fits"),
    [
        ((3, 9), 64, False),
        ((3, 10), 64, True),
        ((3, 12), 64, True),
        ((3, 14), 64, False),
        ((3, 12), 32, False),
    ],
)
def test_tensorflow_needs_a_python_of_certain_versions(version, bits, fits):
    assert Interpreter("python", (*version, 0), bits, "AMD64", has_venv=True, has_ssl=True).fits is fits


@pytest.mark.parametrize(("machine", "fits"), [("x86_64", False), ("arm64", True)])
def test_an_intel_mac_ends_one_version_earlier_whatever_qgis_was_made_for(monkeypatch, machine, fits):
    monkeypatch.setattr(interpreter.sys, "platform", "darwin")
    monkeypatch.setattr(interpreter.platform, "machine", lambda: "x86_64")
    assert Interpreter("python3", (3, 13, 0), 64, machine, has_venv=True, has_ssl=True).fits is fits


def test_a_python_says_which_machine_it_is_for():
    assert interpreter.probe(sys.executable, os.environ).machine == platform.machine()


def test_on_a_mac_what_asks_for_the_developer_tools_is_not_started(monkeypatch):
    path = "/usr/local/bin:/usr/bin"
    assert Path("/usr/bin") in interpreter._folders({"PATH": path})
    monkeypatch.setattr(interpreter.sys, "platform", "darwin")
    monkeypatch.setattr(interpreter.sys, "base_exec_prefix", "/Applications/QGIS.app/Contents/MacOS")
    monkeypatch.setattr(interpreter.sysconfig, "get_config_var", lambda name: None)
    assert Path("/usr/bin") not in interpreter._folders({"PATH": path})


@pytest.mark.parametrize("folder", ["Programs/Python/Python312", "Python/pythoncore-3.13-64"])
def test_on_windows_it_is_found_where_its_installers_put_it(monkeypatch, tmp_path, folder):
    python = tmp_path / folder / "python.exe"
    python.parent.mkdir(parents=True)
    python.touch()
    monkeypatch.setattr(interpreter.sys, "platform", "win32")
    assert str(python) in set(interpreter.candidates({"LOCALAPPDATA": str(tmp_path)}))


@pytest.mark.parametrize(
    ("system", "prefix", "own"),
    [
        ("win32", "QGIS 3.40/apps/Python312", ("QGIS 3.40/apps/Python312", "QGIS 3.40/bin")),
        ("darwin", "QGIS.app/Contents/Frameworks", ("QGIS.app/Contents/Frameworks/bin",)),
    ],
)
def test_where_qgis_brings_a_python_along_any_other_is_tried_before(
    monkeypatch, tmp_path, system, prefix, own
):
    monkeypatch.setattr(interpreter.sys, "platform", system)
    monkeypatch.setattr(interpreter.sys, "base_exec_prefix", str(tmp_path / prefix))
    monkeypatch.setattr(interpreter.sysconfig, "get_config_var", lambda name: None)
    name = "python.exe" if system == "win32" else "python3"
    for folder in (*own, "other"):
        (tmp_path / folder).mkdir(parents=True)
        (tmp_path / folder / name).touch()
    path = os.pathsep.join(str(tmp_path / folder) for folder in (*own, "other"))
    found = [each for each in interpreter.candidates({"PATH": path}) if each.startswith(str(tmp_path))]
    assert found[0] == str(tmp_path / "other" / name)
    assert sorted(found[1:]) == sorted(str(tmp_path / folder / name) for folder in own)


def test_a_folder_of_the_path_that_must_not_be_looked_into_is_passed_over(monkeypatch):
    def refused(self):
        raise PermissionError(13, "Permission denied")  # as before Python 3.14

    monkeypatch.setattr(Path, "is_file", refused)
    assert list(interpreter.candidates({"PATH": "/closed"})) == []


def test_a_program_that_is_no_python_is_passed_over(tmp_path):
    program = tmp_path / "python3"
    program.write_text("#!/bin/sh\necho QGIS opens again\n")
    program.chmod(0o755)
    assert interpreter.probe(str(program), {}) is None
    assert interpreter.probe(str(tmp_path / "none"), {}) is None


def test_the_running_program_is_never_a_candidate_under_its_own_name(tmp_path, monkeypatch):
    """On Windows and macOS `sys.executable` is QGIS."""
    qgis = tmp_path / "qgis-bin"
    qgis.touch()
    monkeypatch.setattr(interpreter.sys, "executable", str(qgis))
    assert str(qgis) not in set(interpreter.candidates({"PATH": str(tmp_path)}))


def test_a_python_that_cannot_make_environments_tells_what_to_install(monkeypatch):
    monkeypatch.setattr(interpreter, "candidates", lambda environ: ["/usr/bin/python3"])
    found = Interpreter("/usr/bin/python3", (3, 11, 2), 64, "x86_64", has_venv=False, has_ssl=True)
    monkeypatch.setattr(interpreter, "probe", lambda *args: found)
    with pytest.raises(GeoGanError, match=r"sudo apt install python3\.11-venv"):
        next(interpreter.base_pythons({}))


@pytest.fixture
def without_ssl_first(monkeypatch) -> dict[str, Interpreter]:
    """The Pythons that are found, by path: the first has no SSL."""
    found = {
        f"/{name}/python3": Interpreter(f"/{name}/python3", (3, 12, 1), 64, "x86_64", True, name == "whole")
        for name in ("bare", "whole")
    }
    monkeypatch.setattr(interpreter, "candidates", lambda environ: list(found))
    monkeypatch.setattr(interpreter, "probe", lambda path, *rest: found[path])
    return found


def test_a_python_without_ssl_is_passed_over_unless_nothing_is_downloaded(without_ssl_first):
    assert next(interpreter.base_pythons({})).path == "/whole/python3"
    assert next(interpreter.base_pythons({}, downloads=False)).path == "/bare/python3"


def test_where_no_python_has_ssl_the_sentence_says_so(without_ssl_first):
    del without_ssl_first["/whole/python3"]
    with pytest.raises(GeoGanError, match=r"^Python 3\.12 \(/bare/python3\) was built without SSL"):
        next(interpreter.base_pythons({}))


def test_a_python_says_whether_it_has_ssl(tmp_path):
    assert interpreter.probe(sys.executable, os.environ).has_ssl
    broken = tmp_path / "python3"
    planted = "import sys; sys.modules['_ssl'] = None; exec(sys.argv[1])"
    broken.write_text(f'#!/bin/sh\nexec {sys.executable} -I -c "{planted}" "$3"\n')
    broken.chmod(0o755)
    assert interpreter.probe(str(broken), os.environ).has_ssl is False


def test_no_python_at_all_tells_where_to_get_one(monkeypatch):
    monkeypatch.setattr(interpreter, "candidates", lambda environ: [])
    with pytest.raises(GeoGanError, match=r"^No Python 3\.10 to 3\.\d+ \(64 bit\) was found"):
        next(interpreter.base_pythons({}))
