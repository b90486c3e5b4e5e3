# SPDX-License-Identifier: GPL-3.0-or-later
"""Ways to make a coarse layer finer, and how far from the real land the result is."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from geogan.rasters.reading.coarse import without_voids
from geogan.realism.comparison import Reference
from geogan.realism.source_precision import guessed_precision
from osgeo import gdal

from ...harness.programs import BUNDLED_MODEL, Profile, run_qgis_process
from .ensembles import ensemble
from .ground import FACTORS, Ground, ground_of, read

SEEDS = (0, 1, 2)
INTERPOLATIONS = {"bilinear": "bilinear", "bicubic": "cubic", "cubic spline": "cubicspline"}
OURS = "geogan:enhance"
ALONG = "geogan:generate along it"


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


def results(dem: Path, pixel_size: float, folder: Path) -> dict[str, list[Result]]:
    """Return the results of each factor and way by its name, one a seed where it has seeds."""
    profile = Profile.made_in(folder / "profile", worker=sys.executable)
    ground = ground_of(dem, pixel_size, profile, folder)
    found = {}
    for factor in FACTORS:
        (folder / str(factor)).mkdir()
        for name, of_seeds in _of_factor(ground, factor, folder / str(factor)).items():
            found[way(factor, name)] = of_seeds
    return found


def way(factor: int, name: str) -> str:
    """Return what a way to make land so many times finer is called."""
    return f"{factor} times: {name}"


def _of_factor(ground: Ground, factor: int, folder: Path) -> dict[str, list[Result]]:
    coarse, real = means_of(ground.real, factor, folder), read(ground.real)
    inside = ground.inside(real.shape, 8 * factor)
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
            compared.ratio("slope"),
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


def spread_over_error(lands: Sequence[np.ndarray], real: np.ndarray) -> float:
    """Return how far lands are from each other, over how far their mean is from the real land.

    1, where the real land might as well be one of them: then the mean square of the error is that of the
    deviation times (n + 1) / n for n lands (Fortin et al. 2014, J. Hydrometeorology 15).
    """
    count = len(lands)
    variance = np.nanmean(np.var(lands, axis=0, ddof=1)) * (count + 1) / count
    return float(np.sqrt(variance)) / root_mean_square(np.mean(lands, axis=0) - real)


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


def fill_from_around(layer: Path) -> None:
    """Fill the voids of a layer from around."""
    dataset = gdal.Open(str(layer), gdal.GA_Update)
    dataset.GetRasterBand(1).WriteArray(without_voids(read(layer).astype(np.float32), layer.stem))


def root_mean_square(errors: np.ndarray) -> float:
    """Return the root of the mean square, NaN left out."""
    return float(np.sqrt(np.nanmean(np.square(errors))))
