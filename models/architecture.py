# SPDX-License-Identifier: GPL-3.0-or-later
"""What a model is made of: bounded numbers only, so that a file describes networks but executes nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from ..errors import GeoGanError
from .model_file import MOST_STAGES

_FACTORS = (2, 4, 8)
_MAX_WIDTH = 1024
_MAX_BLOCKS = 8
_MAX_PATCH = 512
STAGE_NAMES = ("layout", "valleys", "detail")
GUIDE_MEAN = 5  # cells: the window whose mean the guide is compared with


@dataclass(frozen=True)
class StageArchitecture:
    """One generator of the cascade: it makes its field `factor` times finer.

    A *level* is one octave of resolution: level 0 works at the stage's cells, each further level on cells
    half as large, the last one on the pixels of the output.
    """

    name: str
    factor: int  # output pixels per cell: 2, 4 or 8
    guided: bool  # whether a coarse field is given, or the stage makes its own
    widths: tuple[int, ...]  # channels of each level, coarse to fine
    blocks: tuple[int, ...]  # residual blocks of each level
    latent_channels: int = 16  # noise at level 0
    noise_channels: int = 2  # noise added at each further level
    patch: int = 64  # output pixels of a training patch, a multiple of 4 * factor

    def __post_init__(self) -> None:
        levels = self.factor.bit_length()
        sound = (
            self.name in STAGE_NAMES
            and self.factor in _FACTORS
            and len(self.widths) == len(self.blocks) == levels
            and all(1 <= width <= _MAX_WIDTH for width in self.widths)
            and all(1 <= blocks <= _MAX_BLOCKS for blocks in self.blocks)
            and 1 <= self.latent_channels <= _MAX_WIDTH
            and 0 <= self.noise_channels <= _MAX_WIDTH
            and 4 * self.factor <= self.patch <= _MAX_PATCH
            and self.patch % (4 * self.factor) == 0
        )
        if not sound:
            raise GeoGanError(
                "The model describes a network that GeoGAN cannot build: {stage}.", stage=asdict(self)
            )

    @property
    def levels(self) -> int:
        """Number of resolutions that the stage works at, its own cells and its output's included."""
        return len(self.widths)

    @property
    def octaves(self) -> int:
        """Number of octaves that the stage adds, each a Laplacian band of its output."""
        return len(self.widths) - 1

    @property
    def feature_margins(self) -> tuple[int, ...]:
        """Cells on each side that the features of each level keep beyond the output, coarse to fine.

        A valid 3 x 3 convolution eats one cell a side; making a field twice finer turns a margin m into
        2 m - 1. Each level must serve the input of the next one, and its own band, which is made finer too
        and so needs 1; the last needs none.
        """
        margins = [0]
        for blocks in reversed(self.blocks[1:]):
            margins.append(max(1, (margins[-1] + blocks + 2) // 2))
        return tuple(reversed(margins))

    @property
    def latent_margin(self) -> int:
        """Cells of noise needed on each side: those of level 0, its blocks and the first convolution."""
        return self.feature_margins[0] + self.blocks[0] + 1

    @property
    def guide_margin(self) -> int:
        """Cells of guide needed on each side: those of the noise and half the window of its local mean."""
        return self.latent_margin + GUIDE_MEAN // 2

    def noise_margin(self, level: int) -> int:
        """Cells of noise needed on each side at `level`."""
        if level == 0:
            return self.latent_margin
        return self.feature_margins[level] + self.blocks[level]


@dataclass(frozen=True)
class CascadeArchitecture:
    """The stages, coarse to fine. Each later stage is guided by the one before it."""

    stages: tuple[StageArchitecture, ...]

    def __post_init__(self) -> None:
        guided = [stage.guided for stage in self.stages]
        names = [stage.name for stage in self.stages]
        if (
            not 1 <= len(self.stages) <= MOST_STAGES
            or guided != [i > 0 for i in range(len(guided))]
            or len(set(names)) < len(names)
        ):
            raise GeoGanError("The model's stages do not form a cascade: {stages}.", stages=names)

    def pixels_per_field_cell(self, index: int) -> int:
        """Size, in pixels of the result, of one output cell of stage `index`."""
        size = 1
        for stage in self.stages[index + 1 :]:
            size *= stage.factor
        return size

    def to_json(self) -> list[dict[str, Any]]:
        """Return plain data for `model.json`."""
        return [
            {**asdict(stage), "widths": list(stage.widths), "blocks": list(stage.blocks)}
            for stage in self.stages
        ]

    @classmethod
    def from_json(cls, stages: list[Mapping[str, Any]]) -> CascadeArchitecture:
        """Rebuild from `model.json`; raises GeoGanError for anything but bounded numbers of known names."""
        try:
            return cls(tuple(_stage_from_json(stage) for stage in stages))
        except (TypeError, KeyError, AttributeError, ValueError) as error:
            raise GeoGanError("The model file's description of its networks is damaged.") from error


def _stage_from_json(stage: Mapping[str, Any]) -> StageArchitecture:
    whole = {name: stage[name] for name in ("factor", "latent_channels", "noise_channels", "patch")}
    lists = {name: tuple(stage[name]) for name in ("widths", "blocks")}
    numbers = [*whole.values(), *lists["widths"], *lists["blocks"]]
    if not all(type(number) is int for number in numbers) or type(stage["guided"]) is not bool:
        raise TypeError("numbers must be whole and flags boolean")
    return StageArchitecture(name=str(stage["name"]), guided=stage["guided"], **whole, **lists)


# Of the cells and one, two and three octaves finer. The last is narrow: there it costs 64 times as much.
_WIDTHS = {"fast": (48, 32, 24, 8), "standard": (64, 48, 32, 8), "large": (128, 96, 64, 16)}
_BLOCKS = (2, 2, 2, 1)


def stage_of(preset: str, name: str, factor: int, guided: bool, patch: int) -> StageArchitecture:
    """Return a stage of a preset: fast, standard or large. A smaller factor drops the coarsest levels."""
    levels = factor.bit_length()
    return StageArchitecture(
        name, factor, guided, widths=_WIDTHS[preset][-levels:], blocks=_BLOCKS[-levels:], patch=patch
    )
