# SPDX-License-Identifier: GPL-3.0-or-later
"""Model files that are zipped by hand, as others might make them."""

from __future__ import annotations

import io
import json
import zipfile

from geogan.models import model_file
from geogan.models.model_file import read_member

NOT_A_MODEL = "is not a GeoGAN model, or it is damaged"


def zipped(**members: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def with_card(model: bytes, **changes) -> bytes:
    described = json.loads(read_member(model, model_file.CARD))
    described.update(changes)
    return zipped(**{"model.json": json.dumps(described).encode(), "weights.safetensors": b""})
