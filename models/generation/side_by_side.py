# SPDX-License-Identifier: GPL-3.0-or-later
"""Work on several things at once, whose results come out in order."""

from __future__ import annotations

from collections import deque
from collections.abc import Generator, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Callable, TypeVar

_Given = TypeVar("_Given")
_Made = TypeVar("_Made")


def side_by_side(
    make: Callable[[_Given], _Made], given: Iterable[_Given], threads: int
) -> Generator[tuple[_Given, _Made], None, None]:
    """Yield each of what is given with what `make` makes of it, in order; `threads` are made at a time.

    No more than that many wait to be taken, so that memory is bounded. The first error ends it when its turn
    has come: what has begun is waited for, nothing more begins.
    """
    waiting: deque[tuple[_Given, Future[_Made]]] = deque()
    with ThreadPoolExecutor(threads, "side-by-side") as pool:
        try:
            for each in given:
                waiting.append((each, pool.submit(make, each)))
                if len(waiting) > threads:
                    yield _first_of(waiting)
            while waiting:
                yield _first_of(waiting)
        finally:
            for _, future in waiting:
                future.cancel()


def _first_of(waiting: deque[tuple[_Given, Future[_Made]]]) -> tuple[_Given, _Made]:
    each, future = waiting.popleft()
    return each, future.result()
