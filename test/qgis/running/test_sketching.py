# SPDX-License-Identifier: GPL-3.0-or-later
"""What `geogan:sketch` makes of points and lines, through `processing.run`: its land."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from geogan.algorithms.bundled_model import BUNDLED_MODEL
from geogan.rasters.fitted.sketch import Kind, SketchedLine, controls_of
from geogan.rasters.grid import Lattice
from geogan.realism.flow import fill_depressions
from geogan.test.bench.guided.drawn import Line, largest_miss, share_of_lakes, sketch_of, write_sketch
from geogan.test.harness.sample import resampled_sample
from geogan.test.qgis.running.batch import run_batch
from geogan.test.qgis.running.drawn_layers import EXTENT, NORTH, PEAK, RIVERS, SIDE_PX, SIZE, WEST, at, layer
from geogan.test.qgis.running.feedback import ActingFeedback
from geogan.test.qgis.running.rasters import Raster, read
from osgeo import gdal
from qgis.core import QgsGeometry, QgsProcessingFeedback


def pixels_of(land: Raster, wkt: str) -> tuple[np.ndarray, np.ndarray]:
    """Return rows and columns of a line's pixels that lie in the land, in its order."""
    line = QgsGeometry.fromWkt(wkt)
    points = [line.interpolate(d).asPoint() for d in np.arange(0.0, line.length(), SIZE / 16)]
    x, size, _, y, _, _ = land.geotransform
    places = dict.fromkeys((int((y - p.y()) // size), int((p.x() - x) // size)) for p in points)
    side = land.values.shape[0]
    rows, cols = np.array([p for p in places if min(p) >= 0 and max(p) < side]).T
    return rows, cols


def test_a_river_with_a_tributary_and_a_peak_become_land(sketch, tmp_path):
    feedback = QgsProcessingFeedback(False)
    land, outputs = sketch(layer("Point", PEAK), layer("LineString", *RIVERS), feedback=feedback)

    assert land.epsg == "32633"
    assert land.values.shape[0] >= SIDE_PX
    assert outputs["LARGEST_MISS"] < 0.01 * (land.values.max() - land.values.min())
    assert "meets the 5 elevations of the sketch in the extent" in feedback.textLog()
    row, col = int((land.geotransform[3] - NORTH) / SIZE), int((WEST - land.geotransform[0]) / SIZE)
    assert land.values[40 + row, 120 + col] == pytest.approx(1200.0, abs=1e-2)
    tags = gdal.Info(outputs["OUTPUT"], format="json")["metadata"][""]
    assert tags["GEOGAN_FOLLOWS"] == "drawn, drawn"


def test_rivers_descend_and_no_lake_stands_on_them(sketch):
    land, _ = sketch(lines=layer("LineString", *RIVERS))
    depth = fill_depressions(land.values.astype(float)).heights - land.values
    for wkt, *_ in RIVERS:
        rows, cols = pixels_of(land, wkt)
        assert (np.diff(land.values[rows, cols]) <= 0.01).all()
        assert depth[rows, cols].max() < 0.01


def test_the_land_beside_a_river_lies_above_it_and_beside_a_ridge_below(sketch):
    place = f"LINESTRING({at(80, -5)}, {at(80, 165)})"
    for kind, sign in (("river", 1), ("ridge", -1)):
        land, _ = sketch(lines=layer("LineString", (place, 500.0, 300.0, kind)), name=kind)
        rows, cols = pixels_of(land, place)
        for away in (-2, -1, 1, 2):
            beside = land.values[rows + away, cols] - land.values[rows, cols]
            assert (sign * beside > 0).mean() > 0.97, (kind, away)


def test_a_polygon_that_is_a_coast_becomes_an_island(sketch):
    corners = [(40, 40), (30, 90), (70, 125), (120, 110), (115, 45), (40, 40)]
    island = f"POLYGON(({','.join(at(*corner) for corner in corners)}))"
    land, _ = sketch(lines=layer("Polygon", (island, 0.0, None, "coast")))
    shape = QgsGeometry.fromWkt(island)
    inside, outside = shape.buffer(-3 * SIZE, 4), shape.buffer(3 * SIZE, 4)
    x, size, _, y, _, _ = land.geotransform
    side = land.values.shape[0]
    middles = [
        QgsGeometry.fromWkt(f"POINT({x + (c + 0.5) * size} {y - (r + 0.5) * size})")
        for r in range(0, side, 4)
        for c in range(0, side, 4)
    ]
    heights = land.values[::4, ::4].ravel()
    is_inside = np.array([inside.contains(point) for point in middles])
    is_outside = np.array([not outside.contains(point) for point in middles])
    assert (heights[is_inside] > 0).mean() > 0.98
    assert (heights[is_outside] < 0).mean() > 0.95


def test_the_hole_of_a_coast_is_a_lagoon(sketch):
    outer = ", ".join(at(*place) for place in ((20, 20), (140, 20), (140, 140), (20, 140), (20, 20)))
    inner = ", ".join(at(*place) for place in ((50, 50), (50, 110), (110, 110), (110, 50), (50, 50)))
    coast = layer("Polygon", (f"POLYGON(({outer}), ({inner}))", 0.0, None, "coast"))
    land, _ = sketch(lines=coast, BASE_ELEVATION=0.0, RELIEF=0.2)
    assert (land.values[60:100, 60:100] < 0.0).mean() > 0.9
    around = np.concatenate([land.values[25:45, 30:130], land.values[115:135, 30:130]])
    assert (around > 0.0).mean() > 0.9


def pixels_given(rivers: list[Line], land: Raster) -> tuple[np.ndarray, np.ndarray]:
    """Return rows and columns of all pixels of the land that rivers give a height to."""
    x, _, _, y, _, _ = land.geotransform
    lines = (
        [(x + (col + 0.5) * SIZE, y - (row + 0.5) * SIZE, height) for row, col, height in river]
        for river in rivers
    )
    given = controls_of([SketchedLine(np.array(line), Kind.RIVER) for line in lines], Lattice(SIZE))
    return given.rows + round(y / SIZE), given.cols - round(x / SIZE)


def test_the_rivers_and_peaks_of_real_land_are_met_and_no_lake_stands_on_the_rivers(sketch, tmp_path):
    x, y = 732_060.0, 4_067_910.0  # on the lattice of 90 m
    bounds = (x, y - 288 * SIZE, x + 320 * SIZE, y)
    real_path = resampled_sample(
        tmp_path / "real.tif", SIZE, bounds, resampleAlg="cubic", outputType=gdal.GDT_Float32
    )
    real = read(real_path).values
    rivers, peaks = sketch_of(real)
    assert (len(rivers) > 3, len(peaks) > 3) == (True, True)
    layers = write_sketch(rivers, peaks, real_path, tmp_path)

    land, outputs = sketch(
        POINTS=f"{layers}|layername=points",
        POINTS_KIND="kind",
        LINES=f"{layers}|layername=lines",
        LINES_KIND="kind",
        MODEL=str(BUNDLED_MODEL),
        CRS="EPSG:32616",
        EXTENT=f"{bounds[0]},{bounds[2]},{bounds[1]},{bounds[3]} [EPSG:32616]",
    )

    assert land.values.shape == real.shape
    heights = [height for line in (*rivers, *peaks) for *_, height in line]
    assert outputs["LARGEST_MISS"] < 0.01 * np.ptp(heights)
    assert largest_miss(land.values, [*rivers, *peaks]) < 0.01
    assert share_of_lakes(land.values.astype(float), rivers) == 0.0
    depth = fill_depressions(land.values.astype(float)).heights - land.values
    assert depth[pixels_given(rivers, land)].max() < 0.01


def test_a_cancelled_run_leaves_no_file(sketch, tmp_path):
    with pytest.raises(KeyError, match="OUTPUT"):  # a cancelled run has no outputs
        sketch(layer("Point", PEAK), feedback=ActingFeedback(lambda feedback: feedback.cancel()))
    assert list(tmp_path.iterdir()) == []


def test_one_point_is_enough(sketch):
    land, outputs = sketch(layer("Point", (f"POINT({at(80, 80)})", 777.0, None, None)))
    assert outputs["LARGEST_MISS"] < 0.01
    assert land.values.std() > 5


def test_an_extent_and_a_base_elevation_are_enough(sketch):
    low, outputs = sketch(BASE_ELEVATION=100.0, name="low")
    high, _ = sketch(BASE_ELEVATION=1100.0, name="high")
    np.testing.assert_allclose(high.values - low.values, 1000.0, atol=0.01)
    assert outputs["BASE_ELEVATION"] == 100.0
    assert outputs["RELIEF"] == 1.0
    assert outputs["LARGEST_MISS"] == 0.0


def test_the_relief_that_is_asked_for_is_that_of_the_models_own_forms(sketch):
    plain, _ = sketch(BASE_ELEVATION=0.0, name="plain")
    flat, _ = sketch(BASE_ELEVATION=0.0, RELIEF=0.5, name="flat")
    np.testing.assert_allclose(flat.values, 0.5 * plain.values, atol=0.01)


def test_extents_that_overlap_agree_to_the_last_bit(sketch):
    drawn = layer("Point", PEAK), layer("LineString", *RIVERS)
    whole, _ = sketch(*drawn)
    x, y = WEST + 50 * SIZE, NORTH - 40 * SIZE
    part, _ = sketch(*drawn, name="part", EXTENT=f"{x},{x + 60 * SIZE},{y - 90 * SIZE},{y} [EPSG:32633]")
    np.testing.assert_array_equal(part.values, whole.window(*part.bounds))


def test_a_seed_gives_other_land_with_the_same_elevations_and_the_same_again(sketch):
    drawn = layer("Point", PEAK)
    one, again, other = (sketch(drawn, name=n, SEED=s)[0].values for n, s in (("a", 1), ("b", 1), ("c", 2)))
    np.testing.assert_array_equal(one, again)
    assert np.abs(one - other).mean() > 1.0


def test_the_elevations_are_met_whatever_the_variety(sketch):
    drawn = layer("Point", PEAK)
    calm, various = (sketch(drawn, name=n, VARIETY=v) for n, v in (("a", 0), ("b", 1)))
    assert np.abs(calm[0].values - various[0].values).mean() > 1.0
    assert calm[1]["LARGEST_MISS"] < 1.0


def test_two_elevations_in_one_pixel_cannot_both_be_met_and_the_log_says_where(sketch):
    x, y = (float(value) for value in at(80, 80).split())
    low = [(f"POINT({x - 20} {y + north})", 100.0, None, None) for north in (-20, 20)]
    spots = (*low, (f"POINT({x + 20} {y})", 400.0, None, None))
    feedback = QgsProcessingFeedback(False)

    _, outputs = sketch(layer("Point", *spots), feedback=feedback)

    assert outputs["LARGEST_MISS"] == pytest.approx(200.0, abs=1.0)
    assert f"That is more than 1% of the relief, at {x + 20:.0f}, {y:.0f}." in feedback.textLog()


def test_a_ridge_that_a_river_cuts_is_missed_there_though_no_vertex_lies_in_the_extent(sketch):
    river = (f"LINESTRING({at(-5, 70)}, {at(170, 70)})", 300.0, 290.0, "river")
    ridge = (f"LINESTRING({at(60, -5)}, {at(60, 170)})", 800.0, 800.0, "ridge")
    told = {}
    for name, lines in (("met", [river]), ("cut", [river, ridge])):
        feedback = QgsProcessingFeedback(False)
        _, outputs = sketch(lines=layer("LineString", *lines), name=name, feedback=feedback)
        told[name] = outputs["LARGEST_MISS"], feedback.textLog()

    largest, log = told["met"]
    assert largest < 1.0
    assert "meets the lines that cross the extent within" in log
    largest, log = told["cut"]
    assert largest == pytest.approx(800.0 - 296.3, abs=1.0)
    assert f"of the relief, at {WEST + 70.5 * SIZE:.0f}, {NORTH - 60.5 * SIZE:.0f}." in log


def test_a_batch_of_sketches_makes_the_land_of_each(sketch, provider, trained, project, tmp_path):
    rows = [
        {
            "POINTS": repr(str(points)),
            "EXTENT": repr(EXTENT),
            "CRS": "QgsCoordinateReferenceSystem('EPSG:32633')",
            "MODEL": repr(str(trained.model)),
            "SEED": str(seed),
            "OUTPUT": tmp_path / f"batch {seed}.tif",
        }
        for seed in (1, 2)
        for points in [_points_file(tmp_path / f"points {seed}.geojson", height=400.0 * seed)]
    ]

    run_batch(provider.algorithm("sketch").create(), rows, tmp_path / "batch.json")

    for row, seed in zip(rows, (1, 2)):
        land = read(row["OUTPUT"]).values
        points = str(tmp_path / f"points {seed}.geojson")
        np.testing.assert_array_equal(land, sketch(POINTS=points, SEED=seed, name="alone")[0].values)
        assert np.isclose(land, 400.0 * seed, atol=0.01).any()


def _points_file(path: Path, height: float) -> Path:
    """Write one point, with its height as Z value, in the middle of the extent."""
    x, y = (float(value) for value in at(80, 80).split())
    crs = {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::32633"}}
    spot = {"type": "Feature", "properties": {}, "geometry": {"type": "Point", "coordinates": [x, y, height]}}
    path.write_text(json.dumps({"type": "FeatureCollection", "crs": crs, "features": [spot]}))
    return path
