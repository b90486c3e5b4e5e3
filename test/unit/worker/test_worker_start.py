# SPDX-License-Identifier: GPL-3.0-or-later
"""Starting a worker on whatever Python a user has, from whatever environment QGIS has."""

from __future__ import annotations

import ast
import os
import shlex
import shutil
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from geogan.errors import GeoGanError
from geogan.worker import bootstrap, client, hello, process, runtime
from geogan.worker.archive import PACKAGE_ROOT
from geogan.worker.client import WorkerDied, WorkerError
from geogan.worker.environment import split_command


@pytest.fixture
def bare_python(tmp_path) -> Path:
    """The Python of an environment with nothing in it, in a folder with a blank and an accent."""
    folder = tmp_path / "pý thon"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(folder)], check=True)
    return folder / "bin" / "python"


def lend_packages(python: Path) -> None:
    """Let the Python of an environment see the packages of this one."""
    folders = [path for path in sys.path if path.endswith("-packages")]
    site = next(python.parent.parent.glob("lib/python*/site-packages"))
    (site / "lent.pth").write_text("\n".join(folders), "utf-8")


def test_a_python_may_have_blanks_and_accents_in_its_path(start, result_of, bare_python):
    lend_packages(bare_python)
    worker = start(split_command(str(bare_python)))
    assert result_of(worker, "describe").fields["python"] == str(bare_python)


def test_who_launches_a_worker_does_not_wait_for_its_code_to_be_packed(monkeypatch, start, python, archive):
    packed_by = []

    def packed():
        packed_by.append(threading.current_thread())
        return archive

    monkeypatch.setattr(client, "build_archive", packed)
    worker = start(python, archive=None)
    assert packed_by != []
    assert worker.archive == archive
    assert threading.current_thread() not in packed_by


def test_a_python_without_tensorflow_is_named_in_a_sentence(start, bare_python):
    with pytest.raises(GeoGanError) as caught:
        start([str(bare_python)])
    version = ".".join(map(str, sys.version_info[:3]))
    assert str(caught.value) == (
        f"The worker's Python ({bare_python}, version {version}) lacks NumPy, TensorFlow, SciPy, "
        'safetensors. Run "Set up GeoGAN" from the Processing Toolbox.'
    )


@pytest.mark.parametrize("name", ["tensorflow", "scipy", "safetensors"])
def test_each_package_that_a_job_needs_is_looked_for(monkeypatch, name):
    monkeypatch.setattr(bootstrap.importlib.util, "find_spec", lambda wanted: wanted != name or None)
    template, values = bootstrap.find_lack()
    assert template == bootstrap.MISSING
    assert values["missing"].lower() == name


@pytest.mark.parametrize(
    ("tensorflow", "keras", "is_old"),
    [
        ("2.15.1", "2.15.0", True),
        ("2.9.0", "", True),
        ("2.16.2", "2.15.0", True),
        ("2.16.2", "3.0.0", False),
        ("2.21.0-dev20260101", "", False),
    ],
)
def test_a_tensorflow_from_before_keras_3_is_refused(tensorflow, keras, is_old):
    if not is_old:
        runtime.refuse_old(tensorflow, keras)
        return
    with pytest.raises(GeoGanError, match=r"needs TensorFlow 2\.16 and Keras 3 or newer\. Update them"):
        runtime.refuse_old(tensorflow, keras)


def test_what_the_worker_refuses_at_its_start_is_told_as_it_is(start, python):
    with pytest.raises(WorkerError, match=r"^TensorFlow 2\.10 is too old\.$") as caught:
        start(python, environ={**os.environ, "TOO_OLD": "2.10"})
    assert caught.value.detail == ""


def test_a_damaged_package_is_named_in_a_sentence(start, bare_python):
    lend_packages(bare_python)
    site = next(bare_python.parent.parent.glob("lib/python*/site-packages"))
    (site / "numpy.py").write_text("raise ImportError('numpy.core is damaged')")
    with pytest.raises(GeoGanError, match=r"cannot load what GeoGAN needs: numpy.core is damaged\. Run"):
        start([str(bare_python)])


@pytest.mark.parametrize(
    ("failure", "is_transient"),
    [
        ("MemoryError: ", True),
        ("ImportError: libtensorflow.so: failed to map segment: Cannot allocate memory", True),
        ("OSError: [WinError 1455] The paging file is too small", True),
        ("ImportError: libtensorflow.so: file too short", False),
    ],
)
def test_full_memory_while_a_worker_loads_is_told_apart_from_damage(start, python, failure, is_transient):
    with pytest.raises(WorkerError) as caught:
        start(python, environ={**os.environ, "FAILS_TO_LOAD": failure})
    assert caught.value.is_transient == is_transient
    assert ("The worker ran out of memory." in str(caught.value)) == is_transient
    assert ("cannot load what GeoGAN needs: ImportError: libtens" in str(caught.value)) != is_transient


@pytest.mark.parametrize(
    ("failure", "is_transient"),
    [
        ("MemoryError()", True),
        ("ImportError('libblas.so: failed to map segment: Cannot allocate memory')", True),
        ("ImportError('numpy.core is damaged')", False),
    ],
)
def test_full_memory_before_that_is_no_damage_either(start, bare_python, failure, is_transient):
    lend_packages(bare_python)
    site = next(bare_python.parent.parent.glob("lib/python*/site-packages"))
    (site / "numpy.py").write_text(f"raise {failure}")
    with pytest.raises(WorkerError) as caught:
        start([str(bare_python)])
    assert caught.value.is_transient == is_transient
    assert str(caught.value).startswith("The worker ran out of memory while it started (") == is_transient


def test_a_python_that_is_too_old_is_told_so(monkeypatch):
    monkeypatch.setattr(bootstrap.sys, "version_info", (3, 9, 18, "final", 0))
    template, _ = bootstrap.find_lack()
    assert "needs 3.10 to 3.13" in template


def test_an_old_python_can_read_the_bootstrap():
    source = (PACKAGE_ROOT / "worker" / "bootstrap.py").read_text("utf-8")
    ast.parse(source, feature_version=(3, 4))
    assert "annotations" not in {name.name for node in ast.walk(ast.parse(source))
                                 if isinstance(node, ast.ImportFrom) for name in node.names}  # fmt: skip


def test_what_breaks_a_python_does_not_reach_the_worker(start, python, result_of, tmp_path):
    (tmp_path / "numpy.py").write_text("raise ImportError('the wrong NumPy')")
    (tmp_path / "libm.so.6").write_text("not a library")
    poison = {
        "PYTHONHOME": str(tmp_path),
        "PYTHONPATH": str(tmp_path),
        "PYTHONSTARTUP": str(tmp_path / "numpy.py"),
        "LD_LIBRARY_PATH": str(tmp_path),
        "PROJ_LIB": str(tmp_path),
        "QT_PLUGIN_PATH": str(tmp_path),
    }
    worker = start(python, environ={**os.environ, **poison})
    seen = result_of(worker, "describe").fields["environ"]
    assert not set(poison) & set(seen)
    assert seen["PATH"] == os.environ["PATH"]


def test_the_poison_of_the_test_above_is_deadly(python, tmp_path):
    (tmp_path / "libm.so.6").write_text("not a library")
    environ = {**os.environ, "LD_LIBRARY_PATH": str(tmp_path)}
    status = subprocess.run([*python, "-c", "pass"], env=environ, check=False, capture_output=True).returncode
    assert status != 0


def test_the_command_may_have_programs_in_front(start, python, result_of):
    words = " ".join(f'"{word}"' for word in python)
    worker = start(split_command(f"env GREETING='good day' nice -n 5 {words}"))
    seen = result_of(worker, "describe").fields
    assert seen["environ"]["GREETING"] == "good day"
    assert seen["nice"] == min(os.nice(0) + 15, 19)  # 5 from the command, 10 from the worker itself


def test_a_command_may_hand_its_words_to_a_second_shell(start, python, result_of, tmp_path):
    """As ssh does: it joins them by blanks, and the shell on the far side splits them again."""
    ssh = tmp_path / "ssh"
    ssh.write_text('#!/bin/sh\nshift\nexec sh -c "$*"\n')
    ssh.chmod(0o755)
    worker = start([str(ssh), "gpu-machine", *map(shlex.quote, python)])
    assert result_of(worker, "echo").type == "result"


def test_a_worker_of_another_protocol_version_is_refused(start, python, monkeypatch):
    monkeypatch.setattr(hello, "PROTOCOL_VERSION", 7)
    with pytest.raises(GeoGanError) as caught:
        start(python)
    assert str(caught.value) == (
        "The worker speaks version 1 of GeoGAN's protocol, this plugin speaks version 7. "
        'Restart QGIS, then run "Set up GeoGAN" from the Processing Toolbox.'
    )
    assert caught.value.is_transient


def test_a_command_that_does_not_exist_gives_a_sentence(start):
    with pytest.raises(GeoGanError) as caught:
        start(["/nowhere/python"])
    assert str(caught.value) == (
        'The command "/nowhere/python" cannot be started: No such file or directory. '
        'Check it, or run "Set up GeoGAN" from the Processing Toolbox.'
    )


def test_a_command_that_prints_is_told_apart_from_a_worker(start, python):
    with pytest.raises(WorkerDied, match=r"^What the worker sent cannot be read: Not a message: 'Welcome!'"):
        start(["sh", "-c", 'echo Welcome!; exec "$@"', "sh", *python])


@pytest.mark.skipif(shutil.which("false") is None, reason="needs the program false")
def test_a_command_that_ends_at_once_gives_a_sentence(start):
    with pytest.raises(WorkerDied, match=r"^The worker ended \(exit code 1\)\.$"):
        start(["false"])


def test_on_windows_a_bare_name_is_no_program_of_the_current_folder(monkeypatch):
    """Windows looks there first, and it may be the folder of somebody else's project."""
    monkeypatch.setattr(process.sys, "platform", "win32")
    monkeypatch.setattr(process.shutil, "which", lambda name: f"./{name}")
    with pytest.raises(GeoGanError, match="current folder"):
        process.start_process(["wsl", "python"], os.environ)


def test_on_windows_a_bare_name_is_the_program_of_the_search_path(monkeypatch):
    monkeypatch.setattr(process.sys, "platform", "win32")
    monkeypatch.setattr(process, "_creation_flags", lambda: 0)
    monkeypatch.setattr(process.shutil, "which", lambda name: sys.executable)
    started = process.start_process(["any-name", "-c", "pass"], os.environ)
    assert started.args[0] == sys.executable
    assert process.wait_for(started, 30.0)
