# SPDX-License-Identifier: GPL-3.0-or-later
"""docs/benchmarks.md: each kind of measurement keeps its part until it is measured again."""

from __future__ import annotations

import threading

import pytest
from geogan.test.bench import command_line
from geogan.test.bench.measurement import NotMeasured, at_most, figure
from geogan.test.bench.page import page, section, sections_of

OLD = {"Date": "1 January 2026", "GeoGAN": "0.1.0, commit aaaaaaa"}


def lacking(place):
    yield figure("GeoGAN", "s", [9.0])
    raise NotMeasured("There is no peer.")


@pytest.fixture
def bench(tmp_path, monkeypatch):
    """The command with two measurements and a page of its own; returns the sections afterwards."""
    kept = tmp_path / "benchmarks.md"
    old = [figure("import", "s", [8.0]), figure("cancel", "s", [3.0], at_most(2))]
    kept.write_text(page({"startup": section(old[:1], OLD), "peer": section(old[1:], OLD)}), "utf-8")
    monkeypatch.setattr(command_line, "ROOT", tmp_path)
    monkeypatch.setattr(command_line, "PAGE", kept)
    monkeypatch.setattr(command_line, "PARTIAL_PAGE", tmp_path / "build" / "benchmarks.md")
    measurements = {"startup": lambda place: iter([figure("import", "s", [4.0])]), "peer": lacking}
    monkeypatch.setattr(command_line, "MEASUREMENTS", measurements)

    def run(*arguments: str) -> dict[str, str]:
        assert command_line.main(arguments) == 0
        return sections_of(kept.read_text("utf-8"))

    return run


def test_a_page_holds_its_sections():
    sections = {"plain training": section([figure("import", "s", [2.5])], OLD), "peer": "\n"}
    assert list(sections_of(page(sections, is_quick=True))) == ["plain training", "peer"]
    assert sections_of(page(sections))["plain training"].rstrip() == sections["plain training"].rstrip()


def test_a_section_tells_on_what_it_was_measured():
    text = section([figure("import", "s", [2.5])], OLD)
    assert text.endswith("\nDate: 1 January 2026; GeoGAN: 0.1.0, commit aaaaaaa\n")


def test_what_was_measured_again_replaces_its_part_alone(bench):
    sections = bench("--only", "startup", "--keep")
    assert "|      4 |" in sections["startup"]
    assert "aaaaaaa" not in sections["startup"]
    assert "NO" in sections["peer"]
    assert "aaaaaaa" in sections["peer"]


def test_what_could_not_be_measured_wholly_keeps_what_was_known(bench, capsys):
    sections = bench()
    assert "|      4 |" in sections["startup"]
    assert "aaaaaaa" in sections["peer"]
    assert "Not measured: peer. There is no peer." in capsys.readouterr().out


@pytest.mark.parametrize("arguments", [("--only", "startup"), ("--quick",)])
def test_a_look_at_some_of_it_or_a_smoke_run_leaves_the_page_as_it_is(bench, tmp_path, arguments):
    assert all("aaaaaaa" in text for text in bench(*arguments).values())
    assert "|      4 |" in (tmp_path / "build" / "benchmarks.md").read_text("utf-8")


def test_a_smoke_run_is_not_to_be_kept(bench, capsys):
    with pytest.raises(SystemExit):
        bench("--quick", "--keep")
    assert "keeps no smoke runs" in capsys.readouterr().err


@pytest.mark.parametrize(("arguments", "lanes"), [(("--quick",), 2), ((), 1)])
def test_only_a_smoke_run_measures_two_at_a_time(bench, monkeypatch, arguments, lanes):
    at_work, most, both_here = [0], [0], threading.Event()

    def measure(place):
        at_work[0] += 1
        most[0] = max(most[0], at_work[0])
        if at_work[0] == 2:
            both_here.set()
        both_here.wait(1.0)
        at_work[0] -= 1
        yield figure("import", "s", [4.0])

    monkeypatch.setattr(command_line, "MEASUREMENTS", {"startup": measure, "peer": measure})
    bench(*arguments)
    assert most[0] == lanes
