# SPDX-License-Identifier: GPL-3.0-or-later
"""The land of a training: what it learns from, what is held out, and the guiding layers beside both."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ..generation.conditions import all_standardised, measured
from ..model_card import Condition
from .hold_out import described, split_at, split_by_place, strips_to_hold_out
from .moving_areas import MovingAreas, areas_of
from .small_voids import bridged

if TYPE_CHECKING:
    from ...worker.channel import Channel
    from ...worker.protocol import Message
    from ..area import Area


class TrainingLand:
    """The areas of a training, their guiding layers standardised, split by place."""

    def __init__(self, request: Message, channel: Channel, conditions: Sequence[Condition]) -> None:
        """Take the request, and the guiding layers as the base model has measured them, if it has any."""
        areas = areas_of(request)
        self._share, self._layers = float(request.fields["hold_out"]), request.fields.get("area_layers", [])
        self._moving = MovingAreas(request, channel)
        self.conditions = list(conditions) or measured(request.fields.get("conditions", []), areas)
        self.whole = all_standardised(areas, self.conditions)
        self._strips = strips_to_hold_out(self.whole, self._share)
        learnt, self.held_out = split_at(self.whole, self._strips)
        self.learnt = [bridged(area) for area in learnt]  # and nothing that the model is scored by
        self.value_range = _range_of(self.learnt)  # the lowest and the highest value of what was learnt from

    @property
    def moves(self) -> bool:
        """Whether other parts of layers too large to be held whole take the place of these."""
        return self._moving.has_parts

    @property
    def turn(self) -> int:
        """Which parts of such layers were asked for last; 0 are those that a training begins with."""
        return self._moving.turn

    def go_on_from(self, turn: int) -> None:
        """Go on with the parts after those of a turn, where a training goes on that had got so far."""
        if turn:
            self._moving.go_on_from(turn)

    def others(self) -> list[Area]:
        """Return the areas to learn from next where other parts have come; else none."""
        others = all_standardised(self._moving.others(), self.conditions)
        learnt = [bridged(area) for area in split_by_place(others, self._share)[0]]
        if learnt:
            self.value_range = _range_of(learnt, *self.value_range)
        return learnt

    def described_hold_out(self) -> list[dict[str, Any]]:
        """Return which strips of which layers are held out, as plain data for `model.json`."""
        return described(self._strips, self._layers, self._moving.are_parts)


def _range_of(areas: Sequence[Area], *others: float) -> tuple[float, float]:
    """Return the lowest and the highest value of areas, and of other values."""
    lowest = min(*others, *(float(np.nanmin(area.values)) for area in areas), np.inf)
    return lowest, max(*others, *(float(np.nanmax(area.values)) for area in areas), -np.inf)
