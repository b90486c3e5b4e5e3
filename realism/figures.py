# SPDX-License-Identifier: GPL-3.0-or-later
"""All figures of a comparison of synthetic with real land, as PNG."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial

import numpy as np

from .drawing import NOISE, REAL, SYNTHETIC
from .figure_curves import Lands, hypsometry_and_relief, landforms, slopes_and_curvatures, spectra
from .figure_maps import hillshades, river_maps, views
from .measures import Fields, Ground
from .random_phases import random_phases
from .water import without_level_water

_MOST_NOISES = 4  # noise is made of so many fields, the largest

#: The texts in the figures, in English; callers give theirs in the reader's language.
LABELS = {
    "real": "Real",
    "synthetic": "Synthetic",
    "noise": "Noise with the real spectrum",
    "quarters": "Quarters of the real land",
    "light": "Light from the north-west, 45° high.",
    "true_heights": "Heights are true to scale.",
    "exaggerated_heights": "Heights are exaggerated {factor} times.",
    "rivers": "Streams with more than {area} km² above them",
    "hollows": "Closed hollows, where water stands",
    "m": "{length} m",
    "km": "{length} km",
    "wavelength": "Wavelength",
    "power": "Power of the heights (m²)",
    "power_ratio": "Power over that of the real land",
    "slope": "Slope (degrees)",
    "share_per_degree": "Share of the land per degree",
    "curvature": "Curvature (1/km): crests negative, hollows positive",
    "share_per_curvature": "Share of the land per 1/km",
    "share_above": "Share of the area that lies higher",
    "relative_height": "Relative height (0 lowest, 1 highest)",
    "relief": "Relief in windows of {window} (m)",
    "share_per_metre": "Share of the land per metre",
    "share": "Share of the land",
    "form_flat": "flat",
    "form_peak": "peak",
    "form_ridge": "ridge",
    "form_shoulder": "shoulder",
    "form_spur": "spur",
    "form_slope": "slope",
    "form_hollow": "hollow",
    "form_footslope": "footslope",
    "form_valley": "valley",
    "form_pit": "pit",
}


def figures(
    real: Fields, synthetic: Fields, pixel_size: float, labels: Mapping[str, str] | None = None
) -> Iterator[tuple[str, bytes]]:
    """Draw one figure after the other and yield its name and PNG; those that the land is too small for not.

    Args:
        real: heights (rows, cols) in metres, NaN for voids, rounded as the synthetic ones.
        synthetic: the same.
        pixel_size: side of the square pixels in metres.
        labels: texts by the keys of LABELS; English where one is missing.
    """
    labels = {**LABELS, **(labels or {})}
    largest = sorted(real, key=lambda field: field.size, reverse=True)[:_MOST_NOISES]
    noise = [random_phases(field, seed) for seed, field in enumerate(largest)]
    lands = {REAL: real, SYNTHETIC: synthetic, NOISE: [field for field in noise if min(field.shape) > 2]}
    shown = views(lands)
    grounds = {name: _ground(fields, pixel_size) for name, fields in lands.items() if fields}
    measured = Lands(grounds, [Ground(quarter, pixel_size) for quarter in _quarters(grounds[REAL].fields)])
    drawings = {
        "hillshade": partial(hillshades, shown, pixel_size),
        "rivers": partial(river_maps, shown, pixel_size),
        "landforms": partial(landforms, measured),
        "hypsometry": partial(hypsometry_and_relief, measured),
        "slope": partial(slopes_and_curvatures, measured),
        "spectrum": partial(spectra, measured),
    }
    for name, draw in drawings.items():
        picture = draw(labels)
        if picture is not None:
            yield name, picture


def _ground(fields: Fields, pixel_size: float) -> Ground:
    floating = (field.astype(np.result_type(field, np.float32), copy=False) for field in fields)
    return Ground([without_level_water(field) for field in floating], pixel_size)


def _quarters(fields: Fields) -> list[Sequence[np.ndarray]]:
    """Return the north-western, north-eastern, south-western and south-eastern quarters, each pooled."""
    quarters = [
        [np.array_split(np.array_split(field, 2)[south], 2, axis=1)[east] for field in fields]
        for south in (0, 1)
        for east in (0, 1)
    ]
    return [quarter for quarter in quarters if any(np.isfinite(part).any() for part in quarter)]
