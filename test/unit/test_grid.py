# SPDX-License-Identifier: GPL-3.0-or-later
"""The world grid: snapping, windows, canonical blocks and the order of work."""

from __future__ import annotations

import math

import numpy as np
import pytest
from geogan.errors import GeoGanError
from geogan.rasters.grid import Lattice, Window, align_down
from geogan.rasters.writing.order import block_order, canonical_block, panels
from hypothesis import given
from hypothesis import strategies as st

coordinates = st.floats(-1e7, 1e7)
lengths = st.floats(0, 1e5)
pixel_sizes = st.sampled_from([0.1, 0.3, 1.0, 7.7, 30.0, 92.3])
windows = st.builds(
    Window,
    row=st.integers(-3000, 3000),
    col=st.integers(-3000, 3000),
    height=st.integers(1, 1500),
    width=st.integers(1, 1500),
)


@given(coordinates, coordinates, lengths, lengths, pixel_sizes)
def test_the_window_contains_the_extent_and_no_row_or_column_more(x, y, width, height, size):
    lattice = Lattice(size)
    window = lattice.window_of(x, y, x + width, y + height)
    xmin, ymin, xmax, ymax = lattice.bounds(window)
    tolerance = 1e-5 * size
    assert xmin <= x + tolerance
    assert ymin <= y + tolerance
    assert xmax >= x + width - tolerance
    assert ymax >= y + height - tolerance
    assert window.width == 1 or (xmin + size > x and xmax - size < x + width)
    assert window.height == 1 or (ymin + size > y and ymax - size < y + height)


@given(windows, pixel_sizes)
def test_an_extent_on_the_lattice_is_met_exactly(window, size):
    lattice = Lattice(size)
    assert lattice.window_of(*lattice.bounds(window)) == window


@given(windows, pixel_sizes, st.floats(-5e-7, 5e-7))
def test_rounding_errors_below_a_millionth_of_a_pixel_do_not_add_pixels(window, size, error_px):
    lattice = Lattice(size)
    shifted = [value + error_px * size for value in lattice.bounds(window)]
    assert lattice.window_of(*shifted) == window


def test_rows_grow_southwards_from_the_origin():
    assert Lattice(10).window_of(-25, -15, 5, 25) == Window(row=-3, col=-3, height=5, width=4)


def test_a_point_gets_the_pixel_that_it_lies_in():
    assert Lattice(10).window_of(-5, -5, -5, -5) == Window(row=0, col=-1, height=1, width=1)


def test_overlapping_extents_share_their_pixels():
    lattice = Lattice(30)
    left = lattice.window_of(-1000, -1000, 500, 700)
    right = lattice.window_of(-333, -2000, 3000, 11)
    shared = left.intersection(right)
    assert shared == Window.between(-1, -12, 34, 17)
    assert left.intersection(shared) == right.intersection(shared) == shared
    assert shared != right


def test_windows_that_touch_do_not_overlap():
    assert Window(0, 0, 5, 5).intersection(Window(0, 5, 5, 5)) is None
    assert Window(0, 0, 5, 5).intersection(Window(-5, 0, 5, 5)) is None


def test_the_geotransform_is_north_up_from_the_upper_left_corner():
    assert Lattice(0.5).geotransform(Window(-4, -6, 10, 10)) == (-3.0, 0.5, 0.0, 2.0, 0.0, -0.5)


@pytest.mark.parametrize(
    ("extent", "sentence"),
    [
        ((0, 0, math.nan, 1), "The extent is not a rectangle: 0, 0, nan, 1. Set it again."),
        ((0, -math.inf, 1, 1), "The extent is not a rectangle: 0, -inf, 1, 1. Set it again."),
        (
            (5, 0, 1, 1),
            "The extent is inverted: it runs from 5 to 1 and from 0 to 1. Put the smaller number first.",
        ),
        (
            (0, 0, 1e12, 1),
            "The extent is too large: 100000000000 x 1 pixels of 10. Choose a smaller extent.",
        ),
    ],
)
def test_a_nonsensical_extent_is_refused(extent, sentence):
    with pytest.raises(GeoGanError) as error:
        Lattice(10).window_of(*extent)
    assert str(error.value) == sentence


@pytest.mark.parametrize("size", [0, -1.0, math.nan, math.inf])
def test_a_pixel_size_that_is_no_positive_number_is_refused(size):
    with pytest.raises(GeoGanError, match="must be a positive number"):
        Lattice(size)


def test_a_window_without_pixels_is_refused():
    with pytest.raises(ValueError, match="at least one pixel, not 0 x 5"):
        Window(0, 0, 0, 5)


@given(st.integers(-10_000, 10_000), st.integers(1, 600))
def test_align_down_keeps_its_promise(value, step):
    aligned = align_down(value, step)
    assert aligned % step == 0
    assert aligned <= value < aligned + step


@given(windows, st.sampled_from([64, 100, 512]))
def test_blocks_lie_on_the_world_and_all_touch_the_window(window, size):
    blocks = list(window.blocks(size))
    assert all(block.row % size == 0 and block.col % size == 0 for block in blocks)
    pieces = [window.intersection(block) for block in blocks]
    assert sum(piece.height * piece.width for piece in pieces) == window.height * window.width
    assert blocks == sorted(blocks, key=lambda block: (block.row, block.col))


@given(windows, st.sampled_from([64, 512]), st.sampled_from([256, 768, 16_384]))
def test_pieces_cover_each_pixel_once_and_lie_in_one_block_and_one_panel(window, block, panel_width):
    times_covered = np.zeros((window.height, window.width), np.uint8)
    for piece in block_order(window, block, panel_width):
        assert canonical_block(piece, block).intersection(piece) == piece
        assert any(panel.intersection(piece) == piece for panel in panels(window, panel_width))
        top, left = piece.row - window.row, piece.col - window.col
        times_covered[top : top + piece.height, left : left + piece.width] += 1
    assert (times_covered == 1).all()


def test_panels_are_counted_from_the_left_edge_of_the_window():
    assert [(panel.col, panel.width) for panel in panels(Window(-7, -100, 9, 600), 256)] == [
        (-100, 256),
        (156, 256),
        (412, 88),
    ]
