# SPDX-License-Identifier: GPL-3.0-or-later
"""Ways to make a coarse layer finer, and how far from the real land the result is.

The bundled model makes land of its own pixel size. For land of another, a model is trained from it on half of
the land, and the other half is measured.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from geogan.models import model_file
from geogan.rasters.alignment import align
from geogan.rasters.coarse import without_voids
from geogan.rasters.source import describe_source
from geogan.realism.comparison import SMALLEST_DISTANCE, Comparison, Reference
from geogan.realism.source_precision import guessed_precision
from osgeo import gdal

from ...harness.programs import BUNDLED_MODEL, Profile, run_qgis_process
from .ensembles import ensemble

FACTORS = (2, 4, 8)
SEEDS = (0, 1, 2)
INTERPOLATIONS = {"bilinear": "bilinear", "bicubic": "cubic", "cubic spline": "cubicspline"}
OURS = "geogan:enhance"
ALONG = "geogan:generate along it"
TRAINED_MINUTES = 10.0
HELD_OUT_PERCENT = 50.0
VOID = -32768.0
_START_AND_SCORES_S = 1800.0  # what a training may take beyond its minutes


@dataclass(frozen=True)
class Result:
    """How one way did on one landscape: its distance from the real land, pixel by pixel and as land."""

    height_error: float  # root mean square, in metres
    slope_error: float  # root mean square of the slope's, metres per metre
    slope: float  # mean, over that of the real land
    slope_distribution: float  # its distance from the real one, over that of real parts from each other
    texture: float
    land: float
    spread: float | None = None  # of the seeds, see `spread_over_error`; None for a way without seeds


@dataclass(frozen=True)
class Ground:
    """Land that is averaged, made finer and measured.

    Attributes:
        real: the land as a raster.
        pixel_size: of its pixels, in metres.
        profile: of QGIS.
        measured: its rows and columns that are measured.
        model: of this pixel size.
    """

    real: Path
    pixel_size: float
    profile: Profile
    measured: tuple[slice, slice] = (slice(None), slice(None))
    model: Path = BUNDLED_MODEL


def results(dem: Path, pixel_size: float, folder: Path) -> dict[str, list[Result]]:
    """Return the results of each factor and way by its name, one a seed where it has seeds."""
    profile = Profile.made_in(folder / "profile", worker=sys.executable)
    ground = Ground(real_layer(dem, pixel_size, folder), pixel_size, profile)
    if pixel_size != model_file.read_card(BUNDLED_MODEL).pixel_size:
        ground = _trained_on_half_of(ground, folder / "trained.geogan")
    found = {}
    for factor in FACTORS:
        (folder / str(factor)).mkdir()
        for name, of_seeds in _of_factor(ground, factor, folder / str(factor)).items():
            found[way(factor, name)] = of_seeds
    return found


def _trained_on_half_of(ground: Ground, model: Path) -> Ground:
    """Train a model on half of the land; return the land with that model, its other half to be measured."""
    from geogan.models.hold_out import Strip  # here, because it brings TensorFlow

    parameters = {
        "LAYERS": [str(ground.real)],
        "BASE_MODEL": BUNDLED_MODEL,
        "MINUTES": TRAINED_MINUTES,
        "PIXEL_SIZE": ground.pixel_size,
        "HOLD_OUT": HELD_OUT_PERCENT,
        "RESUME": False,
        "MODEL": model,
    }
    run_qgis_process(ground.profile, "geogan:train", parameters, 60 * TRAINED_MINUTES + _START_AND_SCORES_S)
    (strip,) = model_file.read_card(model).provenance["held_out"]
    return replace(ground, measured=Strip.from_json(strip).where(), model=model)


def way(factor: int, name: str) -> str:
    """Return what a way to make land so many times finer is called."""
    return f"{factor} times: {name}"


def _of_factor(ground: Ground, factor: int, folder: Path) -> dict[str, list[Result]]:
    coarse, real = means_of(ground.real, factor, folder), read(ground.real)
    inside = _inside(ground.measured, real.shape, 8 * factor)
    reference = Reference([real[inside]], ground.pixel_size, guessed_precision([real]))

    def result(land: np.ndarray, spread: float | None = None) -> Result:
        values = land[inside]
        both = ~np.isnan(values) & ~np.isnan(real[inside])
        made, was = np.where(both, values, np.nan), np.where(both, real[inside], np.nan)
        slopes = [np.hypot(*np.gradient(each, ground.pixel_size)) for each in (made, was)]
        compared = reference.compare([made])
        return Result(
            root_mean_square(made - was),
            root_mean_square(slopes[0] - slopes[1]),
            float(np.nanmean(slopes[0]) / np.nanmean(slopes[1])),
            over_floor(compared, "slope"),
            compared.texture,
            compared.land,
            spread,
        )

    found = {
        name: [result(read(interpolate(coarse, ground.real, method, folder)))]
        for name, method in INTERPOLATIONS.items()
    }
    enhanced = [read(enhance(ground.profile, coarse, seed, folder, ground.model)) for seed in SEEDS]
    fill_from_around(coarse)  # land can follow nothing else
    whole = (slice(0, real.shape[0]), slice(0, real.shape[1]))
    asked = {"REALISATIONS": len(SEEDS), "SEED": SEEDS[0], "MODEL": ground.model}
    along = ensemble(ground.profile, coarse, ground.real, whole, folder, **asked)
    for name, lands in ((OURS, enhanced), (ALONG, along)):
        spread = spread_over_error([land[inside] for land in lands], real[inside])
        found[name] = [result(land, spread) for land in lands]
    return found


def _inside(measured: tuple[slice, slice], shape: tuple[int, ...], margin: int) -> tuple[slice, slice]:
    """Return what is measured without a margin at the rim, where interpolation has nothing to go by."""
    ranges = [part.indices(length)[:2] for part, length in zip(measured, shape)]
    first, last = [slice(start + margin, end - margin) for start, end in ranges]
    return first, last


def spread_over_error(lands: Sequence[np.ndarray], real: np.ndarray) -> float:
    """Return how far lands are from each other, over how far their mean is from the real land.

    1, where the real land might as well be one of them: then the mean square of the error is that of the
    deviation times (n + 1) / n for n lands (Fortin et al. 2014, J. Hydrometeorology 15).
    """
    count = len(lands)
    variance = np.nanmean(np.var(lands, axis=0, ddof=1)) * (count + 1) / count
    return float(np.sqrt(variance)) / root_mean_square(np.mean(lands, axis=0) - real)


def over_floor(compared: Comparison, measure: str) -> float:
    """Return the distance of one measure over its floor, as it counts in the scores."""
    return (compared.distances[measure] + SMALLEST_DISTANCE) / (compared.floors[measure] + SMALLEST_DISTANCE)


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


def means_of(real: Path, factor: int, folder: Path) -> Path:
    """Write the means over `factor` x `factor` pixels."""
    path = folder / "means.tif"
    size = factor * gdal.Open(str(real)).GetGeoTransform()[1]
    gdal.Warp(str(path), str(real), xRes=size, yRes=size, resampleAlg="average")
    return path


def interpolate(coarse: Path, real: Path, method: str, folder: Path) -> Path:
    path, like = folder / f"{method}.tif", gdal.Open(str(real))
    x, size, _, y, _, _ = like.GetGeoTransform()
    bounds = (x, y - like.RasterYSize * size, x + like.RasterXSize * size, y)
    gdal.Warp(str(path), str(coarse), outputBounds=bounds, xRes=size, yRes=size, resampleAlg=method)
    return path


def enhance(profile: Profile, coarse: Path, seed: int, folder: Path, model: Path = BUNDLED_MODEL) -> Path:
    path = folder / f"enhanced {seed}.tif"
    asked = {"INPUT": coarse, "SEED": seed, "MODEL": model, "OUTPUT": path}
    run_qgis_process(profile, "geogan:enhance", asked)
    return path


def read(path: Path) -> np.ndarray:
    """Return band 1 as float64, NaN where void."""
    dataset = gdal.Open(str(path))
    band = dataset.GetRasterBand(1)
    values = band.ReadAsArray().astype(np.float64)
    return np.where((values == band.GetNoDataValue()) | np.isnan(values), np.nan, values)


def fill_from_around(layer: Path) -> None:
    """Fill the voids of a layer from around."""
    dataset = gdal.Open(str(layer), gdal.GA_Update)
    dataset.GetRasterBand(1).WriteArray(without_voids(read(layer).astype(np.float32), layer.stem))


def root_mean_square(errors: np.ndarray) -> float:
    """Return the root of the mean square, NaN left out."""
    return float(np.sqrt(np.nanmean(np.square(errors))))
