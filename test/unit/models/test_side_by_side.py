# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import itertools
import threading

import pytest
from geogan.models.generation.side_by_side import side_by_side


def test_results_come_out_in_order_though_later_ones_are_done_first():
    is_later_done = threading.Event()

    def slow_at_first(number):
        if number == 0:
            assert is_later_done.wait(10.0)
        if number == 1:
            is_later_done.set()
        return number**2

    assert list(side_by_side(slow_at_first, range(5), threads=2)) == [(n, n**2) for n in range(5)]


@pytest.mark.parametrize("threads", [1, 3])
def test_no_more_are_made_ahead_than_there_are_threads(threads):
    begun = []

    def noted(number):
        begun.append(number)
        return number

    made = side_by_side(noted, range(100), threads)
    for taken in range(1, 20):
        next(made)
        assert len(begun) <= taken + threads
    made.close()
    assert len(begun) <= 19 + threads


def test_the_first_error_is_told_and_nothing_more_begins():
    begun = []

    def broken(number):
        begun.append(number)
        if number == 3:
            raise ValueError(number)
        return number

    made = side_by_side(broken, range(100), threads=2)
    assert [number for number, _ in itertools.islice(made, 3)] == [0, 1, 2]
    with pytest.raises(ValueError, match="3"):
        next(made)
    assert max(begun) <= 5


def test_nothing_given_is_nothing_made():
    assert not list(side_by_side(str, [], threads=2))
