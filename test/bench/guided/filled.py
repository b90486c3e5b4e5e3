# SPDX-License-Identifier: GPL-3.0-or-later
"""Voids cut into real land and filled again, and how far the filling is from what was there."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from osgeo import gdal
from scipy.ndimage import laplace

from ...harness.programs import Profile, run_qgis_process
from .ground import VOID, read, real_layer
from .refined import root_mean_square

SEEDS = (0, 1, 2)
#: Radius and number of the round voids, in pixels.
SIZES = ((5, 60), (20, 12), (60, 3))
INTERPOLATED, OURS = "GDAL fillnodata", "geogan:fillvoids"
_DISTANCE_PX = 15  # from other voids


@dataclass(frozen=True)
class Filling:
    """How one way did on the voids of one size of one landscape."""

    height_error: float  # root mean square, in metres
    slope: float  # mean inside, over that of the real land there
    roughness: float  # mean size of the curvature inside, over that of the real land there
    pits: float  # share of pixels below all eight neighbours, over that of the real land there
    rim_step: float  # median step across the rim, over that of the real land there
    rim_bend: float  # median change of slope at the rim, over that of the real land there


def fillings(dem: Path, pixel_size: float, folder: Path) -> dict[str, list[Filling]]:
    """Return the results of each size of voids and way by its name, one a seed where it has seeds."""
    real_path = real_layer(dem, pixel_size, folder)
    real = read(real_path)
    voids = dict(place_voids(real.shape))
    holed = cut_voids(real_path, np.any(list(voids.values()), axis=0), folder)
    profile = Profile.made_in(folder / "profile", worker=sys.executable)
    ways = {INTERPOLATED: [read(_interpolated(holed, folder))]}
    ways[OURS] = [read(fill_voids(profile, holed, seed, folder)) for seed in SEEDS]
    return {
        way(radius, name): [_filling(made, real, mask, pixel_size) for made in of_seeds]
        for radius, mask in sorted(voids.items())
        for name, of_seeds in ways.items()
    }


def way(radius: int, name: str) -> str:
    """Return what a way to fill the voids of a radius is called."""
    return f"{dict(SIZES)[radius]} voids, {2 * radius} px wide: {name}"


def place_voids(shape: tuple[int, int]) -> Iterator[tuple[int, np.ndarray]]:
    """Yield the radius of voids and where they lie: at random, apart from each other."""
    random = np.random.default_rng(0)
    taken = np.zeros(shape, bool)
    for radius, count in reversed(SIZES):
        reach = radius + _DISTANCE_PX
        distance = np.hypot(*np.mgrid[-reach : reach + 1, -reach : reach + 1])
        mask = np.zeros(shape, bool)
        placed = 0
        while placed < count:
            row, col = (int(random.integers(reach, side - reach)) for side in shape)
            around = (slice(row - reach, row + reach + 1), slice(col - reach, col + reach + 1))
            if not (taken[around] & (distance <= reach)).any():
                mask[around] |= distance < radius
                taken[around] |= distance < radius
                placed += 1
        yield radius, mask


def cut_voids(fine: Path, is_void: np.ndarray, folder: Path) -> Path:
    path = Path(shutil.copy(fine, folder / "holed.tif"))
    dataset = gdal.Open(str(path), gdal.GA_Update)
    values = dataset.ReadAsArray()
    dataset.GetRasterBand(1).WriteArray(np.where(is_void, np.float32(VOID), values))
    return path


def _interpolated(holed: Path, folder: Path) -> Path:
    path = Path(shutil.copy(holed, folder / "fillnodata.tif"))
    dataset = gdal.Open(str(path), gdal.GA_Update)
    gdal.FillNodata(dataset.GetRasterBand(1), None, 500, 0)
    return path


def fill_voids(profile: Profile, holed: Path, seed: int, folder: Path) -> Path:
    path = folder / f"filled {seed}.tif"
    run_qgis_process(profile, "geogan:fillvoids", {"INPUT": holed, "SEED": seed, "OUTPUT": path})
    return path


def _filling(made: np.ndarray, real: np.ndarray, mask: np.ndarray, pixel_size: float) -> Filling:
    """Compare where the real land is known: the survey has voids of its own."""
    made_slope, real_slope = (np.hypot(*np.gradient(each, pixel_size)) for each in (made, real))
    made_bend, real_bend = (np.abs(laplace(each)) for each in (made, real))
    known = mask & np.isfinite(real_slope) & np.isfinite(made_slope) & np.isfinite(real_bend + made_bend)
    pits = [_is_pit(each)[known].mean() for each in (made, real)]
    compared = [np.where(np.isnan(real), np.nan, each) for each in (made, real)]
    steps = [np.nanmedian(steps_across(each, mask)) for each in compared]
    bends = [np.nanmedian(bends_at(each, mask)) for each in compared]
    return Filling(
        root_mean_square((made - real)[known]),
        float(made_slope[known].mean() / real_slope[known].mean()),
        float(made_bend[known].mean() / real_bend[known].mean()),
        float(pits[0] / pits[1]),
        float(steps[0] / steps[1]),
        float(bends[0] / bends[1]),
    )


def _is_pit(land: np.ndarray) -> np.ndarray:
    wide = np.pad(land, 1, constant_values=-np.inf)
    rows, cols = land.shape
    around = [
        wide[1 + i : 1 + i + rows, 1 + j : 1 + j + cols] for i in (-1, 0, 1) for j in (-1, 0, 1) if i or j
    ]
    return land < np.min(around, axis=0)


def steps_across(land: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """Return the sizes of the steps between neighbours of which one lies in the mask."""
    pairs = zip(_lines(land), _lines(mask))
    return np.concatenate(
        [np.abs(np.diff(heights, axis=1))[inside[:, 1:] != inside[:, :-1]] for heights, inside in pairs]
    )


def bends_at(land: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """Return by how much the slope changes, in height a pixel, over three pixels that the rim divides."""
    pairs = zip(_lines(land), _lines(mask))
    return np.concatenate(
        [np.abs(np.diff(heights, 2, axis=1))[inside[:, 2:] != inside[:, :-2]] for heights, inside in pairs]
    )


def _lines(field: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return field, field.T
