# SPDX-License-Identifier: GPL-3.0-or-later
"""The model that comes with GeoGAN, and what stands for it where a model is asked for."""

from __future__ import annotations

from pathlib import Path

from ..errors import GeoGanError
from .algorithm import RESOURCES

BUNDLED_MODEL = RESOURCES / "pretrained" / "terrain.geogan"


def model_path(named: str) -> Path:
    """Return the model file that a user named.

    An empty name is the bundled model. So is its own name without a folder, where there is no such file:
    nobody should have to look for the plugin's folder.
    """
    file = Path(named or BUNDLED_MODEL)
    return BUNDLED_MODEL if named == BUNDLED_MODEL.name and not file.exists() else file


def missing_model(named: str) -> GeoGanError | None:
    """Return why there is no model to use, or None."""
    if named or BUNDLED_MODEL.is_file():
        return None
    return GeoGanError(
        "This copy of GeoGAN comes without its bundled model: choose a MODEL that Train GeoGAN made."
    )
