# SPDX-License-Identifier: GPL-3.0-or-later
"""Which packages an environment has, by machine, and when it has others than are wanted."""

from __future__ import annotations

import pytest
from geogan.errors import GeoGanError
from geogan.worker import installation
from geogan.worker.environment import Choice, set_up
from geogan.worker.installation import Installation
from geogan.worker.managed import current
from packaging.requirements import Requirement

from .conftest import Said, quiet


def test_the_gpu_variant_installs_tensorflow_with_cuda(tmp_path):
    text = Installation(tmp_path)._requirements_text(gpu=True)
    assert "tensorflow[and-cuda]==2.21.0 ;" in text
    assert "tensorflow-cpu==" not in text


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

    lines = Said()
    set_up(home, {}, Choice(), lines, start=start)

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
