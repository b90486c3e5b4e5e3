# SPDX-License-Identifier: GPL-3.0-or-later
"""The maps of a comparison: real land, synthetic land and noise beside each other, at one scale and light."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from .drawing import INK, REAL, SYNTHETIC, WIDTH_PX, axes_at, in_style, length, new_figure, png
from .flow import FilledTerrain, drainage_areas, fill_depressions
from .relief import slope
from .water import without_level_water

_MOST_SIDE_PX = 480  # of a map: one pixel of the land for each of the picture's
_GAP, _TITLE, _FOOT = 14, 22, 24  # between the maps, above and below them, in pixels as shown
_MOST_HEIGHT = 480
_STACKED_FROM = 2.2  # width over height: so long strips of land lie above each other
_TALLEST = 1.5  # height over width: of a strip from north to south a part is shown, or it would be thin
_LIGHT = np.array([-0.5, 0.5, np.sqrt(0.5)])  # x east, y north, z up: from the north-west, 45 degrees high
_EXAGGERATIONS = (1, 2, 5, 10, 20, 50)
_STEEP = 0.35  # exaggerated until the steepest tenth of the real land is as steep as this, rise over run
_RIVERS_FROM = 0.002  # of the area of the map
_RIVER, _HOLLOW = "#08306b", "#e69f00"
_LEAST_FILL = 0.01  # of the relief of the real land: shallower hollows are not shown


def views(lands: Mapping[str, Sequence[np.ndarray]]) -> dict[str, np.ndarray]:
    """Return an equally large part of each land, with the fewest voids and waters; smaller only of noise.

    It is of a shape that three maps beside each other, or above each other, fill the width with.

    Args:
        lands: fields (rows, cols) by name, of which REAL and SYNTHETIC give the size.
    """
    largest = {name: _largest(fields) for name, fields in lands.items() if fields}
    rows, cols = (
        min(_MOST_SIDE_PX, *(largest[name].shape[axis] for name in (REAL, SYNTHETIC))) for axis in (0, 1)
    )
    rows = min(rows, round(_TALLEST * cols))
    return {name: _fullest_part(field, rows, cols) for name, field in largest.items()}


@in_style
def hillshades(lands: Mapping[str, np.ndarray], pixel_size: float, labels: Mapping[str, str]) -> bytes | None:
    """Draw the hillshades of views, lit from the north-west at 45 degrees, all equally exaggerated."""
    exaggeration = _exaggeration(lands[REAL], pixel_size)
    figure, maps = _maps(lands, labels)
    for name, axes in maps.items():
        axes.imshow(hillshade(lands[name], pixel_size / exaggeration), cmap="gray", vmin=0, vmax=1)
    _draw_scale(maps[REAL], lands[REAL].shape[1], pixel_size, labels)
    scale = "true_heights" if exaggeration == 1 else "exaggerated_heights"
    _write_foot(figure, f"{labels['light']} {labels[scale].format(factor=exaggeration)}")
    return png(figure)


@in_style
def river_maps(lands: Mapping[str, np.ndarray], pixel_size: float, labels: Mapping[str, str]) -> bytes | None:
    """Draw where water runs in views, the more the darker and wider, and the hollows that hold it up."""
    exaggeration = _exaggeration(lands[REAL], pixel_size)
    least_fill = _LEAST_FILL * float(np.nanmax(lands[REAL]) - np.nanmin(lands[REAL]))
    figure, maps = _maps(lands, labels)
    for name, axes in maps.items():
        heights = np.asarray(lands[name], np.float64)
        filled = fill_depressions(heights)
        paper = np.repeat(0.55 + 0.45 * hillshade(heights, pixel_size / exaggeration)[..., None], 3, axis=2)
        hollows = filled.heights - heights > least_fill
        paper[hollows] = 0.25 * paper[hollows] + 0.75 * np.array(to_rgb(_HOLLOW))
        axes.imshow(np.nan_to_num(paper, nan=1.0))
        axes.add_collection(_rivers(filled))
    _draw_scale(maps[REAL], lands[REAL].shape[1], pixel_size, labels)
    area = _RIVERS_FROM * lands[REAL].size * (pixel_size / 1000) ** 2
    _write_foot(figure, labels["rivers"].format(area=f"{area:.2g}"), _RIVER)
    figure.text(1, 0.005, labels["hollows"], color="#a06a00", ha="right", va="bottom")
    return png(figure)


def hillshade(field: np.ndarray, pixel_size: float) -> np.ndarray:
    """Return how bright the land is, 0 to 1: the cosine of the angle of its normal to the light (Lambert).

    Args:
        field: heights (rows, cols), NaN for voids, north up.
        pixel_size: side of the square pixels, in the unit of height; smaller exaggerates.

    Returns:
        float64 (rows, cols), NaN next to voids.
    """
    southward, eastward = np.gradient(np.asarray(field, np.float64), pixel_size)
    brightness = _LIGHT[2] - eastward * _LIGHT[0] + southward * _LIGHT[1]
    return np.clip(brightness / np.sqrt(1 + southward**2 + eastward**2), 0, 1)


def _largest(fields: Sequence[np.ndarray]) -> np.ndarray:
    """Return the field with the most room for a map; of equal ones, the one with the fewest voids."""
    return max(
        fields,
        key=lambda field: (np.prod(np.minimum(field.shape, _MOST_SIDE_PX)), np.isfinite(field).mean()),
    )


def _fullest_part(field: np.ndarray, rows: int, cols: int) -> np.ndarray:
    """Return the part of a field with the fewest voids, of several that overlap by half, the middle first."""
    rows, cols = min(rows, field.shape[0]), min(cols, field.shape[1])
    tops, lefts = (
        np.unique(np.append(np.arange(0, spare, max(1, length // 2)), [spare // 2, spare]))
        for spare, length in zip((field.shape[0] - rows, field.shape[1] - cols), (rows, cols))
    )
    middle = np.array(field.shape) // 2 - (rows // 2, cols // 2)
    corners = sorted(
        ((top, left) for top in tops for left in lefts),
        key=lambda corner: float(np.hypot(*(corner - middle))),
    )
    land = np.isfinite(without_level_water(field))
    top, left = max(
        corners, key=lambda corner: land[corner[0] : corner[0] + rows, corner[1] : corner[1] + cols].mean()
    )
    return field[top : top + rows, left : left + cols]


def _exaggeration(field: np.ndarray, pixel_size: float) -> int:
    """Return the least of _EXAGGERATIONS that makes steep land look so."""
    slopes = slope(field, pixel_size)
    slopes = slopes[np.isfinite(slopes)]
    steep = float(np.quantile(slopes, 0.9)) if slopes.size else 0.0
    return next((factor for factor in _EXAGGERATIONS if factor * steep >= _STEEP), _EXAGGERATIONS[-1])


def _maps(lands: Mapping[str, np.ndarray], labels: Mapping[str, str]) -> tuple[Figure, dict[str, Axes]]:
    """Return a figure with empty axes for each land, titled, all at one scale."""
    rows, cols = lands[REAL].shape
    across = 1 if cols > _STACKED_FROM * rows else len(lands)
    down = -(-len(lands) // across)
    width = (WIDTH_PX - (across - 1) * _GAP) / across
    scale = min(width / cols, _MOST_HEIGHT / rows)
    line = rows * scale + _TITLE
    figure = new_figure(round(down * line + (down - 1) * _GAP + _FOOT))
    maps = {}
    for place, (name, field) in enumerate(lands.items()):
        left, top = place % across * (cols * scale + _GAP), place // across * (line + _GAP) + _TITLE
        axes = axes_at(figure, left, top, field.shape[1] * scale, field.shape[0] * scale)
        axes.set_axis_off()
        axes.set_title(labels[name], loc="left", pad=4, fontsize=9, fontweight="bold")
        maps[name] = axes
    return figure, maps


def _rivers(filled: FilledTerrain) -> LineCollection:
    """Return a line from each cell of a river to the next, by the logarithm of what drains through it."""
    cols = filled.heights.shape[1]
    areas = np.nan_to_num(drainage_areas(filled)).ravel()
    least = max(_RIVERS_FROM * areas.size, 2.0)
    is_river = (areas >= least) & (filled.receivers >= 0) & (filled.receivers < areas.size)
    cells = np.flatnonzero(is_river)
    cells = cells[np.argsort(areas[cells])]  # the largest on top
    ends = np.stack([cells, filled.receivers[cells]], axis=1)
    size = np.log(areas[cells] / least) / np.log(1 / _RIVERS_FROM)  # 0: the least river, 1: the whole map
    faintness = 0.45 * (1 - size[:, None])
    colours = (1 - faintness) * np.array(to_rgb(_RIVER)) + faintness  # opaque: where lines meet, no dots
    return LineCollection(
        np.stack([ends % cols, ends // cols], axis=-1).astype(np.float64),
        colors=colours,
        linewidths=0.5 + 2.0 * size,
        capstyle="round",
    )


def _draw_scale(axes: Axes, cols: int, pixel_size: float, labels: Mapping[str, str]) -> None:
    """Draw a bar of a round length, about a quarter as long as the map is wide."""
    longest = 0.3 * cols * pixel_size
    power = 10.0 ** np.floor(np.log10(longest))
    metres = next(factor * power for factor in (5, 2, 1) if factor * power <= longest)
    rows = axes.get_ylim()[0]
    left, thickness = 0.03 * cols, 0.012 * cols
    bottom = rows - 0.03 * cols
    axes.add_patch(
        Rectangle((left, bottom - thickness), metres / pixel_size, thickness, fc="white", ec=INK, lw=0.5)
    )
    axes.text(
        left,
        bottom - 1.8 * thickness,
        length(metres, labels),
        va="bottom",
        bbox={"fc": "white", "ec": "none", "pad": 1.2, "alpha": 0.8},
    )


def _write_foot(figure: Figure, text: str, colour: str = INK) -> None:
    figure.text(0, 0.005, text, color=colour, ha="left", va="bottom")
