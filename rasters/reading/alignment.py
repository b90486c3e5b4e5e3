# SPDX-License-Identifier: GPL-3.0-or-later
"""Brings layers of any CRS, pixel size, data type and nodata to metric grids of one pixel size.

Nothing is copied: an aligned area is a GDAL VRT (as text) that reads, masks, unscales and warps the
source block by block when it is read.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from osgeo import gdal, osr

from ...errors import GeoGanError
from ..crs import MetricCrs, crs_name, fitting_projected_crs, local_metric_crs, read_crs, wkt_of
from ..gdal_guard import gdal_checked
from ..reporting import Log, silent
from .masking import masked_vrt
from .source import FULL_RESOLUTION, Source, geographic_bounds, open_raster, rounded, suggested_size_m

# Two pixel sizes are the same where they differ by less than a pixel in a million.
SAME_SIZE = 1e-6
_ROUNDED = 0.01  # a pixel size that is derived has three digits

# From this factor on, pixels are averaged; below, cubic convolution keeps more of the relief.
AVERAGE_FROM = 2.0

# Of the source, a side, for a block of a warped VRT: GDAL holds them all at once, as float64.
_AT_ONCE_PX = 4096

CANNOT_WARP = "Layer {layer} cannot be brought to {crs}: {reason}"


@dataclass(frozen=True)
class AlignedArea:
    """A layer on a grid of its own, north up, ready to be read: metric, unless it was left unmoved.

    Attributes:
        name: of the layer.
        vrt: text that gdal.Open takes; one float32 band, NaN where void.
        crs_wkt: of the grid.
        pixel_size_m: side of the square pixels in metres.
        geotransform: GDAL's six numbers, in units of the CRS.
        width, height: in pixels.
        is_resampled: False where every value is one of the source's.
        landscape: that the layer names, or "".
    """

    name: str
    vrt: str
    crs_wkt: str
    pixel_size_m: float
    geotransform: tuple[float, ...]
    width: int
    height: int
    is_resampled: bool
    landscape: str


def align(
    sources: list[Source],
    pixel_size: float | None = None,
    crs_wkt: str | None = None,
    log: Log = silent,
    minimum_px: int = 1,
) -> list[AlignedArea]:
    """Bring each source to a grid of one common pixel size.

    A layer in a projected CRS stays in it, one in degrees goes to the UTM zone of its centre, and all go
    to `crs_wkt` where that is given. A layer that has the pixel size already is not resampled.

    Args:
        pixel_size: in metres; by default the coarsest native size of the sources.
        crs_wkt: a projected CRS for all areas.
        log: called with a template and its values.
        minimum_px: the least width and height of an area.

    Raises:
        GeoGanError: `crs_wkt` is not projected, a layer cannot be warped, or an area is too small.
    """
    targets = [_target_crs(source, crs_wkt, log) for source in sources]
    if pixel_size is None:
        pixel_size = max(_native_size_m(source, target) for source, target in zip(sources, targets))
    areas = []
    for source, target in zip(sources, targets):
        tell_reading(source, log)
        area = _align_one(source, target, pixel_size, log)
        _check_size(area, minimum_px)
        areas.append(area)
    return areas


def tell_reading(source: Source, log: Log) -> None:
    """Log what of a layer is read where that may surprise: which band, and heights in other units."""
    if source.bands > 1:
        log("Layer {layer} has {count} bands; band 1 is used.", layer=source.name, count=source.bands)
    if source.unit_m != 1.0:
        log(
            "The heights of layer {layer} are in {unit}: they are brought to metres.",
            layer=source.name,
            unit=source.unit,
        )


def unmoved(source: Source) -> AlignedArea:
    """Return a layer, whose rows run west to east, on its own pixels and in its own CRS, degrees included.

    Raises:
        GeoGanError: the layer cannot be read.
    """
    srs = read_crs(source.crs_wkt)
    return _area(source, MetricCrs(srs, crs_name(srs)), source.native_size_m, is_kept=True)


def _target_crs(source: Source, crs_wkt: str | None, log: Log) -> MetricCrs:
    if crs_wkt:
        srs = read_crs(crs_wkt)
        if not srs.IsProjected():
            raise GeoGanError(
                "The CRS {crs} is not projected. "
                "Choose one that is, for example {fitting} for layer {layer}.",
                crs=crs_name(srs),
                fitting=fitting_projected_crs(*geographic_bounds(source)),
                layer=source.name,
            )
        return MetricCrs(srs, crs_name(srs))
    srs = read_crs(source.crs_wkt)
    if not source.is_geographic:
        return MetricCrs(srs, crs_name(srs))
    target = local_metric_crs(srs, source.bounds)
    log("Layer {layer} is in degrees: it is brought to {crs}.", layer=source.name, crs=target.name)
    return target


def _native_size_m(source: Source, target: MetricCrs) -> float:
    """Return the pixel size that the source has in its target CRS, rounded where it is derived."""
    srs = read_crs(source.crs_wkt)
    if srs.IsSame(target.srs):
        return source.native_size_m
    dataset = open_raster(source.path, source.name)
    return rounded(suggested_size_m(dataset, srs, target.srs, source.name), digits=3)


def _align_one(source: Source, target: MetricCrs, pixel_size_m: float, log: Log) -> AlignedArea:
    shortest_m = source.native_size_m * min(source.width, source.height)
    if pixel_size_m > shortest_m * (1.0 + _ROUNDED):
        raise GeoGanError(
            "Layer {layer} is smaller than one pixel of {size} m. Choose a larger layer or a smaller pixel "
            "size.",
            layer=source.name,
            size=f"{pixel_size_m:g}",
        )
    is_same_crs = bool(read_crs(source.crs_wkt).IsSame(target.srs))
    size = pixel_size_m / target.srs.GetLinearUnits()
    fits = all(abs(side / size - 1) < SAME_SIZE for side in source.pixel_sides)
    return _area(source, target, pixel_size_m, log, is_kept=is_same_crs and source.is_upright and fits)


def _area(
    source: Source, target: MetricCrs, pixel_size_m: float, log: Log = silent, *, is_kept: bool
) -> AlignedArea:
    with gdal_checked(CANNOT_WARP, layer=source.name, crs=target.name):
        vrt = masked_vrt(source, log=log)
        dataset = gdal.Open(vrt)
        if not is_kept:
            dataset = _warped(dataset, source, target.srs, pixel_size_m)
            vrt = _in_small_blocks(_text_of(dataset), pixel_size_m / source.native_size_m)
        elif source.geotransform[5] > 0:
            dataset = _flipped(dataset, source, target.srs)
            vrt = _text_of(dataset)
        return AlignedArea(
            name=source.name,
            vrt=vrt,
            crs_wkt=wkt_of(target.srs),
            pixel_size_m=pixel_size_m,
            geotransform=tuple(dataset.GetGeoTransform()),
            width=dataset.RasterXSize,
            height=dataset.RasterYSize,
            is_resampled=not is_kept,
            landscape=source.landscape,
        )


def _text_of(dataset: gdal.Dataset) -> str:
    """Return a warped VRT as text. Of other ones, GDAL 3.6 writes only six digits of a scale or an offset."""
    return dataset.GetMetadata("xml:VRT")[0]


def _flipped(dataset: gdal.Dataset, source: Source, srs: osr.SpatialReference) -> gdal.Dataset:
    """Return a south-up raster turned north up, each value as it was."""
    return gdal.Warp(
        "",
        dataset,
        format="VRT",
        srcSRS=wkt_of(srs),
        dstSRS=wkt_of(srs),
        outputBounds=source.bounds,
        width=source.width,
        height=source.height,
        resampleAlg="near",
    )


def _warped(
    dataset: gdal.Dataset, source: Source, target: osr.SpatialReference, size_m: float
) -> gdal.Dataset:
    size = size_m / target.GetLinearUnits()
    return gdal.Warp(
        "",
        dataset,
        format="VRT",
        srcSRS=source.crs_wkt,
        dstSRS=wkt_of(target),
        xRes=size,
        yRes=size,
        overviewLevel=FULL_RESOLUTION,
        resampleAlg="average" if size_m / source.native_size_m >= AVERAGE_FROM else "cubic",
    )


def _in_small_blocks(vrt: str, times: float) -> str:
    """Return a VRT whose pixels are so many times as wide as its source's, with blocks that suit them."""
    most = max(1, int(_AT_ONCE_PX / times))
    return re.sub(r"(?<=<Block[XY]Size>)\d+", lambda side: str(min(int(side[0]), most)), vrt)


def _check_size(area: AlignedArea, minimum_px: int) -> None:
    if min(area.width, area.height) < minimum_px:
        raise GeoGanError(
            "Layer {layer} is too small: {width} x {height} pixels of {size} m, but at least "
            "{minimum} x {minimum} are needed. Choose a larger layer or a smaller pixel size.",
            layer=area.name,
            width=area.width,
            height=area.height,
            size=f"{area.pixel_size_m:g}",
            minimum=minimum_px,
        )
