# SPDX-License-Identifier: GPL-3.0-or-later
"""Which creation options this GDAL's drivers know: it takes any other without a word, and does nothing."""

from __future__ import annotations

from xml.etree import ElementTree as ET

from osgeo import gdal

GTIFF, COG = "GTiff", "COG"


def known_by(driver: str) -> frozenset[str]:
    """Return the names of a driver's creation options; none where this GDAL lacks it.

    >>> "BLOCKXSIZE" in known_by("GTiff"), "BLOCKSIZE" in known_by("GTiff"), known_by("no driver")
    (True, False, frozenset())
    """
    found = gdal.GetDriverByName(driver)
    if found is None:
        return frozenset()
    listed = ET.fromstring(found.GetMetadataItem("DMD_CREATIONOPTIONLIST"))  # noqa: S314 - GDAL's own
    return frozenset(each.get("name") for each in listed)


def of_cog_alone() -> frozenset[str]:
    """Return the options that make a Cloud Optimized GeoTIFF and mean nothing to the GTiff driver."""
    return known_by(COG) - known_by(GTIFF)
