# SPDX-License-Identifier: GPL-3.0-or-later
"""What a model is made of: bounded numbers only, so that a file describes networks but executes nothing."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

from ..errors import GeoGanError
from .model_card import FACTORS, MOST_CONDITIONS, MOST_STAGES

_MAX_WIDTH = 1024
_MAX_BLOCKS = 8
_MAX_PATCH = 512
# A file must not ask for more memory than there is.
_MAX_WEIGHTS = 1 << 26  # of a stage's residual blocks
_MAX_FEATURES = 1 << 26  # that these compute of a patch, or of a block where that is larger
_FIELD = 512  # cells: the side of the largest block that is made of any stage
_WEIGHTS_A_PAIR = 10  # of channels: those of a convolution of 3 x 3 and one of 1 x 1
STAGE_NAMES = ("layout", "valleys", "detail")  # the last one makes the pixels
_MAX_REACH = 8
_WHOLE = ("factor", "latent_channels", "noise_channels", "patch", "conditions")
_OF_EARLIER_MODELS = {"latent_reaches": [0], "conditions": 0}  # which do not say so
_LISTS = ("widths", "blocks", "judging_widths", "latent_reaches")
GUIDE_MEAN = 5  # cells: the window whose mean the guide is compared with


@dataclass(frozen=True)
class StageArchitecture:
    """One generator of the cascade: it makes its field `factor` times finer.

    A *level* makes one octave: level 0 works on the stage's cells and makes the field twice as fine as they
    are, each further level works on what the one before it made. No network works on the pixels of the
    output: they are most of the stage, and would be most of its cost.
    """

    name: str
    factor: int  # output pixels per cell: 2, 4 or 8
    guided: bool  # whether a coarse field is given, or the stage makes its own
    widths: tuple[int, ...]  # channels of each level of the generator, coarse to fine
    blocks: tuple[int, ...]  # residual blocks of each of these
    judging_widths: tuple[int, ...]  # channels of each level of the discriminator, coarse to fine
    latent_channels: int = 16  # noise at level 0
    noise_channels: int = 4  # noise added at each further level: one for each pixel that a cell becomes
    patch: int = 64  # output pixels of a training patch, a multiple of 4 * factor
    # Cells that the noise at level 0 is smooth over, in equal parts of its channels (see `networks.noise`).
    latent_reaches: tuple[int, ...] = (0,)
    conditions: int = 0  # guiding layers, whose means enter at the stage's cells

    def __post_init__(self) -> None:
        sound = (
            self.name in STAGE_NAMES
            and self.factor in FACTORS
            and len(self.widths) == len(self.blocks) == len(self.judging_widths) == self.octaves
            and all(1 <= width <= _MAX_WIDTH for width in (*self.widths, *self.judging_widths))
            and all(1 <= blocks <= _MAX_BLOCKS for blocks in self.blocks)
            and 1 <= self.latent_channels <= _MAX_WIDTH
            and 0 <= self.noise_channels <= _MAX_WIDTH
            and 4 * self.factor <= self.patch <= _MAX_PATCH
            and self.patch % (4 * self.factor) == 0
            and 1 <= len(self.latent_reaches) <= self.latent_channels
            and self.latent_channels % len(self.latent_reaches) == 0
            and all(0 <= reach <= _MAX_REACH for reach in self.latent_reaches)
            and 0 <= self.conditions <= MOST_CONDITIONS
            and self._weights_of_blocks <= _MAX_WEIGHTS
            and self._features_of_a_field <= _MAX_FEATURES
        )
        if not sound:
            raise GeoGanError(
                "The model describes a network that GeoGAN cannot build: {stage}.", stage=asdict(self)
            )

    @property
    def _weights_of_blocks(self) -> int:
        return _WEIGHTS_A_PAIR * sum(width**2 * blocks for width, blocks in zip(self.widths, self.blocks))

    @property
    def _features_of_a_field(self) -> int:
        cells = max(self.patch, _FIELD) // self.factor
        levels = enumerate(zip(self.widths, self.blocks))
        return sum((cells << level) ** 2 * width * blocks for level, (width, blocks) in levels)

    @property
    def octaves(self) -> int:
        """Number of octaves that the stage adds, each made by one level: a Laplacian band of its output."""
        return self.factor.bit_length() - 1

    @property
    def feature_margins(self) -> tuple[int, ...]:
        """Cells on each side that the features of each level keep beyond the output, coarse to fine.

        A valid 3 x 3 convolution eats one cell a side; making a field twice finer turns a margin m into
        2 m - 1. Each level must serve the input of the next one, and its own band, which needs one where it
        is made finer again; the last needs none. So does the low-pass, which is made of level 0.
        """
        margins = [0]
        for blocks in reversed(self.blocks[1:]):
            margins.append(max(1, (margins[-1] + blocks + 2) // 2))
        return (max(1, margins.pop()), *reversed(margins))

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
            or len({stage.conditions for stage in self.stages}) > 1
        ):
            raise GeoGanError("The model's stages do not form a cascade: {stages}.", stages=names)

    def pixels_per_field_cell(self, index: int) -> int:
        """Size, in pixels of the result, of one output cell of stage `index`."""
        return math.prod(stage.factor for stage in self.stages[index + 1 :])

    @property
    def largest_cell_px(self) -> int:
        """Side, in pixels of the result, of the cells that the first stage draws its noise on."""
        return math.prod(stage.factor for stage in self.stages)

    @property
    def conditions(self) -> int:
        """How many guiding layers the stages are told of: all of them the same."""
        return self.stages[0].conditions

    def with_conditions(self, count: int) -> CascadeArchitecture:
        """Return the cascade whose stages are told of so many guiding layers."""
        return CascadeArchitecture(tuple(replace(stage, conditions=count) for stage in self.stages))

    def to_json(self) -> list[dict[str, Any]]:
        """Return plain data for `model.json`."""
        return [
            {**asdict(stage), **{name: list(getattr(stage, name)) for name in _LISTS}}
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
    stage = {**_OF_EARLIER_MODELS, **stage}
    whole = {name: stage[name] for name in _WHOLE}
    lists = {name: tuple(stage[name]) for name in _LISTS}
    numbers = [*whole.values(), *(number for numbers in lists.values() for number in numbers)]
    if not all(type(number) is int for number in numbers) or type(stage["guided"]) is not bool:
        raise TypeError("numbers must be whole and flags boolean")
    return StageArchitecture(name=str(stage["name"]), guided=stage["guided"], **whole, **lists)


# Of levels whose cells are eight, four and two pixels of the output. The last of several stages makes every
# pixel of the result, the one before it one in sixteen: so it is that one whose generator must be light. The
# discriminator is never needed again.
_WIDTHS = {"fast": (48, 32, 24), "standard": (64, 48, 32), "large": (128, 96, 64)}
_LIGHT_WIDTHS = {"fast": (24, 24, 16), "standard": (32, 32, 16), "large": (64, 64, 32)}
_BLOCKS, _LIGHT_BLOCKS = (2, 2, 2), (2, 2, 1)
# The layout of several stages draws its largest forms as smooth noise, on cells that are small beside them.
# From white noise on cells of twice the size it made small basins, straight-sided along rows and columns.
_LAYOUT_FACTOR, _LAYOUT_BLOCKS, _LAYOUT_REACHES = 4, (4, 3), (0, 1, 2, 4)
_LAYOUT_WIDTHS = {"fast": (48, 24), "standard": (64, 32), "large": (128, 64)}
# Judged by half as many channels, its ranges ran in pieces along rows and columns (docs/choices.md).
_LAYOUT_JUDGING_WIDTHS = {"fast": (64, 48), "standard": (96, 64), "large": (192, 128)}


def stage_of(
    preset: str, name: str, factor: int, guided: bool, patch: int, is_light: bool = False
) -> StageArchitecture:
    """Return a stage of a preset: fast, standard or large. A smaller factor drops the coarsest levels."""
    octaves = factor.bit_length() - 1
    return StageArchitecture(
        name,
        factor,
        guided,
        widths=(_LIGHT_WIDTHS if is_light else _WIDTHS)[preset][-octaves:],
        blocks=(_LIGHT_BLOCKS if is_light else _BLOCKS)[-octaves:],
        judging_widths=_WIDTHS[preset][-octaves:],
        latent_channels=8 if guided else 16,
        patch=patch,
    )


def layout_of(preset: str, patch: int) -> StageArchitecture:
    """Return the stage of a preset that makes the large forms of several stages."""
    return StageArchitecture(
        STAGE_NAMES[0],
        _LAYOUT_FACTOR,
        guided=False,
        widths=_LAYOUT_WIDTHS[preset],
        blocks=_LAYOUT_BLOCKS,
        judging_widths=_LAYOUT_JUDGING_WIDTHS[preset],
        patch=patch,
        latent_reaches=_LAYOUT_REACHES,
    )
