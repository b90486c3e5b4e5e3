# SPDX-License-Identifier: GPL-3.0-or-later
"""The areas that a training learns from; of layers too large to be held whole, ever other parts."""

from __future__ import annotations

import math
import time
from typing import TYPE_CHECKING

import numpy as np

from ..area import Area

if TYPE_CHECKING:
    from ...worker.channel import Channel
    from ...worker.protocol import Message

# To read them and to find the places of patches takes some seconds.
_MOVE_EVERY_S = 120.0


class MovingAreas:
    """Asks QGIS for other parts of large layers now and then; the training goes on while they are read."""

    def __init__(self, request: Message, channel: Channel) -> None:
        """Take the request of the training, whose field `area_is_part` tells which areas are parts."""
        areas = areas_of(request)
        self.are_parts = request.fields.get("area_is_part", [False] * len(areas))
        self._whole = [area for area, is_part in zip(areas, self.are_parts) if not is_part]
        self.has_parts = any(self.are_parts)
        self._channel = channel
        self.turn = 0  # of the parts that were asked for last
        self._asked_at = time.monotonic()
        self._is_waiting = False

    def others(self) -> list[Area]:
        """Return the areas to go on with where other parts have come; else none, and perhaps ask for some."""
        if not self.has_parts:
            return []
        supply = self._channel.supplied()
        if supply is not None:
            self._is_waiting = False
            parts = areas_of(supply)
            return [*self._whole, *parts] if parts else []
        if not self._is_waiting and time.monotonic() - self._asked_at >= _MOVE_EVERY_S:
            self.turn += 1
            self._asked_at, self._is_waiting = time.monotonic(), True
            self._channel.send("areas_wanted", {"turn": self.turn})
        return []

    def go_on_from(self, turn: int) -> None:
        """Ask for the parts after those of a turn, and at once: a training has gone on from there."""
        self.turn, self._asked_at = turn, -math.inf


def areas_of(message: Message) -> list[Area]:
    """Return the areas in a message: its arrays `area0`, `area1`, ... with its field `area_landscapes`.

    Those of a training with guiding layers have the numbers of these as `conditions0`, `conditions1`, ...
    """
    landscapes = message.fields["area_landscapes"]
    return [
        Area(
            np.asarray(message.arrays[f"area{i}"], np.float32),
            int(landscape),
            message.arrays.get(f"conditions{i}"),
        )
        for i, landscape in enumerate(landscapes)
    ]
