# SPDX-License-Identifier: GPL-3.0-or-later
"""All ways to make terrain that are compared, in the order in which to show them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Callable

import numpy as np

from . import classic, fractal, ours, references
from .task import Task

MINUTES_FROM_SCRATCH = 30.0
MINUTES_FROM_BUNDLED = 10.0
MINUTES_ON_LITTLE = 4.0


def _nothing_is_missing() -> str | None:
    return None


def _begins_from_nothing(_: Mapping[str, Any]) -> bool:
    return True


@dataclass(frozen=True)
class Contestant:
    """A way to make terrain.

    Attributes:
        name: on the command line and in the names of files.
        title: on the page.
        generate: yields fields, float32 (rows, cols) in metres, all of one size, each of another seed.
        train: makes the model that `generate` takes, and returns what to tell of it; None if none is needed.
        minutes: of training that the bars are for; 0 where none is needed.
        suffix: of the file of its model.
        has_seeds: whether its fields are independent of one another.
        missing: returns why it cannot take part here, or None.
        corners: returns where each field begins in the largest cells of its network; None if none made it.
        is_of_today: whether what `train` told of an earlier training is of what it would begin from today.
    """

    name: str
    title: str
    generate: Callable[[Task], Iterator[np.ndarray]]
    train: Callable[[Task], dict[str, Any]] | None = None
    minutes: float = 0.0
    suffix: str = ""
    has_seeds: bool = True
    missing: Callable[[], str | None] = _nothing_is_missing
    corners: Callable[[Task], list[tuple[int, int]]] | None = None
    is_of_today: Callable[[Mapping[str, Any]], bool] = _begins_from_nothing

    def minutes_for(self, from_scratch: float | None) -> float:
        """Return how long to train, where training from scratch takes so many minutes; None = the bars'."""
        return self.minutes if from_scratch is None else self.minutes * from_scratch / MINUTES_FROM_SCRATCH


CONTESTANTS = {
    each.name: each
    for each in (
        Contestant(
            "scratch",
            "GeoGAN, from scratch",
            ours.generate,
            ours.train_from_scratch,
            MINUTES_FROM_SCRATCH,
            ".geogan",
            corners=ours.corners,
            is_of_today=ours.is_of_today,
        ),
        Contestant(
            "finetuned",
            "GeoGAN, from the bundled model",
            ours.generate,
            ours.train_from_bundled,
            MINUTES_FROM_BUNDLED,
            ".geogan",
            corners=ours.corners,
            is_of_today=ours.is_of_today,
        ),
        Contestant(
            "little",
            f"GeoGAN, from the bundled model, on {ours.LITTLE_PX} x {ours.LITTLE_PX} px",
            ours.generate,
            ours.train_from_little,
            MINUTES_ON_LITTLE,
            ".geogan",
            corners=ours.corners,
            is_of_today=ours.is_from_today,
        ),
        Contestant(
            "classic",
            "classic GAN",
            classic.generate,
            classic.train,
            MINUTES_FROM_SCRATCH,
            ".npz",
            corners=classic.corners,
        ),
        Contestant("noise", "random phases", references.noise),
        Contestant("fractal", "r.surf.fractal", fractal.generate, missing=fractal.missing),
        Contestant("real", "the training part itself", references.real_land, has_seeds=False),
    )
}
