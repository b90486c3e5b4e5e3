# SPDX-License-Identifier: GPL-3.0-or-later
"""Generated terrain that cannot be written, or not to its end: a sentence, and what was there before."""

from __future__ import annotations

import resource
import shutil
from collections import namedtuple
from pathlib import Path

import numpy as np
import pytest
from geogan.errors import Cancelled, GeoGanError
from geogan.rasters.grid import Lattice, Window
from geogan.rasters.writing.writer import TerrainWriter
from geogan.test.harness.folders import names_in
from geogan.test.unit.written import CRS, noise, write
from osgeo import gdal


def test_a_band_that_was_not_written_is_missed(tmp_path):
    window = Window(0, 0, 10, 10)
    writer = TerrainWriter(tmp_path / "out.tif", window, Lattice(30.0), CRS, bands=["a", "b"])
    with writer:
        writer.write(0, 0, noise(window))
        with pytest.raises(ValueError, match="band 1"):
            writer.close()


def test_an_error_midway_leaves_the_old_file_and_nothing_else(tmp_path):
    path = tmp_path / "out.tif"
    path.write_bytes(b"old")
    window = Window(0, 0, 1000, 1000)
    with pytest.raises(RuntimeError, match="the worker died"):  # noqa: SIM117, PT012 - as a caller has it
        with TerrainWriter(path, window, Lattice(30), CRS) as writer:
            first = next(writer.pieces())
            writer.write(first.row, first.col, np.zeros((first.height, first.width)))
            raise RuntimeError("the worker died")
    assert names_in(tmp_path) == ["out.tif"]
    assert path.read_bytes() == b"old"


def test_leaving_without_close_leaves_nothing(tmp_path):
    with TerrainWriter(tmp_path / "out.tif", Window(0, 0, 5, 5), Lattice(30), CRS):
        assert names_in(tmp_path) == ["out.tif.lock", "out.tif.partial"]
    assert names_in(tmp_path) == []


def test_cancel_while_overviews_are_built_leaves_the_old_file(tmp_path):
    path = tmp_path / "out.tif"
    path.write_bytes(b"old")
    window = Window(0, 0, 2000, 2000)
    with pytest.raises(Cancelled):
        write(path, window, noise(window), progress=lambda fraction: fraction < 0.3)
    assert names_in(tmp_path) == ["out.tif"]
    assert path.read_bytes() == b"old"


def test_an_exception_of_the_progress_callback_comes_through(tmp_path):
    def fail(_fraction):
        raise KeyError("feedback")

    window = Window(0, 0, 600, 600)
    with pytest.raises(KeyError, match="feedback"):
        write(tmp_path / "out.tif", window, noise(window), progress=fail)
    assert names_in(tmp_path) == []


def test_a_new_file_replaces_the_old_one_and_what_described_it(tmp_path):
    for name in ("out.tif", "out.tif.aux.xml", "out.tif.ovr"):
        (tmp_path / name).write_bytes(b"old")
    window = Window(0, 0, 10, 10)
    write(tmp_path / "out.tif", window, noise(window))
    assert names_in(tmp_path) == ["out.tif"]


def test_a_disk_that_fills_up_gives_a_sentence_and_no_file(tmp_path):
    """A limit on file sizes stands in for the disk; its free space is said to be gone."""
    window = Window(0, 0, 2000, 2000)
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (2**21, before[1]))
    try:
        with pytest.raises(GeoGanError, match=r"^The output .*out\.tif cannot be written: "):
            write(tmp_path / "out.tif", window, noise(window))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert names_in(tmp_path) == []


def test_a_drive_that_is_pulled_out_gives_a_sentence_and_lets_others_write_the_file(tmp_path, monkeypatch):
    window = Window(0, 0, 1000, 1000)
    writer = TerrainWriter(tmp_path / "out.tif", window, Lattice(30), CRS)

    def gone(_folder):
        raise FileNotFoundError(2, "No such file or directory")

    monkeypatch.setattr(shutil, "disk_usage", gone)
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (2**16, before[1]))
    try:
        with pytest.raises(GeoGanError, match=r"^The output .*out\.tif cannot be written: "), writer:
            writer.write_all(lambda _band, piece: noise(piece))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert names_in(tmp_path) == []


Usage = namedtuple("Usage", "total used free")


def test_a_disk_that_is_certainly_too_small_is_refused_at_once(tmp_path, monkeypatch):
    monkeypatch.setattr(shutil, "disk_usage", lambda _folder: Usage(10**9, 0, 10**6))
    with pytest.raises(GeoGanError) as error:
        TerrainWriter(tmp_path / "out.tif", Window(0, 0, 10_000, 10_000), Lattice(30), CRS)
    assert str(error.value) == (
        f"The disk of {tmp_path} has 1 MB free, but the output needs at least 20 MB. "
        "Choose another place (for temporary files, in QGIS under Settings, Options, Processing) or a "
        "smaller extent."
    )
    assert names_in(tmp_path) == []


def test_a_disk_that_may_be_too_small_is_only_mentioned(tmp_path, monkeypatch):
    monkeypatch.setattr(shutil, "disk_usage", lambda _folder: Usage(10**9, 0, 2 * 10**6))
    said = []
    window = Window(0, 0, 1000, 1000)
    with TerrainWriter(
        tmp_path / "out.tif", window, Lattice(30), CRS, log=lambda text, **v: said.append(text.format(**v))
    ):
        pass
    assert said == [f"The disk of {tmp_path} has 2 MB free; the output takes up to 4 MB."]


def test_a_folder_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(GeoGanError, match=r"The folder .*nowhere does not exist\. Choose another place"):
        TerrainWriter(tmp_path / "nowhere" / "out.tif", Window(0, 0, 5, 5), Lattice(30), CRS)


def test_a_folder_that_cannot_be_written_is_refused(tmp_path):
    (tmp_path / "out.tif.partial").mkdir()  # in the way, also for root, who may write everywhere
    with pytest.raises(GeoGanError) as error:
        TerrainWriter(tmp_path / "out.tif", Window(0, 0, 5, 5), Lattice(30), CRS)
    assert str(error.value) == (
        f"The folder {tmp_path} cannot be written: Is a directory. Choose another place for the output."
    )


def test_a_folder_that_must_not_be_looked_into_is_refused_with_a_sentence(tmp_path, monkeypatch):
    def refused(self, *args, **options):
        raise PermissionError(13, "Permission denied")  # as before Python 3.14

    for asked in ("exists", "is_symlink", "stat"):
        monkeypatch.setattr(Path, asked, refused)
    with pytest.raises(GeoGanError, match="cannot be written: Permission denied"):
        TerrainWriter(tmp_path / "out.tif", Window(0, 0, 5, 5), Lattice(30), CRS)


def test_an_unknown_crs_is_refused_before_anything_is_made(tmp_path):
    with pytest.raises(GeoGanError, match="The CRS is missing or not known"):
        TerrainWriter(tmp_path / "out.tif", Window(0, 0, 5, 5), Lattice(30), "")
    assert names_in(tmp_path) == []


def test_a_codec_that_cannot_hold_floats_gives_a_sentence(tmp_path):
    window = Window(0, 0, 5, 5)
    with pytest.raises(GeoGanError, match=r"out\.tif cannot be written: .*Bits/sample must be 1"):
        write(tmp_path / "out.tif", window, noise(window), creation_options={"COMPRESS": "CCITTFAX4"})
    assert names_in(tmp_path) == []


@pytest.mark.parametrize("option", [{"PROFILE": "GeoTIFF"}, {"tfw": "YES"}])
def test_options_that_lose_the_tags_or_write_further_files_are_refused(tmp_path, option):
    window = Window(0, 0, 5, 5)
    with pytest.raises(GeoGanError, match=r"The creation option (PROFILE|TFW) .*: leave it out\."):
        write(tmp_path / "out.tif", window, noise(window), creation_options=option)
    assert names_in(tmp_path) == []


def test_pieces_come_in_order_and_all_of_them(tmp_path):
    window = Window(0, 0, 600, 600)
    with TerrainWriter(tmp_path / "out.tif", window, Lattice(30), CRS) as writer:
        with pytest.raises(ValueError, match="expected the piece"):
            writer.write(0, 512, np.zeros((512, 88)))
        with pytest.raises(ValueError, match="was not written"):
            writer.close()


# Up to GDAL 3.7 the bindings can only complain, not raise, when an abandoned dataset is dropped.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_everything_is_the_same_where_a_plugin_has_switched_exceptions_on(tmp_path):
    was_on = gdal.GetUseExceptions()
    gdal.UseExceptions()
    try:
        window = Window(-3, -3, 600, 600)
        write(tmp_path / "out.tif", window, noise(window))
        with pytest.raises(Cancelled):
            write(tmp_path / "b.tif", window, noise(window), progress=lambda _fraction: False)
        with pytest.raises(GeoGanError):
            write(tmp_path / "c.tif", window, noise(window), creation_options={"COMPRESS": "CCITTFAX4"})
    finally:
        if not was_on:
            gdal.DontUseExceptions()
    assert names_in(tmp_path) == ["out.tif"]
