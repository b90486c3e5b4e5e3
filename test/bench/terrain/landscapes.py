# SPDX-License-Identifier: GPL-3.0-or-later
"""The landscapes: their DEMs, read as geogan:train reads them, and the part that no training sees."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from geogan.rasters.reading.alignment import align
from geogan.rasters.reading.areas import read_areas
from geogan.rasters.reading.source import describe_source
from geogan.realism.source_precision import guessed_precision
from osgeo import gdal, osr

HOLD_OUT_PERCENT = 15.0  # the default of geogan:train


class NoDems(Exception):  # noqa: N818 - says what is missing
    """The DEMs are not there; the text says what to do."""


@dataclass(frozen=True)
class Landscape:
    """One DEM of land that the bundled model was not trained on."""

    name: str
    title: str
    file: str
    pixel_size: float  # in metres, to train and to compare at
    like: str  # the landscape of the bundled model that is most like it


_ALL = (
    Landscape("bigtujunga", "Big Tujunga, California", "srtm1_bigtujunga_utm.tif", 30.0, "ridges"),
    Landscape("pyrenees", "Pyrenees, Andorra", "srtm3_N42E001_pyrenees_andorra.tif", 90.0, "mountains"),
    Landscape(
        "brindabella", "Brindabella, Australia", "srtm3_S36E149_canberra_brindabella.tif", 90.0, "ridges"
    ),
    Landscape("mandakini", "Mandakini, Himalaya", "srtm3_mandakini_utm.tif", 90.0, "mountains"),
    Landscape("sicily", "Sicily, with Etna", "srtm3_N37E014_sicily_central_etna.tif", 90.0, "hills"),
)
LANDSCAPES = {each.name: each for each in _ALL[:3]}  # that models are trained on
UNSEEN = {each.name: each for each in _ALL if each.pixel_size == 90.0}  # of the bundled model's pixel size


@dataclass(frozen=True)
class Land:
    """Heights of one landscape in metres, float32 (rows, cols), NaN for voids."""

    whole: list[np.ndarray]
    training: list[np.ndarray]
    held_out: list[np.ndarray]
    pixel_size: float
    precision: float  # of the DEM, in metres; see `guessed_precision`


def dem_folder(landscapes: Iterable[Landscape]) -> Path:
    """Return the folder that GEOGAN_DEMS names. Raises NoDems if that is not set or lacks a DEM."""
    named = os.environ.get("GEOGAN_DEMS")
    if not named:
        raise NoDems("Set GEOGAN_DEMS to the folder of the DEMs that test/bench/terrain/landscapes.py names.")
    missing = [each.file for each in landscapes if not (Path(named) / each.file).is_file()]
    if missing:
        raise NoDems(f"The folder {named} (GEOGAN_DEMS) lacks {', '.join(missing)}.")
    return Path(named)


def read_land(landscape: Landscape, dem: Path) -> Land:
    """Return the heights of a landscape's DEM; see `read_lands`."""
    return read_lands([dem], landscape.pixel_size)


def read_lands(dems: Iterable[Path], pixel_size: float, strips: Sequence[Any] | None = None) -> Land:
    """Return the heights of DEMs, aligned, cleaned and split as geogan:train does it.

    Args:
        dems: one an area.
        pixel_size: in metres.
        strips: what an earlier training held out of each area, as its model file says; None splits anew.

    Raises:
        GeoGanError: a DEM cannot be read.
    """
    from geogan.models.area import Area
    from geogan.models.training.hold_out import Strip, split_at, strips_to_hold_out  # these bring TensorFlow

    aligned = align([describe_source(str(dem), dem.stem) for dem in dems], pixel_size)
    areas = [Area(area.values) for area in read_areas(aligned)]
    if strips is None:
        places = strips_to_hold_out(areas, HOLD_OUT_PERCENT / 100)
    else:
        places = [plain and Strip.from_json(plain) for plain in strips]
    training, held_out = split_at(areas, places)
    whole = _values(areas)
    return Land(whole, _values(training), _values(held_out), pixel_size, guessed_precision(whole))


def write_metric(path: Path, heights: np.ndarray, pixel_size: float) -> None:
    """Write heights in metres (rows, cols) as a GeoTIFF with pixels of so many metres, anywhere."""
    utm = osr.SpatialReference()
    utm.ImportFromEPSG(32631)
    rows, cols = heights.shape
    layer = gdal.GetDriverByName("GTiff").Create(str(path), cols, rows, 1, gdal.GDT_Float32)
    layer.SetProjection(utm.ExportToWkt())
    layer.SetGeoTransform((500_000.0, pixel_size, 0.0, 4_500_000.0, 0.0, -pixel_size))
    layer.GetRasterBand(1).WriteArray(heights)
    layer.FlushCache()


def _values(areas: Iterable) -> list[np.ndarray]:
    return [area.values for area in areas]
