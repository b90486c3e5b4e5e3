# SPDX-License-Identifier: GPL-3.0-or-later
"""Terrain to write, and writing it, for the tests of what comes to lie on disk."""

from __future__ import annotations

import numpy as np
from geogan.rasters.grid import Lattice, Window
from geogan.rasters.writing.writer import TerrainWriter

CRS = "EPSG:32633"
TAGS = {"GEOGAN_MODEL": "alps", "GEOGAN_MODEL_SHA256": "ab" * 32, "GEOGAN_SEED": 7, "GEOGAN_VERSION": "0.1.0"}


def noise(window: Window, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(500, 200, (window.height, window.width)).astype(np.float32)


def crop(values: np.ndarray, window: Window, piece: Window) -> np.ndarray:
    top, left = piece.row - window.row, piece.col - window.col
    return values[top : top + piece.height, left : left + piece.width]


def write(path, window, values, size=30.0, progress=None, crs=CRS, **options):
    with TerrainWriter(path, window, Lattice(size), crs, tags=TAGS, **options) as writer:
        for piece in writer.pieces():
            writer.write(piece.row, piece.col, crop(values, window, piece))
        writer.close(progress)
