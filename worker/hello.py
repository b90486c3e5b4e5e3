# SPDX-License-Identifier: GPL-3.0-or-later
"""What a worker says of itself once it is ready."""

from __future__ import annotations

from dataclasses import dataclass

from ..errors import TransientError
from .protocol import PROTOCOL_VERSION, Message

OTHER_PROTOCOL = (
    "The worker speaks version {theirs} of GeoGAN's protocol, this plugin speaks version {ours}. "
    'Restart QGIS, then run "Set up GeoGAN" from the Processing Toolbox.'
)


@dataclass(frozen=True)
class Device:
    """A device that TensorFlow sees: `kind` is "cpu" or "gpu"."""

    kind: str
    name: str


@dataclass(frozen=True)
class Hello:
    """What a worker says of itself.

    `device` is the kind that jobs run on unless they wish otherwise. Two workers with the same `arithmetic`,
    devices and packages compute the same bits.
    """

    protocol: int
    python: str
    tensorflow: str
    keras: str
    numpy: str
    devices: tuple[Device, ...]
    device: str
    why_no_gpu: str
    arithmetic: str
    pid: int
    platform: str

    @classmethod
    def from_message(cls, message: Message) -> Hello:
        """Read a `hello`. Raises TransientError if the worker speaks another version of the protocol."""
        theirs = message.fields.get("protocol")
        if theirs != PROTOCOL_VERSION:
            raise TransientError(OTHER_PROTOCOL, theirs=theirs, ours=PROTOCOL_VERSION)
        fields = {name: message.fields[name] for name in cls.__dataclass_fields__}
        fields["devices"] = tuple(Device(entry["kind"], entry["name"]) for entry in fields["devices"])
        return cls(**fields)
