# SPDX-License-Identifier: GPL-3.0-or-later
"""Squares around cells, cut to the windows that they overlap."""

from __future__ import annotations

import numpy as np
from geogan.models.generation.footprints import Footprints, offsets
from hypothesis import given
from hypothesis import strategies as st

CELLS = st.lists(st.tuples(st.integers(-9, 9), st.integers(-9, 9)), min_size=1, max_size=12, unique=True)


@given(CELLS, st.integers(0, 5), st.integers(-12, 9), st.integers(-12, 9), st.integers(1, 9))
def test_what_lies_over_a_window_is_what_each_cell_of_it_has_within_the_margin(cells, margin, row, col, side):
    rows, cols = np.array(sorted(cells)).T
    down, right = offsets(margin)
    expected = {}
    for number, (r, c) in enumerate(zip(rows, cols)):
        at = [
            (r + i - row, c + j - col) for i in range(-margin, margin + 1) for j in range(-margin, margin + 1)
        ]
        inside = {place for place in at if min(place) >= 0 and max(place) < side}
        if inside:
            expected[number] = inside
    found = {}
    for number, into, of in Footprints(rows, cols, margin).over(row, col, side):
        places = np.mgrid[0:side, 0:side][:, into[0], into[1]]
        found[number] = set(map(tuple, places.reshape(2, -1).T.tolist()))
        np.testing.assert_array_equal(
            np.broadcast_to(down, (2 * margin + 1,) * 2)[of], places[0] + row - rows[number]
        )
        np.testing.assert_array_equal(
            np.broadcast_to(right, (2 * margin + 1,) * 2)[of], places[1] + col - cols[number]
        )
    assert found == expected
    assert list(found) == sorted(found)
