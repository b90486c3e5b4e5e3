# SPDX-License-Identifier: GPL-3.0-or-later
"""Parameters of the two algorithms as the tests give them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

#: The quickest training there is; what it makes is terrain only by name.
QUICK = {
    "MINUTES": 2,
    "EPOCHS": 0.001,
    "PRESET": "fast",
    "PIXEL_SIZE": 300,
    "PATCH_SIZE": 32,
    "BATCH_SIZE": 2,
}


def generation(
    model: Path, bounds: tuple[float, float, float, float], output: Path, **parameters: Any
) -> dict[str, Any]:
    """Return the parameters of `geogan:generate` for bounds in UTM zone 16; further parameters override."""
    return {
        "MODEL": str(model),
        "EXTENT": extent(bounds),
        "CRS": "EPSG:32616",
        "OUTPUT": str(output),
        **parameters,
    }


def extent(bounds: tuple[float, float, float, float], crs: str = "EPSG:32616") -> str:
    """Return (xmin, ymin, xmax, ymax) as Processing writes an extent."""
    xmin, ymin, xmax, ymax = bounds
    return f"{xmin!r},{xmax!r},{ymin!r},{ymax!r} [{crs}]"
