# SPDX-License-Identifier: GPL-3.0-or-later
"""Which environment is the current one while another is made, fails, or stays behind."""

from __future__ import annotations

import pytest
from geogan.errors import Cancelled, GeoGanError, TransientError
from geogan.worker import installation
from geogan.worker.client import SILENT, TOO_SLOW, WorkerDied
from geogan.worker.environment import Choice, set_up, worker_command
from geogan.worker.lock import locked
from geogan.worker.managed import LOCK, all_in, current
from geogan.worker.process import describe_ending

from .conftest import FakeWorker, Said, quiet, refuse_to_start


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

    lines = Said()
    words, _ = set_up(home, {}, Choice(), lines, start=start_unless_former)
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
        set_up(home, {}, Choice(gpu=True), quiet, start=refuse_to_start(GeoGanError("It crashed.")))
    assert worker_command(home, {}) == former
    assert all_in(home) == [current(home)]


@pytest.mark.parametrize(
    ("refusal", "tail"),
    [
        (TransientError(TOO_SLOW, minutes=10), ""),
        (TransientError(SILENT, seconds=60), "its last line"),
        (describe_ending(-9), ""),
    ],
)
def test_a_slow_start_or_full_memory_does_not_make_an_environment_anew(home, start, steps, refusal, tail):
    words, _ = set_up(home, {}, Choice(), quiet, start=start)

    with pytest.raises(WorkerDied):
        set_up(home, {}, Choice(), quiet, start=refuse_to_start(refusal, tail))
    assert steps == ["venv", "pip"]
    assert worker_command(home, {}) == words


@pytest.mark.parametrize("refusal", [TransientError(TOO_SLOW, minutes=10), describe_ending(-9)])
def test_a_new_environment_that_starts_slowly_is_only_started_again(
    home, start, steps, small_requirements, refusal
):
    set_up(home, {}, Choice(), quiet, start=start)
    small_requirements.write_text("geogan-probe==1.1\n")
    with pytest.raises(WorkerDied):
        set_up(home, {}, Choice(), quiet, start=refuse_to_start(refusal))

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
