# SPDX-License-Identifier: GPL-3.0-or-later
"""A raster whose writing breaks off, and what is read of it."""

from __future__ import annotations

from itertools import islice

import numpy as np
import pytest
from geogan.rasters.grid import Lattice, Window
from geogan.rasters.writing.writer import TerrainWriter
from osgeo import gdal

CRS = "EPSG:32633"
RUN = {"seed": 7}
WINDOW = Window(-300, -700, 900, 1100)


class Interruption(Exception):  # noqa: N818 - says what happened
    """Something that has nothing to do with the file, such as a worker that died."""


def land(piece: Window) -> np.ndarray:
    rows, cols = np.mgrid[piece.row : piece.row_stop, piece.col : piece.col_stop]
    return (1000 * np.sin(rows / 31) + 7 * (cols % 57)).astype(np.float32)


def pieces_of_bands(writer):
    for band in writer.bands():
        for piece in writer.pieces():
            yield band, piece


def write(path, window=WINDOW, pieces=None, progress=None, crs=CRS, **options) -> list[Window]:
    """Write `pieces` pieces and break off, or all and close; return those that were asked for."""
    asked = []
    options = {"run": RUN, "panel_width": 512, **options}
    with TerrainWriter(path, window, Lattice(30.0), crs, **options) as writer:
        for band, piece in islice(pieces_of_bands(writer), pieces):
            asked.append(piece)
            writer.write(piece.row, piece.col, band * land(piece))
        if pieces is not None:
            raise Interruption
        writer.close(progress)
    return asked


def interrupt(path, pieces=5, **options) -> None:
    with pytest.raises(Interruption):
        write(path, pieces=pieces, **options)


def read(path, band=1) -> np.ndarray:
    dataset = gdal.Open(str(path))  # a band does not keep it alive
    return dataset.GetRasterBand(band).ReadAsArray()


def stored_statistics(path, band=1) -> list[float]:
    dataset = gdal.Open(str(path))
    return dataset.GetRasterBand(band).GetStatistics(False, False)
