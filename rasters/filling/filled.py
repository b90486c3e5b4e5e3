# SPDX-License-Identifier: GPL-3.0-or-later
"""How a raster whose voids are filled is written: the rest of it bit for bit, in its own data type."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping

import numpy as np

from ..grid import Window, align_down
from ..reading.source import Source
from ..reporting import Log, Progress, part_of, report, silent
from ..writing.geotiff import PartialGeoTiff
from ..writing.profile import Profile
from .voids import VoidRaster

# Written at once: copies are made on the way. In whole tiles of the file, and as wide as can be: many rasters
# are stored row by row.
_STRIP_PX, _STRIP_ROWS, _TILE_ROWS, _PANEL_PX = 2**24, 512, 256, 2**16
_WHOLE_NUMBERS = ("Byte", "Int8", "UInt16", "Int16", "UInt32", "Int32", "Int64", "UInt64")


def write_filled(
    path: str | os.PathLike,
    raster: VoidRaster,
    tags: Mapping[str, str] | None = None,
    progress: Progress | None = None,
    log: Log = silent,
) -> None:
    """Write the raster as a GeoTIFF of its own data type: what was to be filled is, the rest is bit for bit.

    Args:
        tags: on what is filled; where that is nothing, the file has none.

    Raises:
        GeoGanError: the file cannot be written. Cancelled: `progress` returned False. In both cases nothing
            half-written is left.
    """
    source, whole = raster.source, raster.whole
    is_whole_number = source.data_type in _WHOLE_NUMBERS
    filled_tags = _tags_of_filled(source, tags or {}) if raster.marked_px else {}
    profile = Profile(
        width=whole.width,
        height=whole.height,
        geotransform=source.geotransform,
        crs_wkt=source.whole_crs_wkt,
        tags={**source.metadata, **filled_tags},
        # Mostly a survey's heights, rounded: a higher level than that of made-up ones makes it smaller.
        creation_options={"ZLEVEL": "6", **({"PREDICTOR": "2"} if is_whole_number else {})},
        nodata=raster.nodata,
        unit=source.unit,
        data_type=source.data_type,
        scale=source.scale,
        offset=source.offset,
    )
    file = PartialGeoTiff(path, profile, log)
    try:
        writing = part_of(progress, 0.0, 0.8)
        written_px = 0
        for strip in _strips(whole):
            file.write(1, strip.row, strip.col, _filled(raster, strip), is_stored=True)
            written_px += strip.height * strip.width
            report(writing, written_px / (whole.height * whole.width))
        file.finish(part_of(progress, 0.8, 1.0))
    finally:
        file.abandon()


def _strips(whole: Window) -> Iterator[Window]:
    """Yield what is written at once, panel by panel and in each from top to bottom."""
    for col in range(0, whole.width, _PANEL_PX):
        col_stop = min(col + _PANEL_PX, whole.width)
        rows = _rows_at_once(col_stop - col)
        for row in range(0, whole.height, rows):
            yield Window.between(row, col, min(row + rows, whole.height), col_stop)


def _rows_at_once(width: int) -> int:
    """Return how many rows of a panel are written at once.

    >>> _rows_at_once(4000), _rows_at_once(50_000)
    (512, 256)
    """
    return max(_TILE_ROWS, min(_STRIP_ROWS, align_down(_STRIP_PX // width, _TILE_ROWS)))


def _tags_of_filled(source: Source, tags: Mapping[str, str]) -> dict[str, str]:
    # Land that was all made up before stays so.
    synthetic = "YES" if source.metadata.get("GEOGAN_SYNTHETIC") == "YES" else "VOIDS"
    return {"GEOGAN_SYNTHETIC": synthetic, **{key: str(value) for key, value in tags.items()}}


def _filled(raster: VoidRaster, window: Window) -> np.ndarray:
    """Return the stored values of a window, filled ones among them, in the raster's own data type."""
    source, nodata, values = raster.source, raster.nodata, raster.original(window)
    is_void = raster.voids(window)
    is_left = raster.has_mask and raster.masked(window) & ~is_void
    if np.any(is_left):  # the file has no mask: what it marks gets a value
        values[is_left] = nodata
    if not is_void.any():
        return values
    scale, offset = source.to_metres
    stored = (raster.heights(window)[is_void].astype(np.float64) - offset) / scale
    if np.issubdtype(values.dtype, np.integer):
        limits = np.iinfo(values.dtype)
        stored = np.clip(np.rint(stored), limits.min, limits.max)
    filled = stored.astype(values.dtype)
    is_nodata = filled == nodata if nodata is not None else np.False_
    if is_nodata.any():  # a height that happens to be that value is moved by the least that there is
        filled[is_nodata] = _next_to(nodata, values.dtype)
    values[is_void] = filled
    return values


def _next_to(value: float, dtype: np.dtype) -> np.generic:
    if not np.issubdtype(dtype, np.integer):
        return np.nextafter(dtype.type(value), dtype.type(np.inf))
    is_top = value >= np.iinfo(dtype).max
    return dtype.type(int(value) + (-1 if is_top else 1))
