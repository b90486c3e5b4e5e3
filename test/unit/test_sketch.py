# SPDX-License-Identifier: GPL-3.0-or-later
"""Sketched points and lines on the pixels of a lattice."""

from __future__ import annotations

import numpy as np
import pytest
from geogan.errors import GeoGanError
from geogan.models.controls import Controls
from geogan.rasters.fitted.sketch import MOST_PIXELS, Kind, SketchedLine, controls_of, misses
from geogan.rasters.grid import Lattice
from hypothesis import given
from hypothesis import strategies as st

SIZE = 90.0


def line(*places: tuple[float, float, float], kind: Kind = Kind.PLAIN) -> SketchedLine:
    """Return a line through (row, column, height); whole rows and columns are the corners of pixels."""
    return SketchedLine(np.array([(col * SIZE, -row * SIZE, height) for row, col, height in places]), kind)


def controls(*lines: SketchedLine) -> Controls:
    return controls_of(lines, Lattice(SIZE))


def heights(*lines: SketchedLine) -> dict[tuple[int, int], float]:
    found = controls(*lines)
    return dict(zip(zip(found.rows.tolist(), found.cols.tolist()), found.heights.tolist()))


def test_a_point_gives_its_height_to_the_pixel_it_lies_in():
    assert heights(line((3.5, -2.5, 870.0))) == {(3, -3): 870.0}


def test_points_in_one_pixel_give_their_mean_and_a_peak_its_own_height():
    assert heights(line((0.2, 0.2, 100.0)), line((0.8, 0.8, 300.0))) == {(0, 0): 200.0}
    peak = line((0.5, 0.5, 500.0), kind=Kind.PEAK)
    assert heights(line((0.2, 0.2, 100.0)), peak) == {(0, 0): 500.0}


def test_nothing_sketched_gives_no_controls():
    assert len(controls()) == 0
    assert controls().sides.shape == (0, 3)


def test_a_line_passes_its_pixels_with_the_heights_between_its_vertices():
    along = heights(line((0.5, 0.5, 0.0), (0.5, 10.5, 100.0)))
    assert sorted(along) == [(0, col) for col in range(11)]
    for col in range(1, 10):
        assert along[0, col] == pytest.approx(10.0 * col, abs=1.0)


def test_the_pixels_lie_on_the_lattice_whatever_its_origin():
    moved = Lattice(SIZE, (30.0, -45.0))
    found = controls_of([SketchedLine(np.array([[30.0 + 4.5 * SIZE, -45.0 - 2.5 * SIZE, 7.0]]))], moved)
    assert (found.rows.tolist(), found.cols.tolist()) == ([2], [4])


def test_land_lies_above_rivers_and_below_ridges_and_peaks_and_is_free_else():
    for kind, above in ((Kind.RIVER, 1.0), (Kind.RIDGE, -1.0), (Kind.PEAK, -1.0), (Kind.PLAIN, 0.0)):
        sides = controls(line((0.5, 0.5, 9.0), (0.5, 5.5, 5.0), kind=kind)).sides
        assert (sides[:, 0] == above).all()
        assert not sides[:, 1:].any()


def test_land_lies_on_the_left_of_a_coast():
    heading_east = controls(line((0.5, 0.5, 0.0), (0.5, 5.5, 0.0), kind=Kind.COAST)).sides
    assert not heading_east[:, 0].any()
    assert (heading_east[:, 1] < 0).all()  # land in the rows above
    assert not heading_east[:, 2].any()


@pytest.mark.parametrize("order", [1, -1])
def test_land_lies_inside_a_closed_coast_whichever_way_it_is_drawn(order):
    corners = [(0.5, 0.5, 0.0), (0.5, 20.5, 0.0), (20.5, 20.5, 0.0), (20.5, 0.5, 0.0), (0.5, 0.5, 0.0)]
    found = controls(line(*corners[::order], kind=Kind.COAST))
    inwards = found.sides[:, 1] * (10 - found.rows) + found.sides[:, 2] * (10 - found.cols)
    assert (inwards > 0).all()


def test_land_lies_around_the_hole_of_a_coast():
    corners = [(10.5, 10.5, 0.0), (10.5, 20.5, 0.0), (20.5, 20.5, 0.0), (20.5, 10.5, 0.0), (10.5, 10.5, 0.0)]
    ring = line(*corners, kind=Kind.COAST)
    outer, hole = (controls(ring._replace(is_hole=is_hole)) for is_hole in (False, True))
    np.testing.assert_allclose(hole.sides[:, 1:], -outer.sides[:, 1:], atol=1e-9)


def test_a_straight_shore_has_a_clear_side_and_a_small_island_has_none():
    shore = controls(line((5.0, 0.0, 0.0), (9.0, 60.0, 0.0), kind=Kind.COAST)).coarsened(16, 0.0)
    assert np.hypot(*shore.sides[:, 1:].T).min() > 0.9
    around = np.linspace(0.0, 2.0 * np.pi, 60)
    places = [(8.0 + 5.0 * np.sin(angle), 8.0 + 5.0 * np.cos(angle), 0.0) for angle in around]
    places[-1] = places[0]
    island = controls(line(*places, kind=Kind.COAST)).coarsened(16, 0.0)
    assert len(island) == 1
    assert np.hypot(*island.sides[:, 1:].T).max() < 0.1


def test_a_river_that_reaches_the_coast_leaves_the_sea_on_its_side():
    coast = line((20.5, 0.5, 0.0), (20.5, 40.5, 0.0), kind=Kind.COAST)  # land in the north
    river = line((0.5, 20.5, 80.0), (20.5, 20.5, 0.0), kind=Kind.RIVER)
    found = controls(coast, river)
    mouth = found.sides[(found.rows == 20) & (found.cols == 20)][0]
    np.testing.assert_allclose(mouth, [1.0, -1.0, 0.0], atol=1e-9)


def test_a_point_of_a_coast_has_no_sides():
    assert not controls(line((0.5, 0.5, 0.0), kind=Kind.COAST)).sides.any()


def without_a_way_down(rivers: list[SketchedLine], pixels: dict) -> set[tuple[int, int]]:
    """Return the pixels from which water cannot run along the rivers' pixels to the end of one of them."""
    ends = [river.vertices[-1] for river in rivers]
    waiting = [(int(np.floor(-y / SIZE)), int(np.floor(x / SIZE))) for x, y, _ in ends]
    reached = set(waiting)
    while waiting:
        row, col = waiting.pop()
        for place in ((row + r, col + c) for r in (-1, 0, 1) for c in (-1, 0, 1)):
            if place in pixels and place not in reached and pixels[place] >= pixels[row, col]:
                reached.add(place)
                waiting.append(place)
    return set(pixels) - reached


@given(
    st.lists(
        st.tuples(st.floats(-30, 30), st.floats(-30, 30), st.floats(-500, 4000)), min_size=2, max_size=6
    ),
    st.lists(
        st.tuples(st.floats(-30, 30), st.floats(-30, 30), st.floats(-500, 4000)), min_size=2, max_size=6
    ),
)
def test_water_runs_down_every_river_to_its_end_whatever_is_drawn(first, second):
    """Whether it crosses itself or another one, or rises here and there."""
    downstream = (places if places[0][2] >= places[-1][2] else places[::-1] for places in (first, second))
    rivers = [line(*places, kind=Kind.RIVER) for places in downstream]
    assert not without_a_way_down(rivers, heights(*rivers))


def test_thousands_of_rivers_in_a_row_are_gone_through_once():
    """Each is a pixel long, and the next one begins where it ends. Going through all for each takes hours."""
    count = 20_000
    rivers = [
        line((0.5, col + 0.5, 10.0 + col), (0.5, col + 1.5, 10.0 + col), kind=Kind.RIVER)
        for col in reversed(range(count))
    ]
    assert set(heights(*rivers).values()) == {10.0}


def test_a_river_drawn_upstream_is_the_same_river():
    places = [(0.5, 0.5, 900.0), (7.5, 20.5, 500.0), (30.5, 21.5, 100.0)]
    down, up = heights(line(*places, kind=Kind.RIVER)), heights(line(*places[::-1], kind=Kind.RIVER))
    assert down == pytest.approx(up)


def test_a_river_that_joins_a_higher_one_lowers_the_rest_of_it():
    main = line((5.5, 0.5, 100.0), (5.5, 20.5, 80.0), kind=Kind.RIVER)
    side = line((0.5, 10.5, 95.0), (5.5, 10.5, 60.0), kind=Kind.RIVER)
    pixels = heights(main, side)
    assert pixels[5, 5] == pytest.approx(95.0, abs=1.0)
    assert pixels[5, 10] == pixels[5, 15] == pixels[5, 20] == 60.0


def test_lowering_goes_on_from_river_to_river():
    last = line((5.5, 0.5, 100.0), (5.5, 20.5, 80.0), kind=Kind.RIVER)
    middle = line((0.5, 10.5, 110.0), (5.5, 10.5, 91.0), kind=Kind.RIVER)
    first = line((2.5, 0.5, 120.0), (2.5, 10.5, 50.0), kind=Kind.RIVER)
    pixels = heights(last, middle, first)
    assert pixels[5, 5] > 90.0
    assert pixels[4, 10] == pixels[5, 10] == pixels[5, 20] == 50.0


def test_where_lines_meet_rivers_count_before_ridges_and_ridges_before_others():
    river = line((5.5, 0.5, 10.0), (5.5, 20.5, 5.0), kind=Kind.RIVER)
    ridge = line((0.5, 10.5, 50.0), (15.5, 10.5, 50.0), kind=Kind.RIDGE)
    other = line((0.5, 0.5, 30.0), (0.5, 20.5, 30.0))
    pixels = heights(other, ridge, river)
    assert pixels[5, 10] < 10.0
    assert pixels[0, 10] == 50.0
    assert pixels[0, 5] == 30.0


def test_a_sketch_without_end_is_refused_with_a_sentence():
    with pytest.raises(GeoGanError, match=f"{MOST_PIXELS} are the most"):
        controls(line((0.0, 0.0, 1.0), (0.0, MOST_PIXELS + 1.0, 1.0)))


def test_the_misses_are_those_of_the_vertices_in_the_raster_and_of_the_lines_between_them(make_raster):
    land = np.arange(12, dtype=np.float32).reshape(3, 4)
    path = make_raster("land", land, geotransform=(0, SIZE, 0, 0, 0, -SIZE))
    sketch = [line((0.5, 0.5, 0.0), (1.5, 2.5, 9.0)), line((2.5, 3.5, 10.0)), line((-1.0, 9.0, 5.0))]
    found = misses(sketch, Lattice(SIZE), path)
    assert found.vertices == 3
    assert found.off[:3].tolist() == [0.0, 3.0, 1.0]
    assert found.places[:3].tolist() == [
        [0.5 * SIZE, -0.5 * SIZE],
        [2.5 * SIZE, -1.5 * SIZE],
        [3.5 * SIZE, -2.5 * SIZE],
    ]
    # It passes the pixels of 0, 1, 5 and 6 m at 0 to 2.25, 2.25 to 4.5, 4.5 to 6.75 and 6.75 to 9 m.
    np.testing.assert_allclose(found.off[3:], [1.125, 2.375, 0.625, 1.875], atol=0.15)
    assert found.places[4].tolist() == [1.5 * SIZE, -0.5 * SIZE]
    assert found.relief == 11.0
    assert not len(misses([], Lattice(SIZE), path).off)


def test_a_line_that_crosses_the_raster_is_met_or_missed_where_it_crosses(make_raster):
    rows, cols = np.mgrid[0:20, 0:20]
    land = (100.0 + 5.0 * cols + 40.0 * (rows > 8)).astype(np.float32)
    path = make_raster("land", land, geotransform=(0, SIZE, 0, 0, 0, -SIZE))
    met, missed = (line((row, -9.5, 50.0), (row, 30.5, 250.0)) for row in (4.5, 12.5))
    found = misses([met], Lattice(SIZE), path)
    assert (found.vertices, len(found.off)) == (0, 20)
    assert found.off.max() < 0.5
    np.testing.assert_allclose(misses([missed], Lattice(SIZE), path).off, 40.0, atol=0.5)


def test_a_ridge_that_a_river_cuts_between_its_vertices_is_missed_there(make_raster):
    ridge = line((10.5, 0.5, 500.0), (10.5, 20.5, 500.0), kind=Kind.RIDGE)
    river = line((0.5, 8.5, 120.0), (20.5, 8.5, 100.0), kind=Kind.RIVER)
    given = controls(ridge, river)
    land = np.zeros((21, 21), np.float32)
    land[given.rows, given.cols] = given.heights
    path = make_raster("land", land, geotransform=(0, SIZE, 0, 0, 0, -SIZE))
    found = misses([ridge, river], Lattice(SIZE), path)
    assert found.off.max() == pytest.approx(390.0, abs=1.0)
    assert found.places[found.off.argmax()].tolist() == [8.5 * SIZE, -10.5 * SIZE]
    assert np.sort(found.off)[-2] < 1.0


def test_pixels_are_those_of_the_lattice_wherever_the_raster_begins(make_raster):
    """A line along the border of two pixels passes the same ones as in `controls_of`, despite rounding."""
    lattice = Lattice(SIZE / 0.3048006096, (0.1, -0.7))
    window = lattice.window_of(1.1e6, 4.0e6, 1.1e6 + 50 * lattice.pixel_size, 4.0e6 + 50 * lattice.pixel_size)
    _, bottom, _, top = lattice.bounds(window)
    for col in range(1, 50):
        x = lattice.origin[0] + (window.col + col) * lattice.pixel_size
        along = SketchedLine(np.array([[x, bottom, 7.0], [x, top - 1.0, 7.0]]))
        given = controls_of([along], lattice)
        land = np.zeros((window.height, window.width), np.float32)
        inside = given.rows < window.row_stop
        land[given.rows[inside] - window.row, given.cols[inside] - window.col] = 7.0
        path = make_raster("land", land, geotransform=lattice.geotransform(window))
        assert misses([along], lattice, path).off.max() == 0.0


def test_the_misses_are_found_wherever_the_vertices_lie(make_raster):
    """They are read part by part, in another order than they are asked for."""
    values = np.arange(600 * 700, dtype=np.float32).reshape(600, 700)
    path = make_raster("land", values, geotransform=(0, SIZE, 0, 0, 0, -SIZE))
    random = np.random.default_rng(5)
    rows, cols = random.integers(0, 600, 300), random.integers(0, 700, 300)
    sketched = [line((row + 0.5, col + 0.5, values[row, col] - 3.0)) for row, col in zip(rows, cols)]
    np.testing.assert_array_equal(misses(sketched, Lattice(SIZE), str(path)).off, 3.0)
