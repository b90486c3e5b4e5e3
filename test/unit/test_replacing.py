# SPDX-License-Identifier: GPL-3.0-or-later
"""Files that are put in the place of others while, as on Windows, another program has one of them open."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
from geogan.errors import GeoGanError
from geogan.rasters.grid import Lattice, Window
from geogan.rasters.writing import geotiff, replacing
from geogan.rasters.writing.journal import Journal, Place
from geogan.rasters.writing.replacing import new_file, put_in_place
from geogan.rasters.writing.statistics import RunningStatistics
from geogan.rasters.writing.writer import TerrainWriter
from geogan.test.harness.folders import names_in

WINDOW = Window(0, 0, 600, 600)
TALL = Window(0, 0, 4000, 600)
LAND = np.random.default_rng(0).normal(500, 200, (600, 600)).astype(np.float32)


@pytest.fixture
def opened(monkeypatch):
    """Have files of a name refuse, for so many times, to be renamed or replaced."""
    renamed, left = Path.replace, {}

    def replace(self, target):
        for name in {self.name, Path(target).name} & set(left):
            if left[name]:
                left[name] -= 1
                raise PermissionError(13, "The process cannot access the file")
        return renamed(self, target)

    monkeypatch.setattr(Path, "replace", replace)
    monkeypatch.setattr(replacing, "_WAIT_S", 0.001)
    return lambda times, name: left.update({name: times})


def write(path, run=None):
    with TerrainWriter(path, WINDOW, Lattice(30.0), "EPSG:32633", run=run) as writer:
        for piece in writer.pieces():
            writer.write(piece.row, piece.col, LAND[piece.row : piece.row_stop, piece.col : piece.col_stop])
        writer.close()


def test_a_program_that_looks_at_a_new_file_for_a_moment_is_waited_for(tmp_path, opened):
    new, old = tmp_path / "new", tmp_path / "old"
    new.write_text("new")
    old.write_text("old")
    opened(3, "new")

    put_in_place(new, old)

    assert old.read_text() == "new"
    assert names_in(tmp_path) == ["old"]


def test_a_link_that_somebody_left_in_the_folder_is_not_followed(tmp_path):
    precious, folder = tmp_path / "precious", tmp_path / "shared"
    precious.write_text("precious")
    folder.mkdir()
    for name in ("out.tif.partial", "model.geogan.partial"):
        (folder / name).symlink_to(precious)

    write(folder / "out.tif", run={"seed": 1})
    with new_file(folder / "model.geogan.partial") as file:
        file.write(b"model")

    assert precious.read_text() == "precious"
    assert not (folder / "out.tif").is_symlink()


def test_nor_one_in_the_place_of_the_notes_on_a_run(tmp_path):
    (tmp_path / "precious").write_text("precious")
    journal = Journal(tmp_path / "out.tif.partial", {"seed": 1})
    (tmp_path / "out.tif.partial.json.new").symlink_to(tmp_path / "precious")
    journal.note(Place(), RunningStatistics())
    assert (tmp_path / "precious").read_text() == "precious"
    assert journal.read() is not None


def test_a_lock_is_no_link_either(tmp_path):
    (tmp_path / "precious").write_text("precious")
    (tmp_path / "out.tif.lock").symlink_to(tmp_path / "precious")
    with pytest.raises(GeoGanError, match="cannot be written"):
        write(tmp_path / "out.tif")


def test_a_file_that_another_program_keeps_open_is_refused_before_any_pixel_is_made(tmp_path, opened):
    write(tmp_path / "out.tif")
    before = (tmp_path / "out.tif").read_bytes()
    opened(1000, "out.tif")

    with pytest.raises(GeoGanError, match=r"out\.tif cannot be replaced: .* Remove its layers"):
        TerrainWriter(tmp_path / "out.tif", WINDOW, Lattice(30.0), "EPSG:32633")

    assert (tmp_path / "out.tif").read_bytes() == before
    assert names_in(tmp_path) == ["out.tif"]


def test_a_run_whose_notes_cannot_be_written_is_finished_all_the_same(tmp_path, opened, monkeypatch):
    monkeypatch.setattr(geotiff, "NOTED_EVERY_S", 0.0)
    opened(1000, "out.tif.partial.json")

    write(tmp_path / "out.tif", run={"seed": 1})

    assert names_in(tmp_path) == ["out.tif"]


def test_after_a_failure_another_run_may_write_there_though_what_is_left_cannot_be_removed(
    tmp_path, monkeypatch
):
    def refused(self, missing_ok=False):
        raise PermissionError(13, "The process cannot access the file")

    writer = TerrainWriter(tmp_path / "out.tif", WINDOW, Lattice(30.0), "EPSG:32633")
    with monkeypatch.context() as patched:
        patched.setattr(Path, "unlink", refused)
        writer.__exit__(None, None, None)

    write(tmp_path / "out.tif")
    assert "out.tif" in names_in(tmp_path)
    assert "out.tif.partial" not in names_in(tmp_path)


def test_no_run_goes_on_from_a_damaged_file_that_cannot_be_removed(tmp_path, monkeypatch):
    monkeypatch.setattr(geotiff, "KEPT_FROM_PX", 1)
    monkeypatch.setattr(geotiff, "NOTED_EVERY_S", 0.0)
    removed, logged = Path.unlink, []

    def refused(self, missing_ok=False):
        if self.suffix == ".partial":
            raise PermissionError(13, "The process cannot access the file")
        removed(self, missing_ok=missing_ok)

    with monkeypatch.context() as patched:
        writer = TerrainWriter(tmp_path / "out.tif", TALL, Lattice(30.0), "EPSG:32633", run={"seed": 1})
        for piece in list(writer.pieces())[:-2]:
            writer.write(piece.row, piece.col, np.zeros((piece.height, piece.width), np.float32))
        assert (tmp_path / "out.tif.partial.json").exists()
        os.truncate(tmp_path / "out.tif.partial", 0)
        patched.setattr(Path, "unlink", refused)
        error = geotiff.NotWritten("The disk is full.")
        writer.__exit__(type(error), error, None)
    assert (tmp_path / "out.tif.partial").exists()

    again = TerrainWriter(
        tmp_path / "out.tif", TALL, Lattice(30.0), "EPSG:32633", run={"seed": 1},
        log=lambda template, **values: logged.append(template),
    )  # fmt: skip
    again.__exit__(None, None, None)
    assert not [line for line in logged if line.startswith("Going on")]
