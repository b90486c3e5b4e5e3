# SPDX-License-Identifier: GPL-3.0-or-later
"""An interrupted raster that is damaged, or that the disk has no room for: nothing wrong is gone on from."""

from __future__ import annotations

import os
import resource
import shutil
from contextlib import ExitStack, contextmanager
from itertools import islice
from types import SimpleNamespace

import numpy as np
import pytest
from geogan.errors import GeoGanError
from geogan.rasters.grid import Lattice
from geogan.rasters.writing import geotiff
from geogan.rasters.writing.writer import TerrainWriter
from geogan.test.harness.folders import names_in
from geogan.test.unit.unfinished import (
    CRS,
    RUN,
    WINDOW,
    interrupt,
    land,
    pieces_of_bands,
    read,
    stored_statistics,
    write,
)
from osgeo import gdal

pytestmark = pytest.mark.usefixtures("everything_is_worth_keeping")


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
