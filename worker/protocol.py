# SPDX-License-Identifier: GPL-3.0-or-later
"""The frames that cross the pipe between QGIS and the worker.

A frame is one line of UTF-8 JSON (the header), then the raw bytes of its arrays, little-endian, in C order,
one after the other as the header lists them:

    {"type": "block", "job": 3, "row": 0, "col": 512,
     "arrays": [{"name": "values", "dtype": "<f4", "shape": [256, 256]}]}        (on one line)
    <262144 bytes>

Sizes are checked before anything is allocated. Standard library and NumPy only: this runs on both sides.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, BinaryIO

import numpy as np

from ..errors import GeoGanError

PROTOCOL_VERSION = 1
MAX_HEADER_BYTES = 1 << 20
MAX_ARRAY_BYTES = 2 << 30  # all arrays of one frame together
MAX_DIMENSIONS = 8
DTYPES = frozenset(["|b1", "|i1", "|u1", "<i2", "<u2", "<i4", "<u4", "<i8", "<u8", "<f2", "<f4", "<f8"])

# Big arrays move in pieces, so that the reader can note signs of life while a slow link delivers one.
CHUNK_BYTES = 1 << 20


class ProtocolError(GeoGanError):
    """What came over the pipe is no frame, or a frame beyond the limits."""


@dataclass(frozen=True, eq=False)
class Message:
    """One message: its type, its plain fields (what JSON can say) and its arrays by name."""

    type: str
    fields: Mapping[str, Any] = field(default_factory=dict)
    arrays: Mapping[str, np.ndarray] = field(default_factory=dict)


@dataclass(frozen=True)
class _ArraySpec:
    """The entry of one array in a header, checked."""

    name: str
    dtype: np.dtype
    shape: tuple[int, ...]

    @property
    def size_bytes(self) -> int:
        # Zeros count as one: NumPy refuses (0, 2**62) as well, so such a shape is held to the same limit.
        return math.prod(max(length, 1) for length in self.shape) * self.dtype.itemsize


def frame_pieces(message: Message) -> list[bytes | memoryview]:
    """Return the frame of a message, in pieces to be written one after the other.

    Raises ProtocolError for a message beyond the limits or an array of a type not in DTYPES.
    """
    arrays = {name: _little_endian(array) for name, array in message.arrays.items()}
    specs = [{"name": name, "dtype": a.dtype.str, "shape": list(a.shape)} for name, a in arrays.items()]
    _check_specs([_array_spec(spec) for spec in specs])
    pieces: list[bytes | memoryview] = [_header(message, specs)]
    for array in arrays.values():
        view = _bytes_of(array)
        pieces += [view[start : start + CHUNK_BYTES] for start in range(0, len(view), CHUNK_BYTES)]
    return pieces


def write_message(stream: BinaryIO, message: Message) -> None:
    """Write one frame and flush it. Each stream has one writer, or a lock around it.

    Raises ProtocolError as `frame_pieces` does, before the first byte.
    """
    for piece in frame_pieces(message):
        stream.write(piece)
    stream.flush()


def read_message(stream: BinaryIO) -> Message | None:
    """Read one frame; None where the stream ends cleanly between two frames.

    Raises ProtocolError for a frame that is cut off, malformed or beyond the limits.
    """
    line = stream.readline(MAX_HEADER_BYTES + 1)
    if not line:
        return None
    header = _parse_header(line)
    specs = [_array_spec(entry) for entry in header.pop("arrays")]
    _check_specs(specs)
    return Message(header.pop("type"), header, {spec.name: _read_array(stream, spec) for spec in specs})


def _header(message: Message, specs: list[dict]) -> bytes:
    reserved = {"type", "arrays"}.intersection(message.fields)
    if reserved:
        raise ValueError(f"Fields of a message may not be called {sorted(reserved)}")
    header = {"type": message.type, **message.fields, "arrays": specs}
    line = json.dumps(header, ensure_ascii=False, default=_plain).encode() + b"\n"
    if len(line) > MAX_HEADER_BYTES:
        raise ProtocolError(
            "The header of a {type} message has {size} bytes; {limit} are allowed.",
            type=message.type, size=len(line), limit=MAX_HEADER_BYTES,
        )  # fmt: skip
    return line


def _plain(value: Any) -> Any:
    """Let NumPy's scalars pass as JSON numbers."""
    if isinstance(value, np.generic):
        return value.item()
    raise TypeError(f"A message cannot hold a {type(value).__name__}")


def _parse_header(line: bytes) -> dict:
    if not line.endswith(b"\n"):
        if len(line) > MAX_HEADER_BYTES:
            raise ProtocolError("A message's header is longer than {limit} bytes.", limit=MAX_HEADER_BYTES)
        raise ProtocolError("A message was cut off in its header.")
    try:
        header = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise ProtocolError("Not a message: {start}", start=_excerpt(line)) from error
    well_formed = (
        isinstance(header, dict)
        and isinstance(header.get("type"), str)
        and isinstance(header.setdefault("arrays", []), list)
    )
    if not well_formed:
        raise ProtocolError("Not a message: {start}", start=_excerpt(line))
    return header


def _excerpt(line: bytes) -> str:
    return repr(line[:80].decode("utf-8", "replace").strip())


def _array_spec(entry: Any) -> _ArraySpec:
    """Check one entry of a header's list of arrays."""
    try:
        name, dtype, shape = entry["name"], entry["dtype"], entry["shape"]
        well_formed = (
            isinstance(name, str)
            and dtype in DTYPES
            and len(shape) <= MAX_DIMENSIONS
            and all(type(length) is int and length >= 0 for length in shape)
        )
    except (TypeError, KeyError):
        well_formed = False
    if not well_formed:
        raise ProtocolError(
            "A message describes an array that is not allowed: {entry}", entry=str(entry)[:120]
        )
    return _ArraySpec(name, np.dtype(dtype), tuple(shape))


def _check_specs(specs: list[_ArraySpec]) -> None:
    if len({spec.name for spec in specs}) < len(specs):
        raise ProtocolError("A message names two arrays alike.")
    size = sum(spec.size_bytes for spec in specs)
    if size > MAX_ARRAY_BYTES:
        raise ProtocolError(
            "A message has arrays of {size} bytes; {limit} are allowed.", size=size, limit=MAX_ARRAY_BYTES
        )


def _little_endian(array: Any) -> np.ndarray:
    array = np.asarray(array)
    # ascontiguousarray would turn a scalar into a vector; require keeps the shape.
    return np.require(array, dtype=array.dtype.newbyteorder("<"), requirements="C")


def _bytes_of(array: np.ndarray) -> memoryview:
    """Return the memory of a C-ordered array, not a copy."""
    return memoryview(array.reshape(-1).view(np.uint8))


def _read_array(stream: BinaryIO, spec: _ArraySpec) -> np.ndarray:
    array = np.empty(spec.shape, spec.dtype)
    view = _bytes_of(array)
    start = 0
    while start < len(view):
        count = stream.readinto(view[start : start + CHUNK_BYTES])
        if not count:
            raise ProtocolError("A message was cut off in its array {name}.", name=spec.name)
        start += count
    return array
