# SPDX-License-Identifier: GPL-3.0-or-later
"""The model file `NAME.geogan`: a ZIP of `model.json` and `weights.safetensors`.

Standard library only: this is the one module of `models/` that QGIS's side imports, to describe a model and
to check a file before it is sent to the worker. Nothing in a file is ever executed, and every size is checked
before anything is read. A checkpoint is a model file with `training.safetensors` beside: what is needed to go
on with the training.
"""

from __future__ import annotations

import hashlib
import io
import json
import math
import zipfile
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from ..errors import GeoGanError

SCHEMA = 3
CARD, WEIGHTS, TRAINING = "model.json", "weights.safetensors", "training.safetensors"
_COMPRESSIONS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)  # of a file that was zipped again, too
_MOST_BYTES = {CARD: 1 << 20, WEIGHTS: 1 << 30, TRAINING: 1 << 31}
UNNAMED = "terrain"  # the landscape of layers that name none
MOST_LANDSCAPES = 64
MOST_STAGES = 3
MOST_CONDITIONS = 64
_EPOCH = (1980, 1, 1, 0, 0, 0)  # of the members, so that equal models are equal files


class Refiner(NamedTuple):
    """What makes given land finer: a landscape, and the variety of its land (see `cascade.World`)."""

    landscape: str
    variety: float


class Condition(NamedTuple):
    """A guiding layer that a model was trained with: its name, and the mean and deviation of its numbers."""

    name: str
    mean: float
    deviation: float


@dataclass(frozen=True)
class ModelCard:
    """What `model.json` says of a model."""

    name: str
    kind: str  # "terrain"
    pixel_size: float  # of the result, in metres
    unit: str  # of the values: "m"
    value_range: tuple[float, float]  # lowest and highest value of the training layers
    stages: list[dict[str, Any]]  # architecture, statistics of the landscapes and steps, coarse to fine
    landscapes: list[str] = field(default_factory=lambda: [UNNAMED])  # that the model tells apart
    provenance: dict[str, Any] = field(default_factory=dict)  # layers, seed, time, versions, licence
    realism: dict[str, Any] | None = None  # scores against real terrain that the training did not see
    variety: list[float] = field(default_factory=list)  # of the land of each (see `cascade.World`); none: 1
    refiners: dict[int, Refiner] = field(
        default_factory=dict
    )  # the best by factor, where refining.py measured
    conditions: list[Condition] = field(default_factory=list)  # the guiding layers it must be given

    def __post_init__(self) -> None:
        low, high = self.value_range
        sound = (
            isinstance(self.name, str)
            and self.kind == "terrain"
            and isinstance(self.unit, str)
            and math.isfinite(self.pixel_size)
            and self.pixel_size > 0
            and math.isfinite(low)
            and math.isfinite(high)
            and low <= high
            and 1 <= len(self.stages) <= MOST_STAGES
            and isinstance(self.landscapes, list)
            and 1 <= len(set(self.landscapes)) == len(self.landscapes) <= MOST_LANDSCAPES
            and all(isinstance(name, str) and name for name in self.landscapes)
            and len(self.variety) in (0, len(self.landscapes))
            and all(0.0 <= each <= 1.0 for each in self.variety)
            and all(each.landscape in self.landscapes for each in self.refiners.values())
            and all(0.0 <= each.variety <= 1.0 for each in self.refiners.values())
            and len(self.conditions) <= MOST_CONDITIONS
            and all(isinstance(each.name, str) for each in self.conditions)
            and all(math.isfinite(each.mean) and 0 < each.deviation < math.inf for each in self.conditions)
            and isinstance(self.provenance, dict)
            and (self.realism is None or isinstance(self.realism, dict))
        )
        if not sound:
            raise ValueError("a value of model.json is out of its range")

    @property
    def steps(self) -> int:
        """Training steps of all stages together."""
        return sum(int(stage.get("steps", 0)) for stage in self.stages)

    def guide_factors(self) -> list[int]:
        """Return how many pixels wide the cells of a guide may be, largest first; [] where none can be given.

        Raises:
            GeoGanError: the description of the stages is damaged.
        """
        try:
            factors = [int(stage["architecture"]["factor"]) for stage in self.stages[1:]]
            return own_guide_factors(factors) if self.conditions else guide_factors(factors)
        except (KeyError, TypeError, ValueError, ZeroDivisionError) as error:
            raise GeoGanError("The model file's description of its networks is damaged.") from error

    def conditions_factor(self) -> int:
        """Return how many pixels wide the cells are on which guiding layers are given.

        Raises:
            GeoGanError: the description of the stages is damaged.
        """
        try:
            return int(self.stages[-1]["architecture"]["factor"])
        except (KeyError, TypeError, ValueError) as error:
            raise GeoGanError("The model file's description of its networks is damaged.") from error

    def mean_height(self, landscape: int) -> float:
        """Return the mean of the layers of a landscape, by its index.

        Raises:
            GeoGanError: the description of the stages is damaged.
        """
        return self._statistic(-1, landscape, "mean")

    def height_deviation(self, landscape: int) -> float:
        """Return the standard deviation of the large forms of a landscape, by its index.

        Raises:
            GeoGanError: the description of the stages is damaged.
        """
        return self._statistic(0, landscape, "low_deviation")

    def detail_deviation(self, landscape: int) -> float:
        """Return the standard deviation of all that the guided stages add to the layout of a landscape.

        Raises:
            GeoGanError: the description of the stages is damaged.
        """
        stages = range(1, len(self.stages))
        return math.hypot(*(self._statistic(stage, landscape, "band_deviations") for stage in stages))

    def _statistic(self, stage: int, landscape: int, name: str) -> float:
        """Return a number, of a list of deviations that of their sum."""
        try:
            found = self.stages[stage]["statistics"][landscape][name]
            return math.hypot(*found) if isinstance(found, list) else float(found)
        except (KeyError, IndexError, TypeError, ValueError) as error:
            raise GeoGanError("The model file's statistics are damaged.") from error

    def landscape_index(self, name: str | None) -> int:
        """Return the index of a landscape by its name, whatever its case; of the first where none is named.

        Raises:
            GeoGanError: the model knows no such landscape.
        """
        if not name:
            return 0
        wanted = name.strip().casefold()
        for index, known in enumerate(self.landscapes):
            if known.casefold() == wanted:
                return index
        raise GeoGanError(
            "The model knows no landscape {name}. It knows: {known}.",
            name=name,
            known=", ".join(self.landscapes),
        )


def packed(card: ModelCard, weights: bytes, training: bytes | None = None) -> bytes:
    """Return the model file's bytes; the same content gives the same bytes."""
    described = {"format": "geogan", "schema": SCHEMA, **card.__dict__}
    members = {CARD: json.dumps(described, indent=1, sort_keys=True).encode(), WEIGHTS: weights}
    if training is not None:
        members[TRAINING] = training
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for name, content in members.items():
            archive.writestr(zipfile.ZipInfo(name, _EPOCH), content)
    return buffer.getvalue()


def read_card(source: Path | str | bytes) -> ModelCard:
    """Return the card of a model file, given by path or as bytes.

    Raises:
        GeoGanError: not a model file, damaged, or of a newer schema.
    """
    try:
        card = json.loads(read_member(source, CARD))
        if card["format"] != "geogan":
            raise ValueError("another format")
        schema = card["schema"]
        if type(schema) is int and schema > SCHEMA:
            raise GeoGanError(
                "{file} was made by a newer GeoGAN (format {schema}, this one reads up to {known}). "
                "Update the plugin.",
                file=_name_of(source),
                schema=schema,
                known=SCHEMA,
            )
        if type(schema) is not int or schema < SCHEMA:
            raise GeoGanError(
                "{file} was made by an earlier GeoGAN, whose models cannot be read any more: train it again.",
                file=_name_of(source),
            )
        low, high = (float(value) for value in card["value_range"])
        return ModelCard(
            name=card["name"],
            kind=card["kind"],
            pixel_size=float(card["pixel_size"]),
            unit=card["unit"],
            value_range=(low, high),
            stages=[dict(stage) for stage in card["stages"]],
            landscapes=list(card["landscapes"]),
            variety=[float(each) for each in card.get("variety", [])],
            refiners=_refiners(card.get("refiners", {})),
            conditions=_conditions(card.get("conditions", [])),
            provenance=card["provenance"],
            realism=card["realism"],
        )
    except (KeyError, TypeError, ValueError, AttributeError, RecursionError, OverflowError) as error:
        raise _damaged(source) from error


def guide_factors(factors: Sequence[int]) -> list[int]:
    """Return how many pixels wide the cells of a guide may be, largest first, by the guided stages' factors.

    They are those of a stage, or half as wide where the last stage, one octave off (see guide.py), makes of
    such cells those of a stage, or pixels.
    """
    own = own_guide_factors(factors)
    halves = [cell // 2 for cell in own if cell > 2 and cell / factors[-1] in (1, *own)]
    return sorted({*own, *halves}, reverse=True)


def own_guide_factors(factors: Sequence[int]) -> list[int]:
    """Return how many pixels wide the cells are that guide a stage of their own size, largest first."""
    return [math.prod(factors[index:]) for index in range(len(factors))]


def _conditions(described: list[Any]) -> list[Condition]:
    return [Condition(name, float(mean), float(deviation)) for name, mean, deviation in described]


def _refiners(described: dict[str, Any]) -> dict[int, Refiner]:
    return {int(factor): Refiner(str(name), float(variety)) for factor, (name, variety) in described.items()}


def read_member(source: Path | str | bytes, name: str) -> bytes:
    """Return one member's bytes; its size is checked before it is read.

    Raises:
        GeoGanError: not a model file, or without that member, or larger than it may be.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(source) if isinstance(source, bytes) else source) as archive:
            unknown = set(archive.namelist()) - set(_MOST_BYTES)
            if unknown or len(archive.namelist()) != len(set(archive.namelist())):
                raise _damaged(source)
            found = archive.getinfo(name)
            declared = found.file_size
            if declared > _MOST_BYTES[name] or found.compress_type not in _COMPRESSIONS:
                raise _damaged(source)
            with archive.open(name) as member:
                content = member.read(declared + 1)
    except FileNotFoundError as error:
        raise GeoGanError("The model {file} does not exist.", file=_name_of(source)) from error
    except (OSError, KeyError, RuntimeError, EOFError, ValueError, zipfile.BadZipFile, zlib.error) as error:
        raise _damaged(source) from error
    if len(content) != declared:
        raise _damaged(source)
    return content


def sha256_of(content: bytes) -> str:
    """Return the checksum that stands in the tags of every raster that a model made."""
    return hashlib.sha256(content).hexdigest()


def _name_of(source: Path | str | bytes) -> str:
    return "The model" if isinstance(source, bytes) else Path(source).name


def _damaged(source: Path | str | bytes) -> GeoGanError:
    return GeoGanError(
        "{file} is not a GeoGAN model, or it is damaged. Choose another file.", file=_name_of(source)
    )
