# SPDX-License-Identifier: GPL-3.0-or-later
"""A raster whose writing was interrupted: what is kept, which run goes on from it, and what comes out."""

from __future__ import annotations

import signal
import subprocess
import sys
import textwrap

import numpy as np
import pytest
from geogan.errors import Cancelled, GeoGanError
from geogan.rasters.grid import Lattice, Window
from geogan.rasters.writing import geotiff
from geogan.rasters.writing.writer import TerrainWriter
from geogan.test.harness.folders import names_in
from geogan.test.harness.programs import ROOT
from geogan.test.unit.unfinished import (
    CRS,
    RUN,
    WINDOW,
    interrupt,
    land,
    read,
    stored_statistics,
    write,
)
from hypothesis import given, settings
from hypothesis import strategies as st

pytestmark = pytest.mark.usefixtures("everything_is_worth_keeping")


@settings(max_examples=25, deadline=None)
@given(
    row=st.integers(-1000, 1000),
    col=st.integers(-1000, 1000),
    size=st.tuples(st.integers(1, 1300), st.integers(1, 1300)),
    panel_width=st.sampled_from([256, 512, 768, 16_384]),
    bands=st.integers(1, 3),
    stops=st.lists(st.integers(1, 6), max_size=3),
)
def test_a_run_interrupted_anywhere_gives_the_pixels_of_one_that_was_not(
    tmp_path_factory, row, col, size, panel_width, bands, stops
):
    path = tmp_path_factory.mktemp("land") / "land.tif"
    window = Window(row, col, *size)
    options = {"panel_width": panel_width, "bands": [f"seed {i}" for i in range(bands)]}
    for pieces in stops:
        interrupt(path, pieces=pieces, window=window, **options)
    write(path, window, **options)

    for band in range(1, bands + 1):
        values = band * land(window)
        np.testing.assert_array_equal(read(path, band), values)
        expected = [values.min(), values.max(), values.mean(dtype=float), values.std(dtype=float)]
        np.testing.assert_allclose(stored_statistics(path, band), expected, rtol=1e-6, atol=1e-5)
    assert names_in(path.parent) == ["land.tif"]


@pytest.mark.parametrize("reports", [1, 8, 13])  # in the mean, in the deviation, in the overviews
def test_a_run_interrupted_in_its_spread_goes_on(tmp_path, reports):
    options = {"bands": ["seed 0", "seed 1"], "with_spread": True}
    write(tmp_path / "whole.tif", **options)
    heard = []

    def stop(fraction):
        heard.append(fraction)
        return len(heard) < reports

    with pytest.raises(Cancelled):
        write(tmp_path / "land.tif", progress=stop, **options)
    assert write(tmp_path / "land.tif", **options) == []

    for band in (1, 2, 3, 4):
        np.testing.assert_array_equal(read(tmp_path / "land.tif", band), read(tmp_path / "whole.tif", band))
    assert stored_statistics(tmp_path / "land.tif", 3) == stored_statistics(tmp_path / "whole.tif", 3)


def test_a_file_that_another_run_is_writing_is_left_to_it(tmp_path):
    path = tmp_path / "land.tif"
    with TerrainWriter(path, WINDOW, Lattice(30.0), CRS, run=RUN) as first:
        for run in (RUN, None):
            with pytest.raises(GeoGanError, match="Another run is writing"):
                write(path, run=run)
        for piece in first.pieces():
            first.write(piece.row, piece.col, land(piece))
        first.close()
    np.testing.assert_array_equal(read(path), land(WINDOW))
    assert names_in(tmp_path) == ["land.tif"]


def test_what_is_written_is_not_asked_for_again(tmp_path):
    everything = write(tmp_path / "whole.tif")
    interrupt(tmp_path / "land.tif", pieces=len(everything) - 1)

    rest = write(tmp_path / "land.tif")

    assert rest == everything[-len(rest) :]
    assert len(rest) < len(everything) / 2


def test_an_interruption_leaves_an_older_file_as_it_was(tmp_path):
    (tmp_path / "land.tif").write_bytes(b"older")
    interrupt(tmp_path / "land.tif")
    assert (tmp_path / "land.tif").read_bytes() == b"older"
    assert names_in(tmp_path) == ["land.tif", "land.tif.partial", "land.tif.partial.json"]


@pytest.mark.parametrize(
    "other",
    [
        {"run": {"seed": 8}},
        {"window": Window(-300, -701, 900, 1100)},
        {"window": Window(-300, -700, 900, 1101)},
        {"tags": {"GEOGAN_MODEL_SHA256": "ab" * 32}},
        {"creation_options": {"COMPRESS": "LZW"}},
        {"run": None},
    ],
)
def test_another_run_begins_anew(tmp_path, other):
    everything = write(tmp_path / "whole.tif", **other)
    interrupt(tmp_path / "land.tif")

    assert write(tmp_path / "land.tif", **other) == everything
    assert names_in(tmp_path) == ["land.tif", "whole.tif"]


@pytest.mark.parametrize("run", [None, RUN])
def test_without_a_run_or_with_little_done_nothing_is_left(tmp_path, run, monkeypatch):
    if run:
        monkeypatch.setattr(geotiff, "KEPT_FROM_PX", 10_000_000)
    interrupt(tmp_path / "land.tif", run=run)
    assert names_in(tmp_path) == []


@pytest.mark.parametrize("options", [{"DISCARD_LSB": "12"}, {"NBITS": "16"}], ids=str)
def test_a_run_whose_file_rounds_the_values_is_not_kept(tmp_path, options):
    """Its overviews would come from rounded values, those of a run without a break from exact ones."""
    interrupt(tmp_path / "land.tif", creation_options=options)
    assert names_in(tmp_path) == []


def test_a_cancel_while_overviews_are_built_keeps_all_pixels(tmp_path):
    path = tmp_path / "land.tif"
    with pytest.raises(Cancelled):
        write(path, progress=lambda _: False)

    assert write(path) == []
    np.testing.assert_array_equal(read(path), land(WINDOW))


def test_what_another_run_has_left_is_replaced_and_told_of(tmp_path):
    interrupt(tmp_path / "land.tif")
    lines = []
    write(tmp_path / "land.tif", run={"seed": 8}, log=lambda template, **_: lines.append(template))
    assert lines == ["The unfinished {path} is of another run and is replaced."]


def test_the_log_says_what_is_kept_and_what_is_gone_on_from(tmp_path):
    lines = []
    interrupt(tmp_path / "land.tif", log=lambda template, **values: lines.append(template.format(**values)))
    write(tmp_path / "land.tif", log=lambda template, **values: lines.append(template.format(**values)))
    assert [line.partition(" ")[0] for line in lines] == ["What", "Going"]
    assert all("land.tif.partial" in line for line in lines)


def test_a_process_that_is_killed_loses_little(tmp_path):
    """`kill -9` gives nobody the chance to close the file."""
    program = f"""
        import runpy, sys
        runpy.run_path({str(ROOT / "test" / "conftest.py")!r})
        from geogan.test.unit.test_going_on import CRS, RUN, WINDOW, land, Lattice, TerrainWriter
        from geogan.rasters.writing import geotiff
        geotiff.NOTED_EVERY_S = 0.0
        writer = TerrainWriter(sys.argv[1], WINDOW, Lattice(30.0), CRS, run=RUN, panel_width=512)
        for number, piece in enumerate(writer.pieces()):
            if number == 11:
                print("ready", flush=True)
                sys.stdin.read()
            writer.write(piece.row, piece.col, land(piece))
    """
    everything = write(tmp_path / "whole.tif")
    command = [sys.executable, "-c", textwrap.dedent(program), str(tmp_path / "land.tif")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout.readline() == "ready\n"
        process.send_signal(signal.SIGKILL)

    rest = write(tmp_path / "land.tif")

    assert len(rest) == len(everything) - 8
    np.testing.assert_array_equal(read(tmp_path / "land.tif"), land(WINDOW))
