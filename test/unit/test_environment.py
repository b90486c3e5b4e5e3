# SPDX-License-Identifier: GPL-3.0-or-later
"""Which command starts the worker, and making, checking and repairing the managed environment."""

from __future__ import annotations

import zipfile
from dataclasses import dataclass
from pathlib import Path

import pytest
from geogan.errors import Cancelled, GeoGanError
from geogan.worker import installation
from geogan.worker.client import SILENT, TOO_SLOW, WorkerDied
from geogan.worker.environment import Choice, home_folder, set_up, split_command, worker_command
from geogan.worker.installation import Installation, explain_failure
from geogan.worker.lock import locked
from geogan.worker.managed import LOCK, all_in, current
from packaging.requirements import Requirement


@dataclass(frozen=True)
class FakeWorker:
    """Says hello without starting anything."""

    hello: str = "hello"

    def close(self) -> None:
        pass


@pytest.fixture
def home(tmp_path) -> Path:
    return tmp_path / "hö me"


@pytest.fixture
def started() -> list[list[str]]:
    return []


@pytest.fixture
def start(started):
    def start_worker(words, is_cancelled):
        started.append(words)
        return FakeWorker()

    return start_worker


@pytest.fixture
def wheels(tmp_path) -> Path:
    """A folder with one small package in it."""
    folder = tmp_path / "wheels"
    folder.mkdir()
    with zipfile.ZipFile(folder / "geogan_probe-1.0-py3-none-any.whl", "w") as wheel:
        wheel.writestr("geogan_probe.py", "")
        wheel.writestr(
            "geogan_probe-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: geogan-probe\nVersion: 1.0\n"
        )
        wheel.writestr(
            "geogan_probe-1.0.dist-info/WHEEL",
            "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        )
        wheel.writestr("geogan_probe-1.0.dist-info/RECORD", "")
    return folder


@pytest.fixture
def small_requirements(tmp_path, monkeypatch) -> Path:
    """The set-up installs one small package instead of TensorFlow."""
    path = tmp_path / "wanted.txt"
    path.write_text("geogan-probe==1.0\n")
    monkeypatch.setattr(installation, "FREE_BYTES", 0)
    monkeypatch.setattr(installation, "REQUIREMENTS", path)
    return path


@pytest.fixture
def steps(small_requirements, monkeypatch) -> list[str]:
    """The set-up runs neither venv nor pip, only notes their names and makes an empty Python."""
    names = []

    def run_step(command, *rest):
        names.append(command[3])
        if command[3] == "venv":
            python = Installation(Path(command[-1])).python
            python.parent.mkdir(parents=True, exist_ok=True)
            python.touch()

    monkeypatch.setattr(installation, "_run_step", run_step)
    return names


@pytest.fixture
def gpu_packages(monkeypatch) -> None:
    """The machine is one for which TensorFlow has GPU packages."""
    monkeypatch.setattr(installation.sys, "platform", "linux")
    monkeypatch.setattr(installation.platform, "machine", lambda: "x86_64")
    monkeypatch.setattr(installation, "FREE_BYTES_GPU", 0)


def refuse_to_start(template: str, kind: type[GeoGanError] = GeoGanError):
    """A `start` whose worker does not come up."""

    def start_in_vain(words, is_cancelled):
        raise kind(template, minutes=10, seconds=60)

    return start_in_vain


def quiet(line: str) -> None:
    pass


# --- which command


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


# --- set-up


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


def test_the_environment_is_made_from_wheels_then_only_checked(
    home, start, started, wheels, small_requirements
):
    lines = []
    choice = Choice(wheels=str(wheels))
    words, _ = set_up(home, {"PATH": "/usr/bin:/bin"}, choice, lines.append, start=start)
    assert words == worker_command(home, {}) == started[0]
    assert Path(words[0]).is_relative_to(home / "environment")
    assert list((home / "environment").glob("**/site-packages/geogan_probe.py"))
    assert any("Successfully installed geogan-probe-1.0" in line for line in lines)

    lines.clear()
    set_up(home, {}, Choice(), lines.append, start=start)
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


def test_new_requirements_make_the_environment_incomplete(home, start, steps, small_requirements):
    set_up(home, {}, Choice(), quiet, start=start)
    assert current(home).is_complete()
    assert not current(home).is_complete(gpu=True)
    small_requirements.write_text("geogan-probe==1.1\n")
    assert not current(home).is_complete()


def test_other_words_about_the_same_requirements_change_nothing(home, start, steps, small_requirements):
    set_up(home, {}, Choice(), quiet, start=start)
    small_requirements.write_text("# Why.\n\ngeogan-probe==1.0  # the last one\n")
    assert current(home).is_complete()


def test_an_environment_for_a_gpu_is_kept_when_the_set_up_is_run_again_as_it_is(
    home, start, steps, gpu_packages
):
    set_up(home, {}, Choice(gpu=True), quiet, start=start)

    lines = []
    set_up(home, {}, Choice(), lines.append, start=start)

    assert lines == [f"Starting the worker: {current(home).python}"]
    assert current(home).is_complete(gpu=True)


@pytest.mark.parametrize(
    ("system", "machine", "sentence"),
    [
        ("darwin", "arm64", r"^TensorFlow has GPU packages for Linux only\."),
        ("win32", "AMD64", r"^TensorFlow has GPU packages for Linux only\."),
        ("linux", "aarch64", r"^TensorFlow has no GPU packages for this kind of processor \(aarch64\)\."),
    ],
)
def test_where_tensorflow_has_no_gpu_packages_none_are_installed(
    home, start, steps, monkeypatch, system, machine, sentence
):
    monkeypatch.setattr(installation.sys, "platform", system)
    monkeypatch.setattr(installation.platform, "machine", lambda: machine)
    with pytest.raises(GeoGanError, match=sentence):
        set_up(home, {}, Choice(gpu=True), quiet, start=start)
    assert steps == []


@pytest.mark.parametrize("failure", [Cancelled(), GeoGanError("planted")])
def test_an_interrupted_set_up_leaves_nothing(home, start, steps, monkeypatch, failure):
    make_python = installation._run_step

    def stop_at_pip(command, *rest):
        if "pip" in command:
            raise failure
        make_python(command)

    monkeypatch.setattr(installation, "_run_step", stop_at_pip)
    with pytest.raises(type(failure)):
        set_up(home, {}, Choice(), quiet, start=start)
    assert [path.name for path in home.iterdir()] == [LOCK]
    with pytest.raises(GeoGanError, match="or only in part"):
        worker_command(home, {})


def test_what_a_killed_set_up_left_is_replaced(home, start, steps):
    remains = home / "environment" / "lib" / "half"
    remains.mkdir(parents=True)
    (home / "environment" / "pyvenv.cfg").touch()
    set_up(home, {}, Choice(), quiet, start=start)
    assert current(home).folder == home / "environment"
    assert not remains.exists()


@pytest.mark.parametrize("name", ["environment", "environment-2"])
def test_files_of_somebody_else_are_never_deleted(home, start, steps, small_requirements, name):
    """As in a folder of another program that GEOGAN_HOME names."""
    if name == "environment-2":
        set_up(home, {}, Choice(), quiet, start=start)
        small_requirements.write_text("geogan-probe==1.1\n")
    foreign = home / name / "data" / "precious"
    foreign.mkdir(parents=True)
    with pytest.raises(GeoGanError, match=rf"^The folder .*{name} holds something else than GeoGAN's"):
        set_up(home, {}, Choice(), quiet, start=start)
    assert foreign.exists()


def test_an_empty_folder_is_as_good_as_none(home, start, steps):
    (home / "environment").mkdir(parents=True)
    set_up(home, {}, Choice(), quiet, start=start)
    assert current(home).folder == home / "environment"


def test_what_cannot_be_deleted_is_not_whole_and_is_known_later(home, start, steps, monkeypatch):
    """As on Windows, where a worker of another QGIS still runs from it."""
    set_up(home, {}, Choice(), quiet, start=start)
    former = current(home)
    monkeypatch.setattr(installation.shutil, "rmtree", lambda path, **options: None)
    assert not former.delete()
    assert not former.was_made
    assert not former.is_foreign
    monkeypatch.undo()
    assert former.delete()


def test_an_environment_that_does_not_work_is_replaced_by_another(home, start, steps):
    former, _ = set_up(home, {}, Choice(), quiet, start=start)

    def start_unless_former(words, is_cancelled):
        if words == former:
            raise GeoGanError("The worker's Python lacks TensorFlow.")
        return FakeWorker()

    lines = []
    words, _ = set_up(home, {}, Choice(), lines.append, start=start_unless_former)
    assert "The environment does not work and is made anew: The worker's Python lacks TensorFlow." in lines
    assert steps == ["venv", "pip"] * 2
    assert worker_command(home, {}) == words != former
    assert [one.folder for one in all_in(home)] == [current(home).folder], "the former one is deleted"


def test_the_name_of_a_deleted_environment_is_used_again(home, start, steps, small_requirements):
    names = []
    for version in range(3):
        small_requirements.write_text(f"geogan-probe=={version}\n")
        set_up(home, {}, Choice(), quiet, start=start)
        names.append(current(home).folder.name)
    assert names == ["environment", "environment-2", "environment"]


@pytest.mark.parametrize("failure", [Cancelled(), GeoGanError("planted")])
def test_the_former_environment_works_on_where_a_new_one_cannot_be_made(
    home, start, steps, gpu_packages, monkeypatch, failure
):
    former, _ = set_up(home, {}, Choice(), quiet, start=start)

    def fail(command, *rest):
        raise failure

    monkeypatch.setattr(installation, "_run_step", fail)
    with pytest.raises(type(failure)):
        set_up(home, {}, Choice(gpu=True), quiet, start=start)
    assert worker_command(home, {}) == former
    assert all_in(home) == [current(home)]


def test_the_former_environment_works_on_where_the_new_one_does_not_start(home, start, steps, gpu_packages):
    former, _ = set_up(home, {}, Choice(), quiet, start=start)

    with pytest.raises(WorkerDied, match="crashed"):
        set_up(home, {}, Choice(gpu=True), quiet, start=refuse_to_start("The worker crashed.", WorkerDied))
    assert worker_command(home, {}) == former
    assert all_in(home) == [current(home)]


@pytest.mark.parametrize("template", [TOO_SLOW, SILENT + "\nIts last lines were:\nnone"])
def test_a_slow_start_does_not_make_an_environment_anew(home, start, steps, template):
    words, _ = set_up(home, {}, Choice(), quiet, start=start)

    with pytest.raises(WorkerDied):
        set_up(home, {}, Choice(), quiet, start=refuse_to_start(template, WorkerDied))
    assert steps == ["venv", "pip"]
    assert worker_command(home, {}) == words


def test_a_new_environment_that_starts_slowly_is_only_started_again(home, start, steps, small_requirements):
    set_up(home, {}, Choice(), quiet, start=start)
    small_requirements.write_text("geogan-probe==1.1\n")
    with pytest.raises(WorkerDied):
        set_up(home, {}, Choice(), quiet, start=refuse_to_start(TOO_SLOW, WorkerDied))

    words, _ = set_up(home, {}, Choice(), quiet, start=start)

    assert steps == ["venv", "pip"] * 2
    assert worker_command(home, {}) == words


def test_one_set_up_at_a_time_changes_the_environment(home, start, steps):
    with locked(home / LOCK), pytest.raises(GeoGanError, match=r'^"Set up GeoGAN" is running already'):
        set_up(home, {}, Choice(), quiet, start=start)
    assert steps == []
    set_up(home, {}, Choice(), quiet, start=start)


def test_a_damaged_name_of_the_current_environment_counts_as_none(home):
    home.mkdir()
    for text in ("", "../elsewhere", "environment-", "\0"):
        (home / "current.txt").write_text(text)
        assert current(home).folder == home / "environment"


def test_a_set_up_can_be_cancelled_while_pip_runs(home, start, small_requirements):
    lines = []

    def is_cancelled():
        return any("Making a virtual environment" in line for line in lines)

    with pytest.raises(Cancelled):
        set_up(home, {}, Choice(), lines.append, is_cancelled, start)
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


def test_the_gpu_variant_installs_tensorflow_with_cuda(tmp_path):
    text = Installation(tmp_path)._requirements_text(gpu=True)
    assert "tensorflow[and-cuda]==2.21.0 ;" in text
    assert "tensorflow-cpu==" not in text


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


def test_the_requirements_are_pinned_and_not_named_so_that_others_install_them():
    assert installation.REQUIREMENTS.name != "requirements.txt"
    assert wanted_lines()
    assert all("==" in line.split(";")[0] for line in wanted_lines())


def wanted_lines() -> list[str]:
    lines = installation.REQUIREMENTS.read_text("utf-8").splitlines()
    return [line for line in lines if line and not line.startswith("#")]


@pytest.mark.parametrize("version", ["3.10", "3.11", "3.12", "3.13"])
@pytest.mark.parametrize(
    ("system", "machine"),
    [
        ("linux", "x86_64"),
        ("linux", "aarch64"),
        ("win32", "AMD64"),
        ("darwin", "arm64"),
        ("darwin", "x86_64"),
    ],
)
def test_each_machine_gets_each_package_once(version, system, machine):
    names = [
        requirement.name.removesuffix("-cpu")
        for requirement in map(Requirement, wanted_lines())
        if requirement.marker is None
        or requirement.marker.evaluate(
            {"python_version": version, "sys_platform": system, "platform_machine": machine}
        )
    ]
    assert sorted(names) == ["keras", "matplotlib", "numpy", "safetensors", "scipy", "tensorflow"]
