# SPDX-License-Identifier: GPL-3.0-or-later
"""The landscapes that the layers of a training name, and which layer belongs to which."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from ..errors import GeoGanError
from ..models.model_card import MOST_LANDSCAPES, UNNAMED
from ..rasters.reporting import Log


def told_apart(named: Sequence[str]) -> tuple[list[str], list[int]]:
    """Return the landscapes in the order of their first layers, and the index of each layer's.

    `named` holds what each layer names; case makes no difference, and all that name none ("") belong to one.

    Raises:
        GeoGanError: there are more than a model can tell apart.

    >>> told_apart(["Alps", "", "alps"])
    (['Alps', 'terrain'], [0, 1, 0])
    """
    landscapes: dict[str, str] = {}
    keys = []
    for name in named:
        key = (name or UNNAMED).casefold()
        landscapes.setdefault(key, name or UNNAMED)
        keys.append(key)
    if len(landscapes) > MOST_LANDSCAPES:
        raise GeoGanError(
            "The layers name {count} landscapes, but a model tells at most {most} apart. Give layers of "
            "like land the same LANDSCAPE.",
            count=len(landscapes),
            most=MOST_LANDSCAPES,
        )
    order = list(landscapes)
    return list(landscapes.values()), [order.index(key) for key in keys]


def log_landscapes(named: Sequence[str], log: Log) -> None:
    """Say which landscapes there are, and with how many layers, where there are several."""
    names, indices = told_apart(named)
    if len(names) > 1:
        layers = Counter(indices)
        listed = ", ".join(f"{name} ({layers[index]})" for index, name in enumerate(names))
        log(
            "The model learns {count} landscapes (and layers of each): {listed}.",
            count=len(names),
            listed=listed,
        )
