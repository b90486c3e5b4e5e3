# SPDX-License-Identifier: GPL-3.0-or-later
"""The model file `NAME.geogan`: a ZIP of `model.json` and `weights.safetensors`.

Standard library only: QGIS's side imports it too, to describe a model and to check a file before it is sent
to the worker. Nothing in a file is ever executed, and every size is checked before anything is read. A
checkpoint is a model file with `training.safetensors` beside: what is needed to go on with the training.
"""

from __future__ import annotations

import hashlib
import io
import json
import struct
import zipfile
import zlib
from pathlib import Path
from typing import Any

from ..errors import GeoGanError
from .model_card import Condition, ModelCard, Refiner

SCHEMA = 3
CARD, WEIGHTS, TRAINING = "model.json", "weights.safetensors", "training.safetensors"
_COMPRESSIONS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)  # of a file that was zipped again, too
_MOST_BYTES = {CARD: 1 << 20, WEIGHTS: 1 << 30, TRAINING: 1 << 31}
_MOST_OF_ALL = sum(_MOST_BYTES.values()) + (1 << 20)
_RECORD_BYTES = 22  # of a ZIP's directory; a comment may follow
_END_BYTES = _RECORD_BYTES + (1 << 16)
_EPOCH = (1980, 1, 1, 0, 0, 0)  # of the members, so that equal models are equal files


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
        json.dumps(card, ensure_ascii=False).encode()  # JSON can hold what is no text anywhere else
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


def _conditions(described: list[Any]) -> list[Condition]:
    return [Condition(name, float(mean), float(deviation)) for name, mean, deviation in described]


def _refiners(described: dict[str, Any]) -> dict[int, Refiner]:
    return {int(factor): Refiner(str(name), *map(float, rest)) for factor, (name, *rest) in described.items()}


def read_model(file: Path) -> bytes:
    """Return a model file's bytes; raises GeoGanError where it cannot be read, or is larger than any is."""
    try:
        if file.stat().st_size > _MOST_OF_ALL:
            raise _damaged(file)
        return file.read_bytes()
    except OSError as error:
        raise GeoGanError("The model {file} cannot be read.", file=file.name) from error


def read_member(source: Path | str | bytes, name: str) -> bytes:
    """Return one member's bytes; its size is checked before it is read.

    Raises:
        GeoGanError: not a model file, or without that member, or larger than it may be.
    """
    try:
        _check_directory(source)
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


def _check_directory(source: Path | str | bytes) -> None:
    """Raise ValueError for a ZIP whose directory is larger than a model's: Python would keep all entries.

    The record at the end of a ZIP says how many there are, and their size. With the mark before it, another
    record says so, as in files of more than 2 GiB.
    """
    size, end = _end_of(source)
    at = end.rfind(b"PK\5\6")
    is_whole = 0 <= at <= len(end) - _RECORD_BYTES and not end[max(0, at - 20) :].startswith(b"PK\6\7")
    entries, directory_bytes = struct.unpack_from("<HI", end, at + 10) if is_whole else (0, 0)
    if size > _MOST_OF_ALL or not 0 < entries <= len(_MOST_BYTES) or directory_bytes > _END_BYTES:
        raise ValueError("no directory of a model")


def _end_of(source: Path | str | bytes) -> tuple[int, bytes]:
    """Return the size of a file, and as much of its end as a ZIP's last record may take."""
    if isinstance(source, bytes):
        return len(source), source[-_END_BYTES:]
    with Path(source).open("rb") as file:
        size = file.seek(0, io.SEEK_END)
        file.seek(max(0, size - _END_BYTES))
        return size, file.read()


def sha256_of(content: bytes) -> str:
    """Return the checksum that stands in the tags of every raster that a model made."""
    return hashlib.sha256(content).hexdigest()


def _name_of(source: Path | str | bytes) -> str:
    return "The model" if isinstance(source, bytes) else Path(source).name


def _damaged(source: Path | str | bytes) -> GeoGanError:
    return GeoGanError(
        "{file} is not a GeoGAN model, or it is damaged. Choose another file.", file=_name_of(source)
    )
