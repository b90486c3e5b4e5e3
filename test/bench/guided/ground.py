# SPDX-License-Identifier: GPL-3.0-or-later
"""Real land as a raster, and a model of its pixel size that has not seen what is measured.

The bundled model makes land of its own pixel size. For land of another, a model is trained from it on half of
the land, and the other half is measured.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from geogan.models import model_file
from geogan.rasters.reading.alignment import align
from geogan.rasters.reading.source import describe_source
from osgeo import gdal

from ...harness.programs import BUNDLED_MODEL, Profile, run_qgis_process

FACTORS = (2, 4, 8)  # by which it is made coarser and finer again
TRAINED_MINUTES = 10.0
VOID = -32768.0
_START_AND_SCORES_S = 1800.0  # what a training may take beyond its minutes


@dataclass(frozen=True)
class Ground:
    """Land that is averaged, made finer and measured.

    Attributes:
        real: the land as a raster.
        pixel_size: of its pixels, in metres.
        profile: of QGIS.
        measured: its rows and columns that are measured.
        model: of this pixel size, which was not trained on these.
    """

    real: Path
    pixel_size: float
    profile: Profile
    measured: tuple[slice, slice] = (slice(None), slice(None))
    model: Path = BUNDLED_MODEL

    def inside(self, shape: tuple[int, int], margin: int) -> tuple[slice, slice]:
        """Return what is measured of a raster of this shape (rows, cols), without a margin.

        At the rim of the raster interpolation has nothing to go by, and beyond what is measured lies what the
        model has seen.
        """
        rows, cols = (part.indices(length) for part, length in zip(self.measured, shape))
        return slice(rows[0] + margin, rows[1] - margin), slice(cols[0] + margin, cols[1] - margin)


def ground_of(dem: Path, pixel_size: float, profile: Profile, folder: Path) -> Ground:
    """Return the land of a DEM, with the bundled model or, for other pixels, one trained on half of it."""
    real = real_layer(dem, pixel_size, folder)
    if pixel_size == model_file.read_card(BUNDLED_MODEL).pixel_size:
        return Ground(real, pixel_size, profile)
    learnt, measured = halves(read(real).shape)
    model = _trained(cut(real, learnt, folder / "learnt.tif"), pixel_size, profile, folder / "trained.geogan")
    return Ground(real, pixel_size, profile, measured, model)


def halves(shape: tuple[int, int]) -> tuple[tuple[slice, slice], tuple[slice, slice]]:
    """Return the rows and columns of both halves of a raster, cut across its longer side."""
    axis = int(np.argmax(shape))
    middle = shape[axis] // 2 // max(FACTORS) * max(FACTORS)
    first, second = [slice(None)] * 2, [slice(None)] * 2
    first[axis], second[axis] = slice(0, middle), slice(middle, shape[axis])
    return tuple(first), tuple(second)


def cut(layer: Path, part: tuple[slice, slice], path: Path) -> Path:
    """Write some rows and columns of a raster."""
    dataset = gdal.Open(str(layer))
    sides = (dataset.RasterYSize, dataset.RasterXSize)
    (row, row_stop, _), (col, col_stop, _) = (each.indices(side) for each, side in zip(part, sides))
    gdal.Translate(str(path), dataset, srcWin=[col, row, col_stop - col, row_stop - row])
    return path


def _trained(layer: Path, pixel_size: float, profile: Profile, model: Path) -> Path:
    """Train a model on a layer, from the bundled one."""
    parameters = {
        "LAYERS": [str(layer)],
        "BASE_MODEL": BUNDLED_MODEL,
        "MINUTES": TRAINED_MINUTES,
        "PIXEL_SIZE": pixel_size,
        "RESUME": False,
        "MODEL": model,
    }
    run_qgis_process(profile, "geogan:train", parameters, 60 * TRAINED_MINUTES + _START_AND_SCORES_S)
    return model


def real_layer(dem: Path, pixel_size: float, folder: Path) -> Path:
    """Write the land on its own metric grid, with as many rows and columns as all factors divide.

    It is moved by less than a pixel, so that its pixels are those of generated land.
    """
    (area,) = align([describe_source(str(dem), dem.stem)], pixel_size)
    width, height = (size // max(FACTORS) * max(FACTORS) for size in (area.width, area.height))
    path = folder / "real.tif"
    copy = gdal.Translate(str(path), gdal.Open(area.vrt), srcWin=[0, 0, width, height], noData=VOID)
    x, size, _, y, _, _ = copy.GetGeoTransform()
    copy.SetGeoTransform((round(x / size) * size, size, 0.0, round(y / size) * size, 0.0, -size))
    return path


def read(path: Path) -> np.ndarray:
    """Return band 1 as float64, NaN where void."""
    dataset = gdal.Open(str(path))
    band = dataset.GetRasterBand(1)
    values = band.ReadAsArray().astype(np.float64)
    return np.where((values == band.GetNoDataValue()) | np.isnan(values), np.nan, values)
