# SPDX-License-Identifier: GPL-3.0-or-later
"""The guiding layers of a training, read where its land lies."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from osgeo import gdal

from ...errors import GeoGanError
from ..crs import read_crs, wkt_of
from ..gdal_guard import stoppable
from ..grid import Window
from ..reporting import Progress
from .alignment import AVERAGE_FROM, AlignedArea
from .coarse import without_voids
from .guiding import NUMBERS, pixel_size_m
from .masking import masked_vrt
from .source import CANNOT_READ, FULL_RESOLUTION, Source, open_raster

_LEAST_KNOWN = 0.5  # of the land: what a layer lacks of it is filled from around


class Uncovered(GeoGanError):  # noqa: N818 - says what is wrong
    """A guiding layer lies elsewhere."""


def read_conditions(
    layers: Sequence[Source],
    area: AlignedArea,
    window: Window,
    is_land: np.ndarray,
    progress: Progress | None = None,
) -> np.ndarray:
    """Return band 1 of each layer on the pixels of a window of an area, without voids.

    Args:
        layers: of any CRS and pixel size, at least one.
        area: land on a grid of its own.
        window: of that grid.
        is_land: which of its pixels have heights, bool (height, width).

    Returns:
        float32 (height, width, layers).

    Raises:
        Uncovered: a layer knows less than half of the land.
        GeoGanError: a layer cannot be read.
        Cancelled: `progress` returned False.
    """
    conditions = np.empty((window.height, window.width, len(layers)), np.float32)
    for number, layer in enumerate(layers):
        values = _resampled(layer, area, window, progress)
        known = np.isfinite(values)
        if np.count_nonzero(known & is_land) < _LEAST_KNOWN * np.count_nonzero(is_land):
            raise Uncovered(
                "The guiding layer {guide} covers less than half of the layer {layer}. Choose one that "
                "covers all layers to learn from.",
                guide=layer.name,
                layer=area.name,
            )
        conditions[..., number] = without_voids(np.where(known, values, np.nan), layer.name, progress)
    return conditions


def _resampled(layer: Source, area: AlignedArea, window: Window, progress: Progress | None) -> np.ndarray:
    """Return a layer on the pixels of a window, NaN where it knows nothing."""
    x, size, _, y, _, _ = area.geotransform
    left, top = x + window.col * size, y - window.row * size
    target = read_crs(area.crs_wkt)
    is_coarser = area.pixel_size_m / pixel_size_m(layer, area.crs_wkt) >= AVERAGE_FROM
    with stoppable(progress, CANNOT_READ, layer=layer.name) as callback:
        return gdal.Warp(
            "",
            open_raster(masked_vrt(layer, NUMBERS.sentinels), layer.name),
            format="MEM",
            srcSRS=layer.crs_wkt,
            dstSRS=wkt_of(target),
            outputBounds=(left, top - window.height * size, left + window.width * size, top),
            width=window.width,
            height=window.height,
            overviewLevel=FULL_RESOLUTION,
            resampleAlg="average" if is_coarser else NUMBERS.between,
            dstNodata=math.nan,
            callback=callback,
        ).ReadAsArray()
