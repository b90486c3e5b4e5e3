# SPDX-License-Identifier: GPL-3.0-or-later
"""CRSs: reading them, asking for metres, and naming a projected one that fits an extent."""

from __future__ import annotations

import json
import math
import re
from typing import NamedTuple

import numpy as np
from osgeo import osr

from ..errors import GeoGanError
from .gdal_guard import gdal_checked

# A UTM zone is true to 0.5 % up to six degrees from its meridian (at the equator, where it is worst).
WIDEST_UTM_DEG = 12.0

# The radius of the Earth is within this share of WGS 84's; that of no other body is.
EARTH_RADIUS_M = 6_378_137.0
EARTH_TOLERANCE = 0.01


class MetricCrs(NamedTuple):
    """A CRS in metres, and what to call it in a message."""

    srs: osr.SpatialReference
    name: str


def read_crs(text: str) -> osr.SpatialReference:
    """Return the horizontal part of a CRS; otherwise as `read_whole_crs`."""
    srs = read_whole_crs(text)
    _strip_vertical(srs)
    return srs


def read_whole_crs(text: str) -> osr.SpatialReference:
    """Return a CRS given as WKT or AUTHORITY:CODE, x before y, with its vertical part if it has one.

    Raises:
        GeoGanError: there is no CRS, or PROJ does not know it.
    """
    srs = osr.SpatialReference()
    with gdal_checked("The CRS is missing or not known: {reason}"):
        # Anything else that GDAL would take here may be a file or an address.
        is_code = re.fullmatch(r"\w+:\w+", text) is not None
        status = srs.SetFromUserInput(text) if is_code else srs.ImportFromWkt(text)
    if status != 0:
        raise GeoGanError("The CRS is missing or not known: {reason}", reason=text[:60] or "no CRS")
    srs.SetAxisMappingStrategy(osr.OAMS_TRADITIONAL_GIS_ORDER)
    return srs


def with_vertical_in_metres(text: str) -> str:
    """Return a CRS as WKT, with its vertical part if it has one whose heights are metres."""
    srs = read_whole_crs(text)
    if srs.IsCompound() and srs.GetTargetLinearUnits("VERT_CS") != 1.0:
        _strip_vertical(srs)
    return wkt_of(srs)


def _strip_vertical(srs: osr.SpatialReference) -> None:
    """Leave a CRS its horizontal part only."""
    if hasattr(srs, "StripVertical"):  # GDAL 3.6; QGIS 3.22 comes with 3.3 or 3.4 on many systems
        srs.StripVertical()
    elif srs.IsCompound():
        described = json.loads(srs.ExportToPROJJSON())
        part = osr.SpatialReference()
        part.SetFromUserInput(json.dumps(described.get("source_crs", described)["components"][0]))
        to_wgs84 = next((each.GetTOWGS84() for each in (srs, part) if each.HasTOWGS84()), None)
        # By its code where it has one, which is not described.
        node = "GEOGCS" if srs.IsGeographic() else "PROJCS"
        authority, code = srs.GetAuthorityName(node), srs.GetAuthorityCode(node)
        srs.SetFromUserInput(f"{authority}:{code}" if code else part.ExportToWkt(["FORMAT=WKT2_2019"]))
        if to_wgs84:
            srs.SetTOWGS84(*to_wgs84)
        srs.SetAxisMappingStrategy(osr.OAMS_TRADITIONAL_GIS_ORDER)


def wkt_of(srs: osr.SpatialReference) -> str:
    """Return a CRS as WKT 2: WKT 1, GDAL's default, has no words for some, and forgets the order of axes."""
    return srs.ExportToWkt(["FORMAT=WKT2_2019"])


def crs_name(srs: osr.SpatialReference) -> str:
    """Return the name that users know a CRS by: AUTHORITY:CODE where it has one."""
    authority, code = srs.GetAuthorityName(None), srs.GetAuthorityCode(None)
    return f"{authority}:{code}" if authority and code else srs.GetName()


def fitting_projected_crs(xmin: float, ymin: float, xmax: float, ymax: float) -> str:
    """Return the UTM zone (near a pole: the UPS) of the centre of bounds in degrees, as "EPSG:32633".

    Longitudes may run past 180, and xmin may exceed xmax where the bounds cross the antimeridian.
    """
    longitude, latitude = _centre(xmin, ymin, xmax, ymax)
    if latitude > 84:
        return "EPSG:32661"
    if latitude < -80:
        return "EPSG:32761"
    zone = int((longitude + 180) // 6) + 1
    return f"EPSG:{(32600 if latitude >= 0 else 32700) + zone}"


def local_metric_crs(
    geographic: osr.SpatialReference, bounds: tuple[float, float, float, float]
) -> MetricCrs:
    """Return the CRS in metres that a layer in degrees is brought to; `bounds` are in units of `geographic`.

    That is `fitting_projected_crs`, but where the layer is wider than a UTM zone can serve, or not on
    the Earth: the Lambert azimuthal equal-area projection around its centre, on its own datum.
    """
    is_earth = abs(geographic.GetSemiMajor() / EARTH_RADIUS_M - 1) < EARTH_TOLERANCE
    xmin, ymin, xmax, ymax = (value * unit_deg(geographic) for value in bounds)
    if is_earth and _width_deg(xmin, xmax) <= WIDEST_UTM_DEG:
        prime = float(geographic.GetAttrValue("PRIMEM", 1) or 0.0)
        name = fitting_projected_crs(xmin + prime, ymin, xmax + prime, ymax)
        return MetricCrs(read_crs(name), name)
    longitude, latitude = (round(value, 2) for value in _centre(xmin, ymin, xmax, ymax))
    name = f"Lambert azimuthal equal-area at {latitude:g}, {longitude:g}"
    srs = osr.SpatialReference()
    srs.SetAxisMappingStrategy(osr.OAMS_TRADITIONAL_GIS_ORDER)
    srs.SetProjCS(name)
    srs.CopyGeogCSFrom(geographic)
    srs.SetLAEA(latitude, longitude, 0, 0)
    srs.SetLinearUnits("metre", 1.0)
    return MetricCrs(srs, name)


def unit_deg(geographic: osr.SpatialReference) -> float:
    """Return how many degrees the unit of a geographic CRS is: 0.9 for gons."""
    return round(math.degrees(geographic.GetAngularUnits()), 9)  # else 12 degrees may be a little less


def check_metric(crs_wkt: str, bounds: tuple[float, float, float, float], size_m: float) -> float:
    """Return how many metres one unit of a projected CRS is (1 for metres, 0.3048 for feet).

    Args:
        crs_wkt: the CRS, as WKT or AUTHORITY:CODE.
        bounds: xmin, ymin, xmax, ymax in units of that CRS; read only to name a CRS that fits.
        size_m: the pixel size that was asked for, for the message.

    Raises:
        GeoGanError: the CRS is in degrees (the message names a projected one), is of another kind, or
            is not known.
    """
    srs = read_crs(crs_wkt)
    if srs.IsGeographic():
        raise GeoGanError(
            "The CRS {crs} is in degrees, but the model's pixels are {size} m. "
            "Choose a projected CRS, for example {fitting}.",
            crs=crs_name(srs),
            size=f"{size_m:g}",
            fitting=fitting_projected_crs(*bounds),
        )
    if not srs.IsProjected():
        raise GeoGanError(
            "The CRS {crs} is not a projected CRS. Choose one that has coordinates in metres.",
            crs=crs_name(srs),
        )
    return srs.GetLinearUnits()


def bounds_in(
    target: osr.SpatialReference,
    bounds: tuple[float, float, float, float],
    srs: osr.SpatialReference,
) -> tuple[float, float, float, float]:
    """Return the bounds in `target` of all that lies within bounds in `srs`; call it within `gdal_checked`.

    Sides become curves, so 21 points of each are looked at.
    """
    transformation = osr.CoordinateTransformation(srs, target)
    if hasattr(transformation, "TransformBounds"):
        return transformation.TransformBounds(*bounds, 21)
    return _bounds_of_sides(transformation, bounds)


def _bounds_of_sides(
    transformation: osr.CoordinateTransformation, bounds: tuple[float, float, float, float]
) -> tuple[float, float, float, float]:
    """Do what GDAL does from 3.4 on, but for poles and the antimeridian, which no side tells of."""
    xmin, ymin, xmax, ymax = bounds
    along_x, along_y = np.linspace(xmin, xmax, 21), np.linspace(ymin, ymax, 21)
    sides = [(x, y) for x in along_x for y in (ymin, ymax)] + [(x, y) for y in along_y for x in (xmin, xmax)]
    points = np.array(transformation.TransformPoints(sides))[:, :2]
    (left, bottom), (right, top) = points.min(axis=0).tolist(), points.max(axis=0).tolist()
    return left, bottom, right, top


def _width_deg(xmin: float, xmax: float) -> float:
    return xmax - xmin + (360 if xmin > xmax else 0)


def _centre(xmin: float, ymin: float, xmax: float, ymax: float) -> tuple[float, float]:
    """Return longitude [-180, 180) and latitude [-90, 90] of the centre of bounds in degrees."""
    longitude = xmin + _width_deg(xmin, xmax) / 2
    latitude = (ymin + ymax) / 2
    if not (math.isfinite(longitude) and math.isfinite(latitude)):
        return 0.0, 0.0
    return (longitude + 180) % 360 - 180, max(-90.0, min(90.0, latitude))
