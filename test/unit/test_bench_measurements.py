# SPDX-License-Identifier: GPL-3.0-or-later
"""Measurements of `make bench`: what they make of their runs, and what they say where there can be none."""

from __future__ import annotations

import os

import pytest
from geogan.rasters.writing.creation_options import DEFAULT_OPTIONS
from geogan.test.bench import peer
from geogan.test.bench.found import Found
from geogan.test.bench.generation import GROWTH, START_PX, Generation, growth
from geogan.test.bench.measurement import NotMeasured, figure
from geogan.test.bench.page import section
from geogan.test.bench.time_to_score import of_scores
from geogan.test.bench.workplace import Workplace
from geogan.test.harness.programs import BUNDLED_MODEL
from osgeo import gdal

CORES = len(os.sched_getaffinity(0))
RATIO = "time a megapixel beyond one pixel's, 20000 over 4000 px"


def runs_of(seconds: float) -> list[Generation]:
    """A run of so many seconds, in which 1.8 of two cores computed."""
    return [Generation(seconds, 1.8 / 2 * CORES * seconds, 1.0, 1000.0)]


def of_growth(per_small: float, per_large: float, start: float = 3.0) -> dict:
    """The figures of squares that take so many seconds a megapixel, beside a start."""
    runs = {
        START_PX: runs_of(start),
        4_000: runs_of(start + 16 * per_small),
        20_000: runs_of(start + 400 * per_large),
    }
    return {each.name: each for each in growth(runs, GROWTH)}


def test_what_a_start_takes_does_not_hide_that_many_pixels_are_slower():
    found = of_growth(per_small=0.10, per_large=0.12)[RATIO]
    assert found.values == pytest.approx([1.2])
    assert found.is_met is False


def test_as_much_time_for_each_pixel_meets_the_bar_whatever_the_start_takes():
    for start in (0.5, 30.0):
        found = of_growth(0.1, 0.1, start)
        assert found[RATIO].is_met
        assert found["time a megapixel beyond one pixel's, 4000 x 4000 px"].values == pytest.approx([0.1])


def test_cores_that_wait_while_pixels_are_made_are_told():
    found = of_growth(0.1, 0.1)
    assert found["share of the cores' time that is used beyond one pixel's, 20000 x 20000 px"].values == (
        pytest.approx([0.9])
    )


def test_grass_stores_its_file_by_our_options(tmp_path):
    script = peer.grass_script(4096, tmp_path / "fractal.tif")
    (options,) = [line.partition("createopt=")[2] for line in script.splitlines() if "createopt=" in line]
    assert options.split(",") == [f"{key}={value}" for key, value in DEFAULT_OPTIONS.items()]


def test_its_file_is_given_overviews_and_statistics_as_ours_has(tmp_path):
    raster, driver = tmp_path / "fractal.tif", gdal.GetDriverByName("GTiff")
    dataset = driver.Create(str(raster), 1024, 1024, 1, gdal.GDT_Float32, ["TILED=YES"])
    dataset.GetRasterBand(1).Fill(7.0)
    del dataset
    assert peer.complete(raster) > 0.0
    dataset = gdal.Open(str(raster))
    band = dataset.GetRasterBand(1)
    assert band.GetOverviewCount() >= 2
    assert float(band.GetMetadataItem("STATISTICS_MEAN")) == 7.0


def test_without_grass_a_sentence_says_what_is_left_out(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    found = Found()
    with Workplace.opened(is_quick=True) as place:
        found.attempt("peer", peer.measure(place))
    assert found.failures == {}
    assert found.figures == {"peer": []}
    text = section([], {}, found.missing["peer"])
    assert text.startswith("Not measured: GRASS is not installed: r.surf.fractal is left out.")


def test_a_measurement_that_fails_keeps_what_it_had_found_and_says_why():
    def broken():
        yield figure("import", "s", [2.5])
        raise RuntimeError("QGIS ended with status 1\nand a long log")

    def lacking():
        raise NotMeasured("There is no peer.")
        yield

    found = Found()
    found.attempt("startup", broken())
    found.attempt("peer", lacking())
    assert {name: [each.name for each in of_name] for name, of_name in found.figures.items()} == {
        "startup": ["import"],
        "peer": [],
    }
    assert found.failures == {"startup": "RuntimeError: QGIS ended with status 1"}
    assert found.left_out == {"peer": "There is no peer."}


def test_land_is_generated_by_the_bundled_model_unless_another_is_given():
    with Workplace.opened(is_quick=True) as place:
        assert place.model == BUNDLED_MODEL


def test_a_training_is_as_good_as_a_score_when_it_first_was():
    scores = [{"seconds": at, "score": score} for at, score in ((50.0, 3.0), (90.0, 0.9), (140.0, 0.95))]
    reached, best = of_scores("from nothing", 4.0, scores)
    assert (reached.name, reached.values) == ("train from nothing until it scores 1 on the sample", (90.0,))
    assert best.values == (0.9,)


def test_a_score_that_was_not_reached_is_not_told_as_if_it_were():
    reached, _ = of_scores("from nothing", 4.0, [{"seconds": 50.0, "score": 1.2}])
    assert reached.name == "train from nothing: 1 on the sample not reached within"
    assert reached.values == (240.0,)
