# SPDX-License-Identifier: GPL-3.0-or-later
"""The curves and bars of a comparison: what the measures of realism see in real and in synthetic land.

Each function takes `Lands` and the texts, and returns a PNG, or None where the land is too small for it.
Drawn is what `measures` keeps of each group of fields, so that a figure shows what its score judges.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter, NullLocator, PercentFormatter
from scipy import ndimage

from .drawing import (
    COLOURS,
    LINE_WIDTHS,
    NOISE,
    QUARTERS,
    REAL,
    SYNTHETIC,
    axes_at,
    in_style,
    length,
    new_figure,
    png,
    write_key,
)
from .geomorphons import FORMS
from .hypsometry import SHARES, hypsometric_curve
from .measures import MEASURES, Ground
from .spectrum import radial_power_spectrum

_BINS = 240
_SMOOTHING = 0.015  # standard deviation, of the width of the axis: whole-metre heights have whole-step slopes
_STRONG_SMOOTHING = 0.03  # of relief: its windows overlap, so that a few summits make many equal values
_FAINTEST = 1e-2  # of the largest share, on a logarithmic axis
_HYPSOMETRY_PX = 256
_SPECTRUM_WINDOWS_PX = (256, 128, 64)  # the best first
_RATIOS = (1 / 5, 5)  # of power to real power, that are shown
_LEFT, _RIGHT = (
    (62, 30, 300, 245),
    (442, 30, 300, 245),
)  # two axes beside each other: left, top, width, height


@dataclass(frozen=True)
class Lands:
    """What is drawn: real and synthetic land and noise by name, and the four quarters of the real land."""

    grounds: Mapping[str, Ground]
    quarters: Sequence[Ground]

    def summaries(self, of: Callable[[Ground], Any]) -> tuple[dict[str, Any], list[Any]] | None:
        """Return what `of` gives of each land by its name, and of the quarters; None if it fails on one."""
        of_lands = {name: of(ground) for name, ground in self.grounds.items()}
        if of_lands[REAL] is None or of_lands[SYNTHETIC] is None:
            return None
        of_quarters = [of(quarter) for quarter in self.quarters]
        return (
            {name: summary for name, summary in of_lands.items() if summary is not None},
            [summary for summary in of_quarters if summary is not None],
        )

    def summaries_of(self, measure: str) -> tuple[dict[str, Any], list[Any]] | None:
        """Return the summaries of one of MEASURES."""
        return self.summaries(MEASURES[measure][0].summary)


@in_style
def spectra(lands: Lands, labels: Mapping[str, str]) -> bytes | None:
    """Draw radial power spectra over the wavelength, both on logarithmic axes."""
    pixel_size = lands.grounds[REAL].pixel_size
    for window_px in _spectrum_windows(lands):
        found = lands.summaries(partial(_spectrum, window_px=window_px))
        if found:
            break
    else:
        return None
    power, of_quarters = found
    wavelengths = window_px * pixel_size / np.arange(1, window_px // 2 + 1)
    figure = new_figure(320)
    spectrum = axes_at(figure, *_LEFT)
    _draw_curves(spectrum, wavelengths, power, of_quarters)
    spectrum.set(yscale="log", ylabel=labels["power"])
    ratio = axes_at(figure, *_RIGHT)
    _draw_curves(ratio, wavelengths, *(_each(group, lambda each: each / power[REAL]) for group in found))
    ratio.set(yscale="log", ylabel=labels["power_ratio"], ylim=_RATIOS)
    ratio.yaxis.set_major_locator(LogLocator(2))
    ratio.yaxis.set_major_formatter(FuncFormatter(lambda factor, _: f"{factor:g}"))
    ratio.yaxis.set_minor_locator(NullLocator())
    for axes in (spectrum, ratio):
        axes.set(xscale="log", xlabel=labels["wavelength"], xlim=(wavelengths[-1], wavelengths[0]))
        axes.xaxis.set_major_locator(LogLocator(subs=(1, 3)))
        axes.xaxis.set_major_formatter(FuncFormatter(lambda metres, _: length(metres, labels)))
        axes.xaxis.set_minor_formatter(NullFormatter())
    _write_key(figure, labels, *found)
    return png(figure)


@in_style
def slopes_and_curvatures(lands: Lands, labels: Mapping[str, str]) -> bytes | None:
    """Draw the distributions of slope and, on a logarithmic axis, of curvature."""
    slopes, curvatures = lands.summaries_of("slope"), lands.summaries_of("curvature_2")
    if not slopes or not curvatures:
        return None
    figure = new_figure(320)
    steepness = axes_at(figure, *_LEFT)
    in_degrees = [_each(group, lambda rise: np.degrees(np.arctan(rise))) for group in slopes]
    _draw_densities(steepness, *in_degrees, lowest=0.0)
    steepness.set(xlabel=labels["slope"], ylabel=labels["share_per_degree"])
    bending = axes_at(figure, *_RIGHT)
    per_km = [_each(group, lambda per_metre: 1000 * per_metre) for group in curvatures]
    _draw_densities(bending, *per_km)
    bending.set_yscale("log")
    bending.yaxis.set_major_formatter(FuncFormatter(lambda share, _: f"{100 * share:.3g}%"))
    bending.yaxis.set_minor_formatter(NullFormatter())
    bending.set(xlabel=labels["curvature"], ylabel=labels["share_per_curvature"])
    bending.set_ylim(bottom=_FAINTEST * bending.get_ylim()[1])
    _write_key(figure, labels, *slopes)
    return png(figure)


@in_style
def hypsometry_and_relief(lands: Lands, labels: Mapping[str, str]) -> bytes | None:
    """Draw the hypsometric curves, and the distributions of local relief."""
    side = min(map(_room, [*lands.grounds.values(), *lands.quarters]))
    heights = lands.summaries(lambda ground: hypsometric_curve(ground.fields, min(side, _HYPSOMETRY_PX)))
    reliefs = lands.summaries_of("relief_64")
    if not heights or not reliefs:
        return None
    figure = new_figure(320)
    curve = axes_at(figure, *_LEFT)
    _draw_curves(curve, SHARES, *heights)
    curve.set(xlabel=labels["share_above"], ylabel=labels["relative_height"], xlim=(0, 1), ylim=(0, 1))
    curve.xaxis.set_major_formatter(PercentFormatter(1.0))
    relief = axes_at(figure, *_RIGHT)
    _draw_densities(relief, *reliefs, lowest=0.0, smoothing=_STRONG_SMOOTHING)
    window = length(64 * lands.grounds[REAL].pixel_size, labels)
    relief.set(xlabel=labels["relief"].format(window=window), ylabel=labels["share_per_metre"])
    _write_key(figure, labels, *heights)
    return png(figure)


@in_style
def landforms(lands: Lands, labels: Mapping[str, str]) -> bytes | None:
    """Draw the shares of the ten geomorphons as bars, with the range of the real quarters behind them."""
    found = lands.summaries_of("geomorphons")
    if not found:
        return None
    shares, quarters = found
    figure = new_figure(400)
    axes = axes_at(figure, 100, 30, 640, 325)
    places = np.arange(len(FORMS))
    if quarters:
        low, high = np.min(quarters, axis=0), np.max(quarters, axis=0)
        axes.barh(places, high - low, 0.86, left=low, color=COLOURS[QUARTERS])
    thickness = 0.24
    for row, name in enumerate(shares):
        offset = (row - (len(shares) - 1) / 2) * thickness
        axes.barh(places + offset, shares[name], thickness * 0.85, color=COLOURS[name])
    axes.set_yticks(places, [labels[f"form_{form}"] for form in FORMS])
    axes.set_ylim(len(FORMS) - 0.5, -0.5)
    axes.tick_params(axis="y", length=0)
    axes.xaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
    axes.set_xlabel(labels["share"])
    _write_key(figure, labels, *found)
    return png(figure)


def _draw_curves(
    axes: Axes, x: np.ndarray, curves: Mapping[str, np.ndarray], quarters: Sequence[np.ndarray]
) -> None:
    """Draw the lands' curves over the range of those of the quarters; the real one on top."""
    if quarters:
        low, high = np.min(quarters, axis=0), np.max(quarters, axis=0)
        axes.fill_between(x, low, high, color=COLOURS[QUARTERS], lw=0)
    for name in (NOISE, SYNTHETIC, REAL):
        if name in curves:
            axes.plot(x, curves[name], color=COLOURS[name], lw=LINE_WIDTHS[name])


def _draw_densities(
    axes: Axes,
    values: Mapping[str, np.ndarray],
    quarters: Sequence[np.ndarray],
    lowest: float | None = None,
    smoothing: float = _SMOOTHING,
) -> None:
    """Draw the densities of distributions given as quantiles, from `lowest` or from the least usual value."""
    usual = np.concatenate([np.quantile(values[name], (0.003, 0.997)) for name in (REAL, SYNTHETIC)])
    low = usual.min() if lowest is None else lowest
    edges = np.linspace(low, usual.max() if usual.max() > low else low + 1.0, _BINS + 1)
    middles = (edges[1:] + edges[:-1]) / 2
    curves = {name: _density(each, edges, smoothing) for name, each in values.items()}
    _draw_curves(axes, middles, curves, [_density(each, edges, smoothing) for each in quarters])
    axes.set_xlim(edges[0], edges[-1])
    axes.set_ylim(bottom=0)
    axes.yaxis.set_major_formatter(FuncFormatter(lambda share, _: f"{100 * share:.3g}%"))


def _density(values: np.ndarray, edges: np.ndarray, smoothing: float) -> np.ndarray:
    """Return the share of the values per unit around the middle of each bin, smoothed."""
    counts = np.histogram(values, edges)[0] / (values.size * np.diff(edges))
    return ndimage.gaussian_filter1d(counts, smoothing * counts.size, mode="reflect")


def _each(
    group: Mapping[str, np.ndarray] | Sequence[np.ndarray], change: Callable[[np.ndarray], np.ndarray]
) -> Any:
    """Return a group of quantiles, by name or in a row, with each of them changed."""
    if isinstance(group, Mapping):
        return {name: change(values) for name, values in group.items()}
    return [change(values) for values in group]


def _write_key(figure: Any, labels: Mapping[str, str], lands: Mapping[str, Any], quarters: Sequence) -> None:
    write_key(figure, labels, [*lands, *([QUARTERS] if quarters else [])])


def _spectrum_windows(lands: Lands) -> list[int]:
    """Return the sides of windows to try: first those that all lands and quarters have room for."""
    room = min(map(_room, [*lands.grounds.values(), *lands.quarters]))
    return sorted(_SPECTRUM_WINDOWS_PX, key=lambda side: side > room)


def _spectrum(ground: Ground, window_px: int) -> np.ndarray | None:
    return radial_power_spectrum(ground.fields, window_px)


def _room(ground: Ground) -> int:
    """Return the side of the largest square window that fits into one of the fields."""
    return max(min(field.shape) for field in ground.fields)
