# SPDX-License-Identifier: GPL-3.0-or-later
"""Which parts of layers too large to be held whole, or too many, are read, turn by turn."""

from __future__ import annotations

from collections.abc import Sequence

from ..grid import Window
from .alignment import AlignedArea
from .spread import largest_cell_px, spread_windows

# A layer at most so many times as long as wide is not cut where it is narrow enough to be one window.
_HARDLY_LONGER = 1.5


class PartsInTurns:
    """Layers over their share of a budget of pixels: windows of them are read, other ones each turn.

    Where the budget has no room for a window of each, the layers themselves take turns, with some of every
    landscape in each. Their windows stay wide, since large forms are learnt from wide ones only, unless
    there is no room even for one of each landscape.

    Attributes:
        numbers: of the layers that are read in parts; the others are held whole.
        turns: after so many, each layer has been read.
    """

    def __init__(self, areas: Sequence[AlignedArea], budget_px: int, widest_px: int) -> None:
        """Take the layers, the most pixels of all together, and the most on a side of a window."""
        self._areas = areas
        sizes = [area.width * area.height for area in areas]
        shares = fair_shares(sizes, budget_px)
        large = [number for number, size in enumerate(sizes) if size > shares[number]]
        self._budget_px = budget_px - sum(sizes) + sum(sizes[number] for number in large)
        self._landscapes = _by_landscape(areas, large)
        self._widest_px, self.turns = self._fitting(widest_px)
        self._hold_what_stays()
        self.numbers = {number for own in self._landscapes for number in own}

    def windows(self, turn: int, seed: int) -> dict[int, list[Window]]:
        """Return the windows of a turn, chosen by the seed, by the number of their layer."""
        drawn = {}
        for own in self._landscapes:
            period = min(len(own), self.turns)
            drawn |= dict.fromkeys(own[turn % period :: self.turns], turn // period)
        least = {number: self._window_px(number, self._widest_px) for number in sorted(drawn)}
        more = [self._size_px(number) - window_px for number, window_px in least.items()]
        shares = fair_shares(more, self._budget_px - sum(least.values()))
        return {
            number: spread_windows(
                self._areas[number].width,
                self._areas[number].height,
                _side(self._areas[number], self._widest_px),
                1 + share // window_px,
                seed + number,
                drawn[number],
            )
            for (number, window_px), share in zip(least.items(), shares)
        }

    def _fitting(self, widest_px: int) -> tuple[int, int]:
        """Return the widest windows, and then the fewest turns, with which a turn is within the budget."""
        most = max(map(len, self._landscapes), default=1)
        while widest_px > 1:
            for turns in range(1, most + 1):
                if self._most_px(widest_px, turns) <= self._budget_px:
                    return widest_px, turns
            widest_px = widest_px * 7 // 8
        return 1, most

    def _most_px(self, widest_px: int, turns: int) -> int:
        """Return how much a turn reads at most that has one window of each of its layers."""
        return sum(
            max(
                sum(self._window_px(number, widest_px) for number in own[first::turns])
                for first in range(min(len(own), turns))
            )
            for own in self._landscapes
        )

    def _hold_what_stays(self) -> None:
        """Count layers as whole that are one window and have their place in each turn."""
        for own in self._landscapes:
            for number in list(own) if self.turns == 1 or len(own) == 1 else ():
                if self._window_px(number, self._widest_px) == self._size_px(number):
                    own.remove(number)
                    self._budget_px -= self._size_px(number)
        self._landscapes = [own for own in self._landscapes if own]

    def _size_px(self, number: int) -> int:
        return self._areas[number].width * self._areas[number].height

    def _window_px(self, number: int, widest_px: int) -> int:
        area = self._areas[number]
        return largest_cell_px(area.width, area.height, _side(area, widest_px))


def fair_shares(sizes: Sequence[int], budget: int) -> list[int]:
    """Return how much of the budget each gets: its own size, or an equal part of what smaller ones leave.

    >>> fair_shares([10, 100, 200], 110)
    [10, 50, 50]
    """
    shares = [0] * len(sizes)
    remaining = budget
    smallest_first = sorted(range(len(sizes)), key=lambda index: sizes[index])
    for position, index in enumerate(smallest_first):
        shares[index] = min(sizes[index], remaining // (len(sizes) - position))
        remaining -= shares[index]
    return shares


def _by_landscape(areas: Sequence[AlignedArea], numbers: Sequence[int]) -> list[list[int]]:
    """Return the numbers of the layers of each landscape, the largest layers first."""
    landscapes: dict[str, list[int]] = {}
    for number in sorted(numbers, key=lambda number: -areas[number].width * areas[number].height):
        landscapes.setdefault(areas[number].landscape.casefold(), []).append(number)
    return list(landscapes.values())


def _side(area: AlignedArea, widest_px: int) -> int:
    """Return the most pixels on a side of a layer's windows: about squares, also of an oblong layer."""
    shorter, longer = sorted((area.width, area.height))
    return min(widest_px, longer if longer <= _HARDLY_LONGER * shorter else shorter)
