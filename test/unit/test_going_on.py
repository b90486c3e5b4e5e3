# SPDX-License-Identifier: GPL-3.0-or-later
"""A raster whose writing was interrupted: what is kept, which run goes on from it, and what comes out."""

from __future__ import annotations

import os
import resource
import shutil
import signal
import subprocess
import sys
import textwrap
from contextlib import ExitStack, contextmanager
from itertools import islice
from types import SimpleNamespace

import numpy as np
import pytest
from geogan.errors import Cancelled, GeoGanError
from geogan.rasters.grid import Lattice, Window
from geogan.rasters.writing import geotiff
from geogan.rasters.writing.writer import TerrainWriter
from geogan.test.harness.folders import names_in
from geogan.test.harness.programs import ROOT
from hypothesis import given, settings
from hypothesis import strategies as st
from osgeo import gdal

CRS = "EPSG:32633"
RUN = {"seed": 7}
WINDOW = Window(-300, -700, 900, 1100)


class Interruption(Exception):  # noqa: N818 - says what happened
    """Something that has nothing to do with the file, such as a worker that died."""


@pytest.fixture(autouse=True)
def everything_is_worth_keeping(monkeypatch):
    monkeypatch.setattr(geotiff, "KEPT_FROM_PX", 1)


def land(piece: Window) -> np.ndarray:
    rows, cols = np.mgrid[piece.row : piece.row_stop, piece.col : piece.col_stop]
    return (1000 * np.sin(rows / 31) + 7 * (cols % 57)).astype(np.float32)


def pieces_of_bands(writer):
    for band in writer.bands():
        for piece in writer.pieces():
            yield band, piece


def write(path, window=WINDOW, pieces=None, progress=None, crs=CRS, **options) -> list[Window]:
    """Write `pieces` pieces and break off, or all and close; return those that were asked for."""
    asked = []
    options = {"run": RUN, "panel_width": 512, **options}
    with TerrainWriter(path, window, Lattice(30.0), crs, **options) as writer:
        for band, piece in islice(pieces_of_bands(writer), pieces):
            asked.append(piece)
            writer.write(piece.row, piece.col, band * land(piece))
        if pieces is not None:
            raise Interruption
        writer.close(progress)
    return asked


def interrupt(path, pieces=5, **options) -> None:
    with pytest.raises(Interruption):
        write(path, pieces=pieces, **options)


def read(path, band=1) -> np.ndarray:
    dataset = gdal.Open(str(path))  # a band does not keep it alive
    return dataset.GetRasterBand(band).ReadAsArray()


def stored_statistics(path, band=1) -> list[float]:
    dataset = gdal.Open(str(path))
    return dataset.GetRasterBand(band).GetStatistics(False, False)


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


@pytest.mark.parametrize("content", [b"", b"no TIFF at all"])
def test_a_damaged_file_is_begun_anew(tmp_path, content):
    everything = write(tmp_path / "whole.tif")
    interrupt(tmp_path / "land.tif")
    (tmp_path / "land.tif.partial").write_bytes(content)

    assert write(tmp_path / "land.tif") == everything
    np.testing.assert_array_equal(read(tmp_path / "land.tif"), land(WINDOW))


@pytest.mark.parametrize("content", ["", "{", "[]", '{"run": 1}', 200_000 * "["], ids=lambda text: text[:9])
def test_a_damaged_journal_is_begun_anew(tmp_path, content):
    interrupt(tmp_path / "land.tif")
    (tmp_path / "land.tif.partial.json").write_text(content, encoding="utf-8")

    write(tmp_path / "land.tif")

    np.testing.assert_array_equal(read(tmp_path / "land.tif"), land(WINDOW))


def test_what_describes_the_unfinished_file_of_another_run_is_not_taken_for_its_own(tmp_path):
    path = tmp_path / "out.tif"
    interrupt(path, run={"seed": 8}, crs="EPSG:8857")
    assert (tmp_path / "out.tif.partial.aux.xml").exists()

    write(path)

    assert gdal.Open(str(path)).GetSpatialRef().GetAuthorityCode(None) == "32633"
    assert names_in(tmp_path) == ["out.tif"]


def test_a_pipe_in_the_place_of_the_journal_or_the_lock_keeps_nobody_waiting(tmp_path):
    os.mkfifo(tmp_path / "out.tif.partial.json")
    write(tmp_path / "out.tif")
    os.mkfifo(tmp_path / "other.tif.lock")
    with pytest.raises(GeoGanError, match="cannot be written"):
        write(tmp_path / "other.tif")


@contextmanager
def room_for(path, more_bytes):
    """A limit on file sizes, which stands in for a disk that fills up."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (path.stat().st_size + more_bytes, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_file_that_the_disk_had_no_room_for_is_not_kept(tmp_path, monkeypatch):
    """Where it is a small one."""
    interrupt(tmp_path / "land.tif", pieces=6)
    monkeypatch.setattr(geotiff, "KEPT_FROM_PX", 10_000_000)
    with room_for(tmp_path / "land.tif.partial", 4096), pytest.raises(GeoGanError, match=r"land\.tif"):
        write(tmp_path / "land.tif")
    assert names_in(tmp_path) == []


@pytest.mark.parametrize("codec", ["DEFLATE", "LZW", "LERC", "NONE"])
@pytest.mark.parametrize(
    ("bands", "left", "noted"),
    [(["land"], 10, 8), (["seed 0", "seed 1"], 16, 15)],  # of two, where the statistics of the first are new
    ids=["one band", "two bands"],
)
def test_a_large_run_that_the_disk_had_no_room_for_goes_on_from_its_last_note(
    tmp_path, monkeypatch, codec, bands, left, noted
):
    monkeypatch.setattr(geotiff, "NOTED_EVERY_S", 0.0)
    path, options, lines = (
        tmp_path / "land.tif",
        {"creation_options": {"COMPRESS": codec}, "bands": bands},
        [],
    )
    everything = write(tmp_path / "whole.tif", **options)

    def log(template, **_values):
        lines.append(template.partition(" {")[0])

    def fill_the_disk():
        options.update(run=RUN, panel_width=512)
        writer = TerrainWriter(path, WINDOW, Lattice(30.0), CRS, log=log, **options)
        with writer, ExitStack() as disk:
            for number, (band, piece) in enumerate(pieces_of_bands(writer)):
                if number == left:
                    disk.enter_context(room_for(tmp_path / "land.tif.partial", 1024))
                writer.write(piece.row, piece.col, band * land(piece))

    with pytest.raises(GeoGanError, match=r"land\.tif"):
        fill_the_disk()
    assert names_in(tmp_path) == ["land.tif.partial", "land.tif.partial.json", "whole.tif"]
    assert lines == ["What is done is kept in"]

    assert write(path, **options) == everything[noted:]
    for band in range(1, len(bands) + 1):
        np.testing.assert_array_equal(read(path, band), band * land(WINDOW))
        assert stored_statistics(path, band) == stored_statistics(tmp_path / "whole.tif", band)


def test_a_file_that_lacks_tiles_that_were_noted_is_begun_anew(tmp_path, monkeypatch):
    monkeypatch.setattr(geotiff, "NOTED_EVERY_S", 0.0)
    path, partial = tmp_path / "land.tif", tmp_path / "land.tif.partial"
    everything, lines = write(tmp_path / "whole.tif"), []
    with TerrainWriter(path, WINDOW, Lattice(30.0), CRS, run=RUN, panel_width=512) as writer:
        for number, piece in enumerate(islice(writer.pieces(), 10)):
            writer.write(piece.row, piece.col, land(piece))
            if number == 3:
                earlier = partial.read_bytes()
    partial.write_bytes(earlier)

    assert write(path, log=lambda template, **_: lines.append(template)) == everything
    assert lines[0] == "The file {path} is damaged: its run begins anew."
    np.testing.assert_array_equal(read(path), land(WINDOW))


def test_a_disk_that_is_too_small_for_the_rest_is_refused_and_what_is_done_stays(tmp_path, monkeypatch):
    path, options = tmp_path / "land.tif", {"creation_options": {"COMPRESS": "NONE"}}
    interrupt(path, pieces=6, **options)  # the first panel
    left_bytes = 4 * 900 * (1100 - 512)
    for free, is_refused in ((left_bytes - 1, True), (left_bytes, False)):
        monkeypatch.setattr(shutil, "disk_usage", lambda _folder, free=free: SimpleNamespace(free=free))
        if is_refused:
            with pytest.raises(GeoGanError, match="but the output needs at least 2 MB"):
                write(path, **options)
            assert names_in(tmp_path) == ["land.tif.partial", "land.tif.partial.json"]
        else:
            assert write(path, **options)[0].col == WINDOW.col + 512


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
