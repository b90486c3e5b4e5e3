# SPDX-License-Identifier: GPL-3.0-or-later
"""A coarse layer of hills, and land to be fitted to it."""

from __future__ import annotations

import numpy as np
from geogan.rasters.grid import Lattice, Window
from geogan.rasters.writing.writer import TerrainWriter

AT_AN_ODD_PLACE = (400_123.25, 360.0, 0, -5_000_050.5, 0, -360.0)


def hills(height=20, width=30):
    """Return heights, float32 (height, width)."""
    rows, cols = np.mgrid[0:height, 0:width]
    return (800 + 5 * rows + 60 * np.sin(cols / 3)).astype(np.float32)


def write_land(path, layer, size):
    """Write rough land that covers the layer, of pixels of a size, as the worker would."""
    lattice = Lattice(size, layer.cells.origin)
    window = lattice.window_of(*layer.cells.bounds(layer.window))
    wide = Window(window.row - 4, window.col - 4, window.height + 8, window.width + 8)
    land = np.random.default_rng(1).normal(850.0, 20.0, (wide.height, wide.width)).astype(np.float32)
    with TerrainWriter(path, wide, lattice, "EPSG:32633") as writer:
        for piece in writer.pieces():
            top, left = piece.row - wide.row, piece.col - wide.col
            writer.write(piece.row, piece.col, land[top : top + piece.height, left : left + piece.width])
        writer.close()
