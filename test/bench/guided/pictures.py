# SPDX-License-Identifier: GPL-3.0-or-later
"""The pictures of docs/guided.md that show what becomes of real land."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from geogan.realism.figure_maps import hillshade
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from PIL import Image

from ...harness.programs import Profile
from .drawn import SIDE_PX, Line, make_land, sketch_of, write_middle, write_sketch
from .ensembles import ensemble
from .filled import cut_voids, fill_voids, place_voids
from .ground import read, real_layer
from .refined import enhance, fill_from_around, interpolate, means_of

GAP_PX = 8
_CROP_PX = 400
_STEP_PX = 48  # whole cells of the guide of an ensemble
_FACTOR = 4  # of the layer that is made finer
_CELL_PX = 16  # of the guide of an ensemble: the valleys and all that is finer are the model's
_ENSEMBLE = {"REALISATIONS": 8, "SPREAD": "true", "VARIETY": 1, "SEED": 1}
_EXAGGERATION = 1.5
_DPI = 100
_PURPLES = LinearSegmentedColormap.from_list("deviation", ["#fcfbfd", "#9e9ac8", "#54278f"])
_TINTS = LinearSegmentedColormap.from_list("heights", ["#88b383", "#dcd9a8", "#c9a27a", "#9a7f70", "#f6f4f2"])


def draw(dem: Path, pixel_size: float, folder: Path, images: Path) -> None:
    """Write enhance.png, ensemble.png, fillvoids.png and sketch.png, each three panels."""
    profile = Profile.made_in(folder / "profile", worker=sys.executable)
    real = real_layer(dem, pixel_size, folder)
    write(enhanced(profile, real, pixel_size, folder), images / "enhance.png")
    write(several(profile, real, pixel_size, folder), images / "ensemble.png")
    write(filled(profile, real, pixel_size, folder), images / "fillvoids.png")
    write(sketched(profile, write_middle(dem, pixel_size, folder), pixel_size, folder), images / "sketch.png")


def enhanced(profile: Profile, real_path: Path, pixel_size: float, folder: Path) -> list[np.ndarray]:
    """Return a coarse layer interpolated, made finer, and the real land."""
    real, coarse = read(real_path), means_of(real_path, _FACTOR, folder)
    smooth, refined = interpolate(coarse, real_path, "bilinear", folder), enhance(profile, coarse, 0, folder)
    crop = best_crop(np.isfinite(real).astype(float))
    return [grey(each[crop], pixel_size) for each in (read(smooth), read(refined), real)]


def several(profile: Profile, real_path: Path, pixel_size: float, folder: Path) -> list[np.ndarray]:
    """Return a guide, one land along it, and how far several differ."""
    guide, is_known = means_of(real_path, _CELL_PX, folder), np.isfinite(read(real_path))
    fill_from_around(guide)
    within = slice(_CELL_PX, -_CELL_PX)  # its last cells may be incomplete
    inside = np.pad(is_known[within, within], _CELL_PX)
    crop = best_crop(inside.astype(float))
    lands = ensemble(profile, guide, real_path, crop, folder, **_ENSEMBLE)
    given = np.kron(read(guide), np.ones((_CELL_PX, _CELL_PX)))[crop]
    heights = np.percentile(given, [1, 99])
    return [_colours(given, heights), tinted(lands[0], pixel_size, heights), uncertain(lands[-1])]


def filled(profile: Profile, real_path: Path, pixel_size: float, folder: Path) -> list[np.ndarray]:
    """Return a layer with voids, the same filled, and what was there."""
    real = read(real_path)
    is_cut = np.any(list(dict(place_voids(real.shape)).values()), axis=0)
    holed = cut_voids(real_path, is_cut, folder)
    crop = best_crop(np.isfinite(real) + 0.5 * is_cut)
    panels = [read(path)[crop] for path in (holed, fill_voids(profile, holed, 0, folder))]
    return [grey(each, pixel_size) for each in (*panels, real[crop])]


def sketched(profile: Profile, middle: Path, pixel_size: float, folder: Path) -> list[np.ndarray]:
    """Return a sketch of real land, land made of it, and the real land."""
    real = read(middle)
    rivers, peaks = sketch_of(real)
    made = read(make_land(profile, write_sketch(rivers, peaks, middle, folder), middle, 0, folder))
    heights = np.percentile(real, [1, 99])
    return [sheet(rivers, peaks, heights), *(tinted(each, pixel_size, heights) for each in (made, real))]


def best_crop(worth: np.ndarray) -> tuple[slice, slice]:
    """Return the rows and columns of the square of _CROP_PX pixels that is worth most."""
    corners = [
        (row, col)
        for row in range(0, worth.shape[0] - _CROP_PX + 1, _STEP_PX)
        for col in range(0, worth.shape[1] - _CROP_PX + 1, _STEP_PX)
    ]
    crops = [(slice(row, row + _CROP_PX), slice(col, col + _CROP_PX)) for row, col in corners]
    return max(crops, key=lambda crop: worth[crop].sum())


def grey(land: np.ndarray, pixel_size: float) -> np.ndarray:
    """Return the hillshade, RGB; voids are white."""
    light = np.nan_to_num(hillshade(land, pixel_size / _EXAGGERATION), nan=1.0)
    return np.repeat(light[..., None], 3, axis=2)


def tinted(land: np.ndarray, pixel_size: float, heights: Sequence[float]) -> np.ndarray:
    """Return the hillshade in colours of height, RGB; `heights` are the lowest and the highest colour's."""
    colours = _colours(land, heights)
    return colours * (0.35 + 0.65 * grey(land, pixel_size))


def sheet(rivers: Sequence[Line], peaks: Sequence[Line], heights: Sequence[float]) -> np.ndarray:
    """Return the drawing of a sketch, RGB."""
    figure = Figure((SIDE_PX / _DPI, SIDE_PX / _DPI), dpi=_DPI)
    canvas = FigureCanvasAgg(figure)
    axes = figure.add_axes((0, 0, 1, 1), xlim=(0, SIDE_PX), ylim=(SIDE_PX, 0), xticks=[], yticks=[])
    for river in rivers:
        rows, cols, _ = zip(*river)
        axes.plot(cols, rows, color="#2b5c8a", linewidth=1.2)
    rows, cols, tops = np.array([peak for (peak,) in peaks]).T
    axes.scatter(cols, rows, 70, _colours(tops, heights), "^", edgecolors="#444444", linewidths=0.7, zorder=3)
    canvas.draw()
    return np.asarray(canvas.buffer_rgba())[..., :3] / 255.0


def uncertain(deviation: np.ndarray) -> np.ndarray:
    """Return standard deviations, RGB: the darker, the farther lands of one guide are from each other."""
    return _PURPLES(deviation / np.percentile(deviation, 99))[..., :3]


def _colours(land: np.ndarray, heights: Sequence[float]) -> np.ndarray:
    low, high = heights
    return _TINTS((land - low) / (high - low))[..., :3]


def write(panels: Sequence[np.ndarray], path: Path) -> None:
    """Write panels of one height, RGB, side by side as a PNG, which has one channel if all is grey."""
    gap = np.ones((panels[0].shape[0], GAP_PX, 3))
    whole = np.concatenate([part for panel in panels for part in (panel, gap)][:-1], axis=1)
    pixels = np.rint(255.0 * whole).astype(np.uint8)
    is_grey = np.ptp(pixels, axis=-1).max() == 0
    Image.fromarray(pixels[..., 0] if is_grey else pixels).save(path, optimize=True)
